"""What a coordinator decides, as data in and data out."""

from itertools import accumulate

import pytest

from swarmstt.codec import from_plain
from swarmstt.core.books import SAMPLE_RATE, BookSettings, BookState, ChunkSpan, ChunkState
from swarmstt.core.scheduling import actions, events
from swarmstt.core.transcript import Wordless
from swarmstt.errors import NotFoundError
from swarmstt.ids import ChunkId, LeaseId
from swarmstt.node.page.views import touched
from swarmstt.options import DecodeOptions
from tests.unit.core.speech.test_chunk_plan import OF_EARLIER_VERSION, RATE, plan, speak
from tests.unit.core.worlds import ANNA, BOOK, MODEL, OWN, SETTINGS, World, grants, offer, span, stops


def test_chunks_go_out_in_order_and_the_book_is_merged_when_the_last_is_in(world: World) -> None:
    world.add_book(chunks=3)
    handed = world.join(OWN, wanted=3)
    assert [grant.span.chunk_id.index for grant in handed] == [0, 1, 2]
    assert handed[0].options.language == "en"
    for grant in handed[::-1]:
        assert not any(isinstance(a, actions.MergeBook) for a in world.sent)
        world.deliver(OWN, grant.lease_id)
    assert any(isinstance(a, actions.MergeBook) for a in world.sent)
    world.say(events.BookWritten, book_id=BOOK)
    assert world.state.books[BOOK].state is BookState.DONE
    assert world.state.leases == {}


def test_a_book_that_is_asked_for_while_it_is_written_is_written_once_more(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.deliver(OWN, grant.lease_id)
    assert world.state.books[BOOK].state is BookState.MERGING
    world.say(events.BookRewritten, book_id=BOOK)
    again = world.say(events.BookWritten, book_id=BOOK)
    assert [type(each) for each in again] == [actions.MergeBook]
    world.say(events.BookWritten, book_id=BOOK)
    assert world.state.books[BOOK].state is BookState.DONE


def test_no_more_is_granted_than_wanted_and_wishes_may_come_twice_or_late(world: World) -> None:
    world.add_book(chunks=5)
    assert len(world.join(OWN, wanted=2)) == 2
    assert world.want(OWN, 2) == []
    assert world.want(OWN, 1) == []
    assert len(world.want(OWN, 3)) == 1


def test_nothing_is_granted_before_the_language_is_known(world: World) -> None:
    settings = BookSettings(model="base", model_hash="model-hash")
    world.add_book(chunks=1, settings=settings)
    assert world.join(OWN) == []
    said = world.say(events.LanguageDecided, book_id=BOOK, language="de")
    assert grants(said)[0].options.language == "de"
    world.say(events.LanguageDecided, book_id=BOOK, language="fr")
    assert world.state.books[BOOK].language == "de"


def test_work_that_appears_goes_to_a_waiting_helper_at_once(world: World) -> None:
    world.join(ANNA)
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    assert grants(world.say(events.ChunkRead, span=span(0)))[0].helper_id == ANNA


def test_who_watches_hears_of_a_book_before_anything_of_it_was_read(world: World) -> None:
    world.disk.add_book(BOOK, SETTINGS)
    for said in (
        world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS),
        world.say(events.BookPrioritised, book_id=BOOK),
    ):
        assert actions.AnnounceBook(book_id=BOOK) in said
        assert touched(said, world.state.leases) == (set(), {BOOK})


def test_a_helper_without_the_model_gets_nothing(world: World) -> None:
    world.add_book(settings=BookSettings(model="small", model_hash="other", decode=DecodeOptions(language="en")))
    assert world.join(ANNA) == []


def test_alone_means_the_own_helper_only(world: World) -> None:
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS, local_only=True)
    world.say(events.ChunkRead, span=span(0))
    assert world.join(ANNA) == []
    assert len(world.join(OWN)) == 1


def test_a_paused_book_takes_its_chunks_back_and_goes_on_later(world: World) -> None:
    world.add_book(chunks=2)
    [grant] = world.join(ANNA)
    assert stops(world.say(events.BookPaused, book_id=BOOK)) == [grant.lease_id]
    assert world.want(ANNA, 3) == []
    assert stops(world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id)) == [grant.lease_id]
    assert len(grants(world.say(events.BookResumed, book_id=BOOK))) == 2


def test_a_removed_book_is_gone_and_whoever_names_its_leases_is_stopped(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    said = world.say(events.BookRemoved, book_id=BOOK)
    assert stops(said) == [grant.lease_id]
    assert any(isinstance(a, actions.CleanUpBook) for a in said)
    assert stops(world.deliver(ANNA, grant.lease_id)) == [grant.lease_id]
    with pytest.raises(NotFoundError):
        world.say(events.BookPaused, book_id=BOOK)


def test_after_a_restart_work_goes_on_and_old_results_are_welcome(world: World) -> None:
    world.add_book(chunks=3)
    first, second = world.join(ANNA, wanted=2)
    world.deliver(ANNA, first.lease_id)
    world.restart()
    assert world.state.books[BOOK].chunks[0].state is ChunkState.COMPLETED
    world.say(
        events.HelperJoined, helper_id=ANNA, offer=offer("anna"), holding=frozenset({second.lease_id, LeaseId(99)})
    )
    assert world.state.leases[second.lease_id].chunk.state is ChunkState.IN_PROGRESS
    world.deliver(ANNA, second.lease_id, "kept over the restart")
    assert world.disk.results[span(1).chunk_id].segments[0].text == "kept over the restart"
    [third] = world.want(ANNA, 1)
    assert third.lease_id > second.lease_id
    assert third.span.chunk_id.index == 2


def test_a_book_read_again_after_a_restart_keeps_its_chunks(world: World) -> None:
    world.add_book(chunks=2)
    world.restart()
    world.say(events.ChunkRead, span=span(0))
    world.say(events.ChunkRead, span=span(1))
    world.say(events.BookIngested, book_id=BOOK)
    assert len(world.state.books[BOOK].chunks) == 2
    world.say(events.ChunkRead, span=span(1, seconds=99))
    assert world.state.books[BOOK].state is BookState.FAILED
    assert "changed" in world.state.books[BOOK].reason


def test_what_an_earlier_version_cut_otherwise_is_done_again_from_there_on(world: World) -> None:
    world.add_book(chunks=4)
    first, second, third = world.join(ANNA, wanted=3)
    world.deliver(ANNA, first.lease_id)
    world.deliver(ANNA, second.lease_id, "of the earlier cut")
    said = world.say(events.PlanDropped, first=span(1).chunk_id)
    assert stops(said) == [third.lease_id]
    book = world.state.books[BOOK]
    assert [chunk.state for chunk in book.chunks] == [ChunkState.COMPLETED]
    assert stops(world.deliver(ANNA, third.lease_id, "late")) == [third.lease_id]
    world.restart()
    assert [chunk.state for chunk in world.state.books[BOOK].chunks] == [ChunkState.COMPLETED]
    assert not world.state.books[BOOK].read_whole
    world.say(events.ChunkRead, span=span(0))
    world.say(events.ChunkRead, span=span(1, seconds=250))
    world.say(events.BookIngested, book_id=BOOK)
    [again] = world.join(ANNA)
    assert again.span == span(1, seconds=250)
    world.deliver(ANNA, again.lease_id, "of the new cut")
    assert world.disk.results[again.span.chunk_id].segments[0].text == "of the new cut"
    assert world.state.books[BOOK].state is BookState.MERGING


def test_a_long_book_of_an_earlier_version_keeps_what_is_done_when_it_is_tried_again(world: World) -> None:
    """It is read again for the words that are missing, and cut as it was then."""
    stored = {"model": "base", "model_hash": MODEL, "decode": {"language": "en", "beam_size": 5}}
    settings = from_plain(BookSettings, stored)

    def read(counts: list[int]) -> None:
        for index, (end, count) in enumerate(zip(accumulate(counts), counts, strict=True)):
            start, size = ((end - count) * SAMPLE_RATE // RATE, count * SAMPLE_RATE // RATE)
            cut = ChunkSpan(chunk_id=ChunkId(BOOK, index), start_sample=start, sample_count=size)
            world.say(events.ChunkRead, span=cut)
        world.say(events.BookIngested, book_id=BOOK)

    world.disk.add_book(BOOK, settings)
    world.say(events.BookAdded, book_id=BOOK, settings=settings)
    read(OF_EARLIER_VERSION)
    for number, grant in enumerate(world.join(ANNA, wanted=len(OF_EARLIER_VERSION))):
        world.deliver(ANNA, grant.lease_id, wordless=(Wordless(start=1.0, end=5.0),) if number == 3 else ())
    world.say(events.BookWritten, book_id=BOOK)
    world.restart()
    world.say(events.BookRetried, book_id=BOOK)
    read([chunk.sample_count for chunk in plan(speak(2, 1500, 4.0), grain=world.state.books[BOOK].settings.grain)])
    book = world.state.books[BOOK]
    assert (book.state, book.reason) == (BookState.OPEN, None)
    assert [chunk.span.chunk_id.index for chunk in book.chunks if chunk.state is not ChunkState.COMPLETED] == [3]


def test_a_transcript_that_is_being_written_keeps_its_chunks(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.deliver(ANNA, grant.lease_id)
    assert world.state.books[BOOK].state is BookState.MERGING
    assert world.say(events.PlanDropped, first=span(0).chunk_id) == []
    assert len(world.state.books[BOOK].chunks) == 1


def test_a_merge_that_was_under_way_is_done_again_after_a_restart(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.deliver(OWN, grant.lease_id)
    assert any(isinstance(a, actions.MergeBook) for a in world.restart())


def test_an_unreadable_book_fails_and_can_be_tried_again(world: World) -> None:
    world.add_book(chunks=1)
    world.say(events.BookUnusable, book_id=BOOK, reason="the disk is full")
    assert world.disk.book_states[BOOK] == (BookState.FAILED, "the disk is full")
    assert world.join(OWN) == []
    assert len(grants(world.say(events.BookRetried, book_id=BOOK))) == 1


def test_a_finished_book_can_be_written_once_more(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.deliver(OWN, grant.lease_id)
    world.say(events.BookWritten, book_id=BOOK)
    said = world.say(events.BookRewritten, book_id=BOOK)
    assert any(isinstance(a, actions.MergeBook) for a in said)
