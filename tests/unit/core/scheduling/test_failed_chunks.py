"""What becomes of chunks that are handed back, fail, or come back with an impossible result."""

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.book_events import what_to_do_again
from swarmstt.core.scheduling.restoring import restored
from swarmstt.core.scheduling.rules import LEAST_SPEED, MOST_SPEED
from swarmstt.core.scheduling.state import State
from swarmstt.core.transcript import ChunkTranscript, Segment, Wordless
from swarmstt.ids import BookId, HelperId, LeaseId
from tests.unit.core.worlds import ANNA, BEN, BOOK, CARA, OWN, World, grants, offer, provenance, span, stops


def test_a_handed_back_chunk_goes_out_again(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.join(BEN)
    said = world.say(events.ChunkReturned, helper_id=ANNA, lease_id=grant.lease_id)
    assert grants(said)[0].helper_id == BEN


def test_a_chunk_that_everyone_failed_on_is_a_gap_and_can_be_tried_again(world: World) -> None:
    world.add_book(chunks=2)
    first, second = world.join(OWN, wanted=2)
    said = world.say(events.ChunkFailed, helper_id=OWN, lease_id=first.lease_id, reason="no sense in it")
    assert any("no sense in it" in a.reason for a in said if isinstance(a, actions.Notice))
    world.deliver(OWN, second.lease_id)
    world.say(events.BookWritten, book_id=BOOK)
    assert world.disk.chunk_states[span(0).chunk_id] == (ChunkState.FAILED, "no sense in it")
    assert world.state.books[BOOK].state is BookState.DONE
    world.want(OWN, 3)
    [again] = grants(world.say(events.BookRetried, book_id=BOOK))
    assert world.state.books[BOOK].state is BookState.OPEN
    world.deliver(OWN, again.lease_id)
    world.say(events.BookWritten, book_id=BOOK)
    assert world.state.books[BOOK].state is BookState.DONE


def test_a_gap_is_not_tried_again_while_the_transcript_is_written(world: World) -> None:
    """The writer would find a part with neither words nor a reason why it has none."""
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.say(events.ChunkFailed, helper_id=OWN, lease_id=grant.lease_id, reason="no")
    assert world.state.books[BOOK].state is BookState.MERGING
    world.say(events.BookRetried, book_id=BOOK)
    assert world.disk.chunk_states[span(0).chunk_id] == (ChunkState.FAILED, "no")
    world.say(events.BookWritten, book_id=BOOK)
    world.say(events.BookRetried, book_id=BOOK)
    assert world.disk.chunk_states[span(0).chunk_id][0] is not ChunkState.FAILED


MISSING = (Wordless(start=2.0, end=9.0),)


def test_a_chunk_whose_words_are_missing_keeps_its_audio_and_can_be_tried_again(world: World) -> None:
    world.add_book(chunks=2)
    first, second = world.join(OWN, wanted=2)
    said = world.deliver(OWN, first.lease_id, wordless=MISSING)
    assert not any(isinstance(each, actions.DropAudio) for each in said)
    said = world.deliver(OWN, second.lease_id)
    assert any(isinstance(each, actions.DropAudio) for each in said)
    assert world.state.books[BOOK].state is BookState.MERGING
    world.say(events.BookRetried, book_id=BOOK)
    assert world.state.books[BOOK].state is BookState.MERGING  # what is being written is not changed
    world.say(events.BookWritten, book_id=BOOK)
    world.want(OWN, 3)
    [again] = grants(world.say(events.BookRetried, book_id=BOOK))
    assert (again.span, first.tries, again.tries) == (span(0), 0, 1)  # it is not decoded alike
    said = world.deliver(OWN, again.lease_id)
    assert any(isinstance(each, actions.DropAudio) for each in said)
    assert world.state.books[BOOK].chunks[0].wordless == ()
    world.say(events.BookWritten, book_id=BOOK)
    world.say(events.BookRetried, book_id=BOOK)
    assert world.state.books[BOOK].state is BookState.DONE


def test_a_finished_book_that_is_given_again_is_tried_where_words_are_missing_but_not_for_ever(world: World) -> None:
    world.add_book(chunks=2)
    book = world.state.books[BOOK]
    for grant in world.join(OWN, wanted=9):
        assert what_to_do_again(book) is None
        world.deliver(OWN, grant.lease_id, wordless=MISSING if grant.span == span(0) else ())
    assert what_to_do_again(book) == "rewrite"  # while it is being written
    for _ in range(3):
        world.say(events.BookWritten, book_id=BOOK)
        assert what_to_do_again(book) == "retry"
        [again] = grants(world.say(events.BookRetried, book_id=BOOK))
        assert (again.span, what_to_do_again(book)) == (span(0), None)
        world.deliver(OWN, again.lease_id, wordless=MISSING)
    world.say(events.BookWritten, book_id=BOOK)
    assert what_to_do_again(book) == "rewrite"


def test_where_words_are_missing_is_known_after_a_restart(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.deliver(OWN, grant.lease_id, wordless=MISSING)
    world.say(events.BookWritten, book_id=BOOK)
    world.want(OWN, 2)
    [again] = grants(world.say(events.BookRetried, book_id=BOOK))
    world.deliver(OWN, again.lease_id, wordless=MISSING)
    [stored] = world.disk.stored_books()
    book = restored(State(rules=world.rules, next_lease_id=LeaseId(9)), stored)
    assert (book.chunks[0].wordless, book.chunks[0].tries) == (MISSING, 1)


def test_a_chunk_that_did_not_reach_its_helper_takes_none_of_its_places(world: World) -> None:
    """Its book may have been removed while it waited to be sent: the helper counted no chunk that came."""
    world.add_book(chunks=3)
    [grant] = world.join(ANNA)
    world.say(events.BookRemoved, book_id=BOOK)
    lost = {"helper_id": ANNA, "lease_id": grant.lease_id, "reason": "It is gone.", "reached": False}
    world.say(events.ChunkFailed, **lost)
    other = BookId("bbbb0000")
    world.add_book(chunks=3, book_id=other)
    assert [each.span for each in world.sent if isinstance(each, actions.Grant)] == [span(0), span(0, book_id=other)]


def test_no_helper_is_faster_or_slower_than_a_pc_can_be(world: World) -> None:
    world.add_book(chunks=3)
    first, second, third = world.join(ANNA, wanted=3)
    for grant, took in ((first, 5e-324), (second, 1e300), (third, 1e-9)):
        world.deliver(ANNA, grant.lease_id, took=took)
        assert LEAST_SPEED <= world.state.helpers[ANNA].speed <= MOST_SPEED


def test_a_late_result_closes_a_gap_of_a_finished_book(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.say(events.ChunkFailed, helper_id=OWN, lease_id=grant.lease_id, reason="no")
    world.say(events.BookWritten, book_id=BOOK)
    world.deliver(OWN, grant.lease_id, "after all")
    assert world.disk.results[span(0).chunk_id].segments[0].text == "after all"
    assert world.state.books[BOOK].state is BookState.MERGING


def test_a_failed_chunk_goes_to_those_who_have_not_tried_it(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.want(ANNA, 2)
    world.join(BEN)
    said = world.say(events.ChunkFailed, helper_id=ANNA, lease_id=grant.lease_id, reason="cannot")
    assert [each.helper_id for each in grants(said)] == [BEN]


def test_after_three_failures_only_the_own_helper_may_try(world: World) -> None:
    world.add_book(chunks=1)
    for name in (ANNA, BEN, CARA):
        [grant] = world.join(name)
        world.say(events.HelperJoined, helper_id=OWN, offer=offer("own"))
        world.say(events.ChunkFailed, helper_id=name, lease_id=grant.lease_id, reason="cannot")
    dora = HelperId("dora")
    assert world.join(dora) == []
    [grant] = world.want(OWN, 1)
    world.say(events.ChunkFailed, helper_id=OWN, lease_id=grant.lease_id, reason="neither")
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.FAILED


def test_a_helper_that_fails_on_what_others_decode_rests(world: World) -> None:
    world.add_book(chunks=6)
    world.join(BEN, wanted=0)
    world.join(ANNA, wanted=3)
    for grant in [each for each in world.sent if isinstance(each, actions.Grant)]:
        world.say(events.ChunkFailed, helper_id=ANNA, lease_id=grant.lease_id, reason="cannot")
    for grant in world.join(BEN, wanted=3):
        world.deliver(BEN, grant.lease_id, took=25.0)
    said = world.wait(1)
    assert [(a.kind, a.seconds) for a in said if isinstance(a, actions.Notice)] == [("rests", 600.0)]
    assert world.want(ANNA, 4) == []
    assert grants(world.wait(world.rules.rest_seconds)) != []


def test_impossible_results_are_refused_and_count_as_failures(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.join(OWN)
    words = ChunkTranscript(language="en", duration=1, segments=(Segment(start=0, end=101.0, text="x"),))
    said = world.say(
        events.ChunkDelivered, helper_id=ANNA, lease_id=grant.lease_id, transcript=words, provenance=provenance("anna")
    )
    assert stops(said) == [grant.lease_id]
    assert grants(said)[0].helper_id == OWN
    assert world.disk.results == {}


def test_nobody_can_deliver_in_anothers_name(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.join(BEN)
    world.deliver(BEN, grant.lease_id)
    assert world.disk.results == {}
