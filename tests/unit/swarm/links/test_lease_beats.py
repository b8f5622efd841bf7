"""However many leases a helper names, and however often, its coordinator takes so many."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.helper_kinds import POLICY, HelperKind
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.ids import LeaseId, NodeId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_server import HelperServer
from swarmstt.swarm.links.helper_session import HelperSession
from swarmstt.swarm.links.lease_beats import LeaseBeats
from swarmstt.swarm.links.messages import PROTOCOL_VERSION, Heartbeat, Hello, Message
from swarmstt.swarm.links.offer import Offer
from swarmstt.swarm.links.outlets import Outlets
from tests.support.waiting import eventually, settled

SLOTS = 64
LATE_SECONDS = 6.0


def progress(count: int) -> dict[LeaseId, float]:
    return {LeaseId(number): 0.5 for number in range(count)}


@pytest.mark.parametrize("kind", ["own", "peer", "cluster"])
def test_a_helper_that_holds_all_that_it_may_is_heard_at_once(kind: HelperKind) -> None:
    """Also if several heartbeats come together."""
    held = POLICY[kind].most_slots + 1
    beats = LeaseBeats(held, 0.0)
    for number in range(1, 1000):
        for _ in range(3 if number % 10 == 0 else 1):
            assert len(beats.take(2.0 * number, progress(held))) == held
            assert beats.pause_seconds == 0.0


@given(st.lists(st.tuples(st.floats(0.0, 10.0), st.integers(0, 1000)), max_size=300))
def test_of_a_flood_so_many_are_taken_in_the_long_run(beaten: list[tuple[float, int]]) -> None:
    at, taken, named = 0.0, 0, 0
    beats = LeaseBeats(SLOTS, at)
    for seconds, count in beaten:
        at += seconds + beats.pause_seconds
        found = beats.take(at, progress(count))
        assert len(found) == min(count, 2 * SLOTS)
        taken, named = taken + len(found), named + count + 1
        assert beats.pause_seconds < 20.0
    assert named <= 2 * SLOTS * (at + beats.pause_seconds + 4.0) + 1e-6


class Flood:
    """A link by which as many heartbeats as are wanted come, each as large as one may be."""

    def __init__(self) -> None:
        self.heard = 0

    async def send(self, message: object) -> None:
        """Nobody is there who would read it."""

    async def receive(self) -> Message:
        self.heard += 1
        if self.heard == 1:
            return Hello(version=PROTOCOL_VERSION, node_id=NodeId("x"), offer=Offer(name="x"))
        return Heartbeat(progress=progress(1000))

    async def close(self) -> None:
        """It never does."""


async def test_the_link_of_a_flood_is_not_read_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[LeaseId] = []
    monkeypatch.setattr(HelperSession, "renewed", lambda session, lease_id, part: renewed.append(lease_id))

    async def keep_nothing(stored: object) -> None:
        """There is no disk."""

    async def no_audio(chunk_id: object) -> bytes:
        return b""

    driver = Driver(Coordinator(), commit=keep_nothing, carry_out=lambda action: None, clock=lambda: 0.0)
    server = HelperServer(
        NodeId("own"), "own", driver=driver, outlets=Outlets(), read_audio=no_audio, title_of=lambda book_id: ""
    )
    flood = Flood()
    serving = asyncio.ensure_future(server.serve(flood, kind="peer"))
    await eventually(lambda: renewed)
    await settled()
    assert len(renewed) == 2 * (POLICY["peer"].most_slots + 1)
    assert flood.heard == 2
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
