"""What comes twice, late or from nobody changes nothing; what a helper or a page asks again gets the same answer."""

from __future__ import annotations

import pytest

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.scheduling import actions, events
from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from tests.unit.core.worlds import BOOK, OWN, SETTINGS, World, grants, offer, span, stops

ANNA, BEN, NOBODY = HelperId("anna"), HelperId("ben"), HelperId("nobody")


@pytest.fixture
def world() -> World:
    return World()


def finish(world: World) -> None:
    """The book is decoded by the own helper, and written."""
    for grant in world.join(OWN, wanted=len(world.state.books[BOOK].chunks)):
        world.deliver(OWN, grant.lease_id)
    world.say(events.BookWritten, book_id=BOOK)
    assert world.state.books[BOOK].state is BookState.DONE


def test_a_helper_that_never_joined_gets_and_changes_nothing(world: World) -> None:
    world.add_book(chunks=1)
    assert world.say(events.ChunksWanted, helper_id=NOBODY, total=3) == []
    assert world.say(events.HelperChanged, helper_id=NOBODY, offer=offer("nobody")) == []
    assert world.say(events.HelperLeft, helper_id=NOBODY) == []
    assert NOBODY not in world.state.helpers
    assert world.say(events.GuestAsked, helper_id=NOBODY) == []


@pytest.mark.parametrize("kind", [events.ChunkFailed, events.ChunkReturned, events.LeaseRenewed])
def test_who_names_a_lease_that_is_not_its_own_is_told_to_stop(world: World, kind: type[events.Event]) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    reason = {"reason": "cannot"} if kind is events.ChunkFailed else {}
    for lease_id in (grant.lease_id, LeaseId(99)):
        said = world.say(kind, helper_id=BEN, lease_id=lease_id, **reason)
        assert said == [actions.StopLease(helper_id=BEN, lease_id=lease_id)]
    assert world.state.leases[grant.lease_id].chunk.state is ChunkState.IN_PROGRESS


def test_that_a_helper_left_counts_from_the_first_time(world: World) -> None:
    world.join(ANNA)
    world.say(events.HelperLeft, helper_id=ANNA)
    left_at = world.at
    world.at += 1.0
    world.say(events.HelperLeft, helper_id=ANNA)
    assert world.state.helpers[ANNA].left_at == left_at


def test_a_heartbeat_of_a_lease_that_was_handed_back_stops_it(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.say(events.ChunkReturned, helper_id=ANNA, lease_id=grant.lease_id)
    assert stops(world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id)) == [grant.lease_id]
    assert world.state.leases[grant.lease_id].chunk.state is ChunkState.PENDING


def test_a_heartbeat_of_what_was_delivered_is_acknowledged_again(world: World) -> None:
    world.add_book(chunks=2)
    [grant] = world.join(ANNA)
    world.deliver(ANNA, grant.lease_id)
    said = world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id)
    assert said == [actions.Acknowledge(helper_id=ANNA, lease_id=grant.lease_id)]


def test_a_result_that_took_no_time_says_nothing_of_speed(world: World) -> None:
    world.add_book(chunks=2)
    [grant] = world.join(ANNA, speed=3.0)
    world.deliver(ANNA, grant.lease_id, took=0.0)
    assert world.state.helpers[ANNA].speed == 3.0
    assert not world.state.helpers[ANNA].measured


def test_a_failure_of_a_chunk_that_another_decoded_meanwhile_counts_for_nothing(world: World) -> None:
    world.add_book(chunks=2)
    [grant] = world.join(ANNA)
    world.wait(world.rules.lease_seconds)
    [again] = [each for each in world.join(BEN, wanted=2) if each.span == grant.span]
    world.deliver(BEN, again.lease_id)
    world.say(events.ChunkFailed, helper_id=ANNA, lease_id=grant.lease_id, reason="cannot")
    assert world.state.books[BOOK].chunks[grant.span.chunk_id.index].state is ChunkState.COMPLETED
    assert world.state.helpers[ANNA].failures == {}


def test_what_was_done_before_a_restart_and_is_read_again_needs_no_audio(world: World) -> None:
    world.add_book(chunks=2)
    [grant] = world.join(OWN)
    world.deliver(OWN, grant.lease_id)
    world.restart()
    assert world.say(events.ChunkRead, span=span(0)) == [actions.DropAudio(chunk_id=span(0).chunk_id)]
    assert world.say(events.ChunkRead, span=span(1)) == []


def test_after_a_restart_who_failed_on_a_chunk_is_not_asked_again(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.join(OWN, wanted=0)
    world.say(events.ChunkFailed, helper_id=ANNA, lease_id=grant.lease_id, reason="cannot")
    world.restart()
    assert world.join(ANNA) == []
    assert [each.helper_id for each in world.join(OWN)] == [OWN]


def test_a_finished_book_has_no_leases_after_a_restart(world: World) -> None:
    world.add_book(chunks=1)
    finish(world)
    world.restart()
    assert world.state.leases == {}
    assert world.state.books[BOOK].state is BookState.DONE


def test_a_book_that_is_done_cannot_become_unusable(world: World) -> None:
    world.add_book(chunks=1)
    finish(world)
    assert world.say(events.BookUnusable, book_id=BOOK, reason="the drive is gone") == []
    assert world.state.books[BOOK].state is BookState.DONE


def test_only_what_was_being_written_becomes_done(world: World) -> None:
    world.add_book(chunks=1)
    world.say(events.BookWritten, book_id=BOOK)
    assert world.state.books[BOOK].state is BookState.OPEN
    assert world.say(events.BookRewritten, book_id=BOOK) == [], "there is nothing yet to write once more"
    assert world.state.books[BOOK].state is BookState.OPEN


def test_pausing_and_going_on_twice_is_as_once(world: World) -> None:
    world.add_book(chunks=1)
    world.join(OWN)
    assert len(stops(world.say(events.BookPaused, book_id=BOOK))) == 1
    assert world.say(events.BookPaused, book_id=BOOK) == []
    assert world.state.books[BOOK].paused
    world.say(events.BookResumed, book_id=BOOK)
    assert world.say(events.BookResumed, book_id=BOOK) == []
    assert not world.disk.paused[BOOK]


def test_of_a_book_only_the_unread_part_is_estimated(world: World) -> None:
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    world.say(events.BookEstimated, book_id=BOOK, seconds=1000.0)
    world.say(events.ChunkRead, span=span(0, seconds=100.0))
    assert world.state.books[BOOK].remaining_seconds == 1000.0
    world.say(events.BookIngested, book_id=BOOK)
    assert world.state.books[BOOK].remaining_seconds == 100.0
    with pytest.raises(NotFoundError):
        world.say(events.BookEstimated, book_id=BookId("none"), seconds=1.0)


def test_a_chunk_that_is_not_there_is_none(world: World) -> None:
    world.add_book(chunks=1)
    assert world.state.chunk(ChunkId(BOOK, 0)) is world.state.books[BOOK].chunks[0]
    for missing in (ChunkId(BOOK, 1), ChunkId(BOOK, -1), ChunkId(BookId("none"), 0)):
        assert world.state.chunk(missing) is None


def test_a_gap_that_closes_while_the_book_is_written_has_it_written_again(world: World) -> None:
    world.add_book(chunks=2)
    first, second = world.join(OWN, wanted=2)
    world.deliver(OWN, second.lease_id)
    world.say(events.ChunkFailed, helper_id=OWN, lease_id=first.lease_id, reason="no")
    assert world.state.books[BOOK].state is BookState.MERGING
    world.deliver(OWN, first.lease_id, "after all")
    assert world.state.books[BOOK].state is BookState.MERGING
    assert world.state.books[BOOK].chunks[0].state is ChunkState.COMPLETED
    assert len([each for each in world.sent if isinstance(each, actions.MergeBook)]) == 2


def test_a_removed_book_takes_its_gaps_along(world: World) -> None:
    world.add_book(chunks=2)
    first, _ = world.join(OWN, wanted=2)
    world.say(events.ChunkFailed, helper_id=OWN, lease_id=first.lease_id, reason="no")
    world.say(events.BookRemoved, book_id=BOOK)
    assert not world.state.books
    assert not world.state.leases
    assert not world.state.troubled
    assert grants(world.wait(1)) == []
