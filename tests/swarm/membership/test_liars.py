"""Who belongs to a swarm, whatever liars say: a removal holds, honest members agree, and no message ends a node."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.core.membership.roster import with_said
from swarmstt.core.membership.statements import removal
from tests.swarm.membership.identities import PlayedIdentity
from tests.swarm.membership.liars import HONEST, LIARS, Flood, Liars

Liars.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
Flood.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestLiars = Liars.TestCase
TestFlood = Flood.TestCase


@settings(max_examples=12, deadline=None)
@given(
    wide=st.integers(2, 6),
    count=st.integers(40, 90),
    gone=st.integers(1, 5),
    heard=st.lists(st.tuples(st.sampled_from(HONEST), st.sampled_from(HONEST), st.booleans()), min_size=4, max_size=12),
)
def test_no_claim_from_before_they_came_leaves_honest_ones_no_room(
    wide: int, count: int, gone: int, heard: list[tuple[PlayedIdentity, PlayedIdentity, bool]]
) -> None:
    """A liar near the founder claims all of them, and floods its branch; they come in later, one by the other, far
    from the founder, and the last one removes several."""
    swarm, last = Flood(), HONEST[-1]
    swarm.let_in(HONEST[0], LIARS[0])
    swarm.flood(HONEST[0], LIARS[0], wide, count, claiming=True)
    for host, guest in itertools.pairwise(HONEST):
        swarm.let_in(host, guest)
    for number in range(gone):
        said = removal(last.node_id, PlayedIdentity(f"gone {number}").node_id)
        roster = with_said(swarm.rosters[last.node_id], last, said, swarm.fresh_key(), swarm.limits)
        swarm.note(last.node_id, roster)
    for giver, taker, floods in [*heard, *((last, each, True) for each in HONEST)]:
        swarm.hand(giver, taker)
        if floods:
            swarm.flood(taker, LIARS[0], wide, count, claiming=True)
    for roster in swarm.rosters.values():
        assert len([each for each in roster.said if each.author == last.node_id]) == gone
