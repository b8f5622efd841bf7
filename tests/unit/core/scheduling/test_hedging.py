"""Chunks that are taken back from queues that are too long, and leases that get a second one."""

from __future__ import annotations

from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.leases import LeaseEvent
from swarmstt.ids import BookId, LeaseId
from tests.unit.core.worlds import ANNA, BEN, BOOK, CARA, SETTINGS, World, grants, span, stops


def add_book(world: World, *lengths: float) -> None:
    """A book with chunks of these seconds, all of them read."""
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    for index, seconds in enumerate(lengths):
        world.say(events.ChunkRead, span=span(index, seconds))
    world.say(events.BookIngested, book_id=BOOK)


def recalled(world: World) -> list[LeaseId]:
    return [lease_id for lease_id, event in world.disk.lease_events if event is LeaseEvent.RECALLED]


def test_all_that_waits_too_long_is_recalled_at_once(world: World) -> None:
    world.add_book(chunks=3)
    _, *waiting = world.join(ANNA, wanted=3, speed=1.0)
    world.join(BEN, wanted=0, speed=20.0)
    assert sorted(stops(world.wait(1))) == sorted(recalled(world)) == [each.lease_id for each in waiting]


def test_a_chunk_that_takes_a_moment_is_not_recalled(world: World) -> None:
    add_book(world, 20.0, 20.0)
    world.join(ANNA, wanted=2, speed=1.0)
    world.join(BEN, wanted=0, speed=20.0)
    world.wait(1)
    assert recalled(world) == []


def test_a_queue_for_two_books_is_left_as_it_is(world: World) -> None:
    """How long it is says nothing of either book alone."""
    world.add_book(chunks=1)
    world.add_book(chunks=1, book_id=BookId("bbbb0000"))
    world.join(ANNA, wanted=2, speed=1.0)
    world.join(BEN, wanted=0, speed=20.0)
    world.wait(1)
    assert recalled(world) == []


def test_who_failed_on_a_chunk_does_not_double_it_and_doubles_another(world: World) -> None:
    """Both leases are late. The fast one doubles the one that it can do, though the other will end later."""
    add_book(world, 200.0, 150.0)
    for slow in (ANNA, CARA):
        world.join(slow, wanted=0, speed=1.0)
    [failing] = world.join(BEN, speed=50.0)
    assert failing.span.chunk_id.index == 0
    world.say(events.ChunkFailed, helper_id=BEN, lease_id=failing.lease_id, reason="no")
    held = [*world.want(ANNA, 1), *world.want(CARA, 1)]
    assert {each.span.chunk_id.index: each.helper_id for each in held} == {0: ANNA, 1: CARA}
    [hedge] = [*world.want(BEN, 2), *grants(world.wait(1))]
    assert (hedge.helper_id, hedge.span.chunk_id.index) == (BEN, 1)


def test_nobody_doubles_what_is_doubled_already(world: World) -> None:
    add_book(world, 300.0)
    world.join(ANNA, speed=1.0)
    world.join(BEN, speed=20.0)
    [hedge] = grants(world.wait(1))
    world.join(CARA, speed=60.0)
    assert grants(world.wait(1)) == []
    assert hedge.helper_id == BEN
