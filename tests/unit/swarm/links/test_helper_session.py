"""How one helper's session speaks to its coordinator, and where what is wanted of it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import get_args

import pytest

from swarmstt.config import MOST_SLOTS
from swarmstt.core.books import UNKNOWN_ENGINE, Provenance
from swarmstt.core.helper_kinds import HelperKind
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.work import ChunkResult
from swarmstt.ids import HelperId, LeaseId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_session import HelperSession
from swarmstt.swarm.links.outlets import ForHelper, Outlets
from tests.unit.core.worlds import BOOK, SETTINGS, offer, provenance, span, transcript

ANNA = HelperId("anna")


class Sent:
    """An outlet that keeps what it is given."""

    def __init__(self) -> None:
        self.actions: list[ForHelper] = []

    def carry_out(self, action: ForHelper) -> None:
        self.actions.append(action)


class World:
    def __init__(self) -> None:
        self.outlets = Outlets()
        self.driver = Driver(Coordinator(), commit=_keep_nothing, carry_out=self._carry_out, clock=lambda: 7.0)

    def session(self, outlet: Sent, kind: HelperKind = "peer") -> HelperSession:
        return HelperSession(ANNA, kind, outlet, driver=self.driver, outlets=self.outlets)

    def _carry_out(self, action: actions.AnyAction) -> None:
        if isinstance(action, (actions.Grant, actions.StopLease, actions.Acknowledge)):
            self.outlets.carry_out(action)


async def _keep_nothing(stored: object) -> None:
    """There is no disk."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    running = asyncio.create_task(made.driver.run())
    await made.driver.ask(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    await made.driver.ask(events.ChunkRead, span=span(0))
    yield made
    running.cancel()


async def test_a_chunk_goes_to_the_helper_that_asked_and_its_result_is_acknowledged(world: World) -> None:
    sent = Sent()
    session = world.session(sent)
    session.joined(offer("Anna's PC"))
    await session.wants(1)
    [grant] = sent.actions
    assert isinstance(grant, actions.Grant)
    await session.renewed(grant.lease_id, 0.5)
    await session.delivered(grant.lease_id, ChunkResult(transcript=transcript("words"), provenance=provenance("x\ny")))
    assert sent.actions[1:] == [actions.Acknowledge(helper_id=ANNA, lease_id=grant.lease_id)]


async def test_a_newer_session_of_a_helper_takes_the_place_of_an_older(world: World) -> None:
    old, new = Sent(), Sent()
    older, newer = world.session(old), world.session(new)
    await older.joined(offer("Anna's PC"))
    await newer.joined(offer("Anna's PC"))
    older.left()
    await newer.wants(1)
    assert (len(old.actions), len(new.actions)) == (0, 1)
    assert world.driver.state.helpers[ANNA].linked
    newer.left()
    await world.driver.ask(events.Ticked)
    assert not world.driver.state.helpers[ANNA].linked


async def test_a_helper_that_is_away_gets_nothing(world: World) -> None:
    sent = Sent()
    session = world.session(sent)
    await session.joined(offer("Anna's PC"))
    session.left()
    await session.returned(LeaseId(99))
    assert sent.actions == []


async def test_the_kind_is_for_whoever_lets_it_in_to_say(world: World) -> None:
    session = world.session(Sent(), "cluster")
    await session.joined(offer("A\tcluster"))
    helper = world.driver.state.helpers[ANNA]
    assert (helper.kind, helper.offer.name) == ("cluster", "A cluster")


@pytest.mark.parametrize("kind", get_args(HelperKind))
async def test_only_so_many_slots_are_believed_of_each_kind(world: World, kind: HelperKind) -> None:
    most = {"own": MOST_SLOTS, "peer": MOST_SLOTS, "guest": MOST_SLOTS, "cluster": 1024}[kind]
    session = world.session(Sent(), kind)
    for said, believed in ((most, most), (most + 1, most), (-1, 0)):
        await session.joined(offer("A helper", slots=said))
        assert world.driver.state.helpers[ANNA].offer.slots == believed
        await session.changed(offer("A helper", slots=1))
        await session.changed(offer("A helper", slots=said))
        assert world.driver.state.helpers[ANNA].offer.slots == believed


RUDE, FIT = "not\x1b[31m so\r\nfast\u202e", "not [31m so fast"
"""What colours a terminal, ends a line and turns the letters after it around; and what is left of it."""


async def granted(world: World, session: HelperSession) -> LeaseId:
    """The session's helper is here and has the book's chunk."""
    session.joined(offer("Anna's PC"))
    [lease_id] = [each.lease_id for each in await session.wants(1) if isinstance(each, actions.Grant)]
    return lease_id


async def test_why_a_chunk_failed_is_made_fit_to_be_shown(world: World) -> None:
    session = world.session(Sent())
    done = await session.failed(await granted(world, session), RUDE)
    assert [each.reason for each in done if isinstance(each, actions.StoreLeaseState)] == [FIT]
    assert [each.reason for each in done if isinstance(each, actions.StoreChunkState)] == [FIT]


@pytest.mark.parametrize(
    ("said", "name", "text", "engine"), [(RUDE, FIT, FIT, FIT), ("\x1b\n", "a PC", "", UNKNOWN_ENGINE)]
)
async def test_who_decoded_a_chunk_with_what_is_made_fit_to_be_shown(
    world: World, said: str, name: str, text: str, engine: str
) -> None:
    session = world.session(Sent())
    rude = Provenance(helper_name=said, model=said, device=said, compute_type=said, engine=said, processing_seconds=1.0)
    lease_id = await granted(world, session)
    done = await session.delivered(lease_id, ChunkResult(transcript=transcript("words"), provenance=rude))
    assert [each.provenance for each in done if isinstance(each, actions.StoreResult)] == [
        Provenance(helper_name=name, model=text, device=text, compute_type=text, engine=engine, processing_seconds=1.0)
    ]
