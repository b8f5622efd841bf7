"""How helpers of each kind are treated: what each column of the policy means for each of them.

A test names the kinds that are treated so; the others are not, nor is a kind that is added until a test names it.
"""

from typing import get_args

import pytest

from swarmstt.config import MOST_SLOTS
from swarmstt.core.books import ChunkState
from swarmstt.core.helper_kinds import POLICY, HelperKind
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState
from swarmstt.ids import HelperId, LeaseId
from tests.unit.core.worlds import ANNA, BEN, BOOK, CARA, OWN, SETTINGS, World, grants, guest_offer, offer, span

HELPER = HelperId("helper")
each_kind = pytest.mark.parametrize("kind", get_args(HelperKind))


def join(world: World, kind: HelperKind) -> None:
    """A helper of that kind is here and has asked for nothing."""
    world.say(events.HelperJoined, helper_id=HELPER, kind=kind, offer=offer("a helper"))


def ask(world: World) -> list[actions.Grant]:
    """The helper takes a chunk now: the way of asking that is open to all kinds."""
    return grants(world.say(events.GuestAsked, helper_id=HELPER))


def fail(world: World, helper_id: HelperId, lease_id: LeaseId) -> None:
    world.say(events.ChunkFailed, helper_id=helper_id, lease_id=lease_id, reason="cannot")


def fail_three_times(world: World) -> ChunkState:
    """Three peers, enough for a gap, try the only chunk one after another; returns what it is then."""
    assert world.rules.failures_for_gap == 3
    for name in (ANNA, BEN, CARA):
        world.join(name, wanted=0)
    for name in (ANNA, BEN, CARA):
        [grant] = world.want(name, 1)
        fail(world, name, grant.lease_id)
    return world.state.chunk(span(0).chunk_id).state  # type: ignore[no-any-return]


@each_kind
def test_silence_means_that_a_helper_is_gone_if_it_sends_heartbeats(world: World, kind: HelperKind) -> None:
    world.add_book(chunks=1)
    join(world, kind)
    [grant] = ask(world)
    world.wait(world.rules.lease_seconds + 1)
    lost = world.disk.leases[grant.lease_id].state is LeaseState.LOST
    assert lost == (kind in ("own", "peer", "cluster"))


@each_kind
def test_who_begins_again_without_its_chunk_had_gone_away_if_it_sends_heartbeats(
    world: World, kind: HelperKind
) -> None:
    world.add_book(chunks=1)
    join(world, kind)
    [grant] = ask(world)
    join(world, kind)
    event = LeaseEvent.EXPIRED if kind in ("own", "peer", "cluster") else LeaseEvent.REVOKED
    assert world.disk.lease_events == [(grant.lease_id, event)]


@each_kind
def test_chunks_are_given_as_they_come_to_those_who_ask_by_themselves(world: World, kind: HelperKind) -> None:
    join(world, kind)
    world.say(events.ChunksWanted, helper_id=HELPER, total=1)
    world.add_book(chunks=1)
    given = [each for each in world.sent if isinstance(each, actions.Grant)]
    assert len(given) == (kind in ("own", "peer", "cluster"))


@each_kind
def test_a_failed_chunk_waits_for_those_who_ask_by_themselves(world: World, kind: HelperKind) -> None:
    world.add_book(chunks=1)
    join(world, kind)
    [grant] = world.join(ANNA)
    fail(world, ANNA, grant.lease_id)
    waits = world.state.chunk(span(0).chunk_id).state is ChunkState.PENDING
    assert waits == (kind in ("own", "peer", "cluster"))


@each_kind
def test_heartbeats_without_progress_fail_the_chunk_of_those_who_are_watched(world: World, kind: HelperKind) -> None:
    seconds = 10.0
    world.add_book(chunks=1, seconds=seconds)
    join(world, kind)
    [grant] = ask(world)
    rules = world.rules
    patience = max(rules.stall_seconds, rules.stall_factor * seconds / rules.least_speed)
    for _ in range(round(patience / 2) - 1):
        world.wait(2)
        world.say(events.LeaseRenewed, helper_id=HELPER, lease_id=grant.lease_id, progress=0.0)
    assert world.disk.leases[grant.lease_id].state is LeaseState.HELD
    world.wait(3)
    watched = kind in ("peer", "cluster")
    assert world.disk.leases[grant.lease_id].state is (LeaseState.FAILED if watched else LeaseState.HELD)


@each_kind
def test_books_that_stay_here_are_for_the_own_helper(world: World, kind: HelperKind) -> None:
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS, local_only=True)
    world.say(events.ChunkRead, span=span(0))
    join(world, kind)
    world.say(events.ChunksWanted, helper_id=HELPER, total=1)
    ask(world)
    given = [each for each in world.sent if isinstance(each, actions.Grant)]
    assert len(given) == (kind == "own")


@each_kind
def test_a_chunk_on_which_many_failed_is_given_up_unless_the_last_resort_is_here(
    world: World, kind: HelperKind
) -> None:
    world.add_book(chunks=1)
    join(world, kind)
    assert fail_three_times(world) is (ChunkState.PENDING if kind == "own" else ChunkState.FAILED)


@each_kind
def test_only_the_last_resort_may_try_a_chunk_on_which_many_failed(world: World, kind: HelperKind) -> None:
    world.add_book(chunks=1)
    world.join(OWN, wanted=0)
    assert fail_three_times(world) is ChunkState.PENDING
    join(world, kind)
    assert len(ask(world)) == (kind == "own")


def test_a_guest_gets_one_chunk_or_none_and_a_long_lease(world: World) -> None:
    world.add_book(chunks=1)
    guest = HelperId("guest")
    world.say(events.HelperJoined, helper_id=guest, kind="guest", offer=guest_offer("guest"))
    [grant] = grants(world.say(events.GuestAsked, helper_id=guest))
    assert world.say(events.GuestAsked, helper_id=guest) == []
    world.wait(world.rules.silent_lease_seconds - 10)
    assert world.state.chunk(grant.span.chunk_id).state is ChunkState.IN_PROGRESS
    world.wait(20)
    assert world.state.chunk(grant.span.chunk_id).state is ChunkState.PENDING


def test_a_guest_that_begins_anew_gives_its_chunk_free(world: World) -> None:
    world.add_book(chunks=1)
    guest = HelperId("guest")
    world.say(events.HelperJoined, helper_id=guest, kind="guest", offer=guest_offer("guest"))
    world.say(events.GuestAsked, helper_id=guest)
    world.say(events.HelperJoined, helper_id=guest, kind="guest", offer=guest_offer("guest"))
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.PENDING


def test_a_restarted_coordinator_knows_what_kind_its_helpers_are(world: World) -> None:
    world.add_book(chunks=2)
    guest = HelperId("guest")
    world.say(events.HelperJoined, helper_id=guest, kind="guest", offer=guest_offer("guest"))
    world.say(events.GuestAsked, helper_id=guest)
    world.join(ANNA)
    world.restart()
    helpers = world.state.helpers
    assert [(helpers[each].kind, helpers[each].has_joined) for each in (guest, ANNA)] == [
        ("guest", False),
        ("peer", False),
    ]
    world.join(ANNA)
    assert helpers[ANNA].has_joined


def test_more_slots_than_a_person_may_set_are_believed_of_no_pc() -> None:
    assert {POLICY[kind].most_slots for kind in ("own", "peer", "guest")} == {MOST_SLOTS}
    assert POLICY["cluster"].most_slots > MOST_SLOTS
