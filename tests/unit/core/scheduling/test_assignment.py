"""Which helper gets which chunk, where there is a choice."""

from swarmstt.core.scheduling import events
from swarmstt.core.scheduling.leases import LeaseEvent
from swarmstt.ids import BookId
from tests.unit.core.worlds import ANNA, BEN, BOOK, OWN, SETTINGS, World, grants, offer, span, stops


def test_near_the_end_an_idle_faster_helper_doubles_the_last_chunk(world: World) -> None:
    world.add_book(chunks=1)
    [slow] = world.join(ANNA, speed=1.0)
    world.join(BEN, speed=50.0)
    [hedge] = grants(world.wait(1))
    assert hedge.helper_id == BEN
    assert grants(world.wait(5)) == []
    said = world.deliver(BEN, hedge.lease_id)
    assert stops(said) == [slow.lease_id]
    ended = [(hedge.lease_id, LeaseEvent.DELIVERED), (slow.lease_id, LeaseEvent.SUPERSEDED)]
    assert world.disk.lease_events == ended


def test_what_waits_for_a_slow_helper_is_recalled_for_a_fast_one(world: World) -> None:
    world.add_book(chunks=2)
    _, waiting = world.join(ANNA, wanted=2, speed=1.0)
    world.join(BEN, wanted=2, speed=20.0)
    assert waiting.span in [grant.span for grant in grants(world.wait(1)) if grant.helper_id == BEN]
    assert world.disk.lease_events == [(waiting.lease_id, LeaseEvent.RECALLED)]


def test_a_slow_helper_gets_no_hedge_and_no_chunk_that_others_do_sooner(world: World) -> None:
    world.add_book(chunks=1)
    world.join(BEN, speed=50.0)
    world.join(ANNA, speed=1.0)
    assert grants(world.wait(3)) == []


def test_two_books_are_done_in_their_order(world: World) -> None:
    other = BookId("bbbb0000")
    world.add_book(chunks=1)
    world.add_book(chunks=1, book_id=other)
    assert [grant.span.chunk_id.book_id for grant in world.join(OWN, wanted=2)] == [BOOK, other]


def test_a_paused_helper_gets_nothing_until_it_changes(world: World) -> None:
    world.add_book(chunks=1)
    world.say(events.HelperJoined, helper_id=ANNA, offer=offer("anna", slots=0))
    assert world.want(ANNA, 1) == []
    assert len(grants(world.say(events.HelperChanged, helper_id=ANNA, offer=offer("anna")))) == 1


def test_a_chunk_does_not_wait_for_a_faster_helper_that_failed_on_it(world: World) -> None:
    world.add_book(chunks=1)
    world.join(OWN, wanted=0, speed=2.0)
    [grant] = world.join(ANNA, speed=20.0)
    world.want(OWN, 1)
    said = world.say(events.ChunkFailed, helper_id=ANNA, lease_id=grant.lease_id, reason="no")
    assert [each.helper_id for each in grants(said + world.wait(1))] == [OWN]


def test_a_chunk_does_not_wait_for_a_faster_helper_that_wants_none(world: World) -> None:
    world.add_book(chunks=1)
    world.join(ANNA, wanted=0, speed=50.0)
    assert len(world.join(OWN, speed=1.0)) == 1


def test_a_book_that_somebody_waits_for_goes_first(world: World) -> None:
    second, third = BookId("bbbb0000"), BookId("cccc0000")
    for book_id in (BOOK, second, third):
        world.add_book(chunks=1, book_id=book_id)
    world.say(events.BookPrioritised, book_id=second)
    world.say(events.BookPrioritised, book_id=third)
    assert [grant.span.chunk_id.book_id for grant in world.join(OWN, wanted=3)] == [second, third, BOOK]


def test_a_lease_that_will_end_after_all_others_is_doubled_before_smaller_chunks_go_out(world: World) -> None:
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    for index, seconds in enumerate((300.0, 60.0, 60.0)):
        world.say(events.ChunkRead, span=span(index, seconds))
    world.say(events.BookIngested, book_id=BOOK)
    [slow] = world.join(ANNA, speed=1.0)
    [first] = world.join(BEN, speed=20.0)
    world.wait(1)
    world.deliver(BEN, first.lease_id, took=3.0)
    [hedge] = world.want(BEN, 2)
    assert hedge.span == slow.span


def test_a_slow_helper_takes_the_largest_of_the_last_chunks_that_it_can_do_in_time(world: World) -> None:
    """The first one in turn would be done sooner by the fast one, after what it has."""
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    for index, seconds in enumerate((400.0, 400.0, 400.0, 40.0, 30.0, 50.0, 20.0)):
        world.say(events.ChunkRead, span=span(index, seconds))
    world.say(events.BookIngested, book_id=BOOK)
    world.join(BEN, speed=20.0)
    [grant] = world.join(ANNA, speed=1.0)
    assert grant.span.seconds == 50.0
