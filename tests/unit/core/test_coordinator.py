"""What a coordinator decides, as data in and data out."""

import pytest

from swarmstt.core import actions, events
from swarmstt.core.books import BookSettings, BookState, ChunkState
from swarmstt.core.leases import LeaseEvent
from swarmstt.core.rules import LEAST_SPEED, MOST_SPEED
from swarmstt.core.transcript import ChunkTranscript, Segment
from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId, HelperId, LeaseId
from tests.unit.core.worlds import BOOK, OWN, SETTINGS, World, grants, offer, provenance, span, stops

ANNA, BEN, CARA = HelperId("anna"), HelperId("ben"), HelperId("cara")


@pytest.fixture
def world() -> World:
    return World()


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


def test_a_helper_without_the_model_gets_nothing(world: World) -> None:
    world.add_book(settings=BookSettings(model="small", model_hash="other", language="en"))
    assert world.join(ANNA) == []


def test_alone_means_the_own_helper_only(world: World) -> None:
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS, alone=True)
    world.say(events.ChunkRead, span=span(0))
    assert world.join(ANNA) == []
    assert len(world.join(OWN)) == 1


def test_a_silent_helper_loses_its_chunk_and_its_late_result_still_counts(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.join(BEN)
    said = world.wait(world.rules.lease_seconds)
    [again] = grants(said)
    assert again.helper_id == BEN
    assert any("does not answer" in a.text for a in said if isinstance(a, actions.Told))
    said = world.deliver(ANNA, grant.lease_id, "late but first")
    assert stops(said) == [again.lease_id]
    world.deliver(BEN, again.lease_id, "second")
    assert world.disk.results[span(0).chunk_id].segments[0].text == "late but first"


def test_a_silent_helper_is_given_nothing_more_until_it_asks_again(world: World) -> None:
    world.add_book(chunks=1)
    [first] = world.join(ANNA, wanted=2)
    assert grants(world.wait(world.rules.lease_seconds)) == []
    [other] = world.join(BEN)
    assert other.span == first.span
    world.say(events.ChunkReturned, helper_id=BEN, lease_id=other.lease_id)
    assert world.state.chunk(first.span.chunk_id).state is ChunkState.PENDING
    [again] = grants(world.say(events.ChunksWanted, helper_id=ANNA, total=3))
    assert again.helper_id == ANNA


def test_heartbeats_keep_a_lease_and_a_lost_one_revives(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    for progress in (0.1, 0.2, 0.3):
        world.wait(8)
        world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id, progress=progress)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS
    world.wait(11)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.PENDING
    world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id, progress=0.4)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS


def test_a_closed_link_may_open_again_within_a_moment(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(ANNA)
    world.say(events.HelperLeft, helper_id=ANNA)
    world.wait(0.5)
    world.say(events.HelperJoined, helper_id=ANNA, offer=offer("anna"), holding=frozenset({grant.lease_id}))
    world.wait(2)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS


def test_a_helper_that_is_gone_loses_its_chunks_at_once(world: World) -> None:
    world.add_book(chunks=2)
    world.join(ANNA, wanted=2)
    world.join(BEN, wanted=2)
    world.say(events.HelperLeft, helper_id=ANNA)
    said = world.wait(world.rules.return_seconds)
    assert len(grants(said)) == 2
    assert any(a.text == "anna went away; its parts go to another PC." for a in said if isinstance(a, actions.Told))


def test_a_helper_that_comes_back_without_its_chunk_does_not_have_it(world: World) -> None:
    world.add_book(chunks=1)
    world.join(ANNA)
    assert len(world.join(ANNA)) == 1


def test_a_pc_that_slept_does_not_blame_its_helpers(world: World) -> None:
    world.add_book(chunks=1)
    world.join(ANNA)
    world.wait(1)
    world.at += 3600
    assert grants(world.say(events.Ticked)) == []
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS


def test_a_helper_that_makes_no_progress_loses_its_chunk(world: World) -> None:
    world.add_book(chunks=1)
    world.join(BEN, wanted=0)
    [grant] = world.join(ANNA)
    patience = 4 * 100 / world.rules.least_speed
    for second in range(0, round(patience), 2):
        assert world.state.chunk(span(0).chunk_id).state is ChunkState.IN_PROGRESS, second
        world.wait(2)
        world.say(events.LeaseRenewed, helper_id=ANNA, lease_id=grant.lease_id, progress=0.0)
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.PENDING


def test_a_slow_pc_alone_is_given_all_the_time_it_needs(world: World) -> None:
    world.add_book(chunks=2, seconds=300.0)
    first, _ = world.join(OWN, wanted=2)
    for _ in range(2000):
        world.wait(2)
        for lease_id in list(world.state.helpers[OWN].held):
            world.say(events.LeaseRenewed, helper_id=OWN, lease_id=lease_id, progress=0.0)
    assert first.lease_id in world.state.helpers[OWN].held


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
    assert any("no sense in it" in a.text for a in said if isinstance(a, actions.Told))
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
        world.say(events.HelperJoined, helper_id=OWN, offer=offer("own", own=True))
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
    assert any("rests for 10 minutes" in a.text for a in said if isinstance(a, actions.Told))
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
    world.say(events.BookRead, book_id=BOOK)
    assert len(world.state.books[BOOK].chunks) == 2
    world.say(events.ChunkRead, span=span(1, seconds=99))
    assert world.state.books[BOOK].state is BookState.FAILED
    assert "changed" in world.state.books[BOOK].reason


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


def test_a_guest_gets_one_chunk_or_none_and_a_long_lease(world: World) -> None:
    world.add_book(chunks=1)
    guest = HelperId("guest")
    world.say(events.HelperJoined, helper_id=guest, offer=offer("guest", silent=True))
    [grant] = grants(world.say(events.GuestAsked, helper_id=guest))
    said = world.say(events.GuestAsked, helper_id=guest)
    assert [type(each) for each in said] == [actions.NothingForGuest]
    world.wait(world.rules.silent_lease_seconds - 10)
    assert world.state.chunk(grant.span.chunk_id).state is ChunkState.IN_PROGRESS
    world.wait(20)
    assert world.state.chunk(grant.span.chunk_id).state is ChunkState.PENDING


def test_a_guest_that_begins_anew_gives_its_chunk_free(world: World) -> None:
    world.add_book(chunks=1)
    guest = HelperId("guest")
    world.say(events.HelperJoined, helper_id=guest, offer=offer("guest", silent=True))
    world.say(events.GuestAsked, helper_id=guest)
    world.say(events.HelperJoined, helper_id=guest, offer=offer("guest", silent=True))
    assert world.state.chunk(span(0).chunk_id).state is ChunkState.PENDING


def test_a_finished_book_can_be_written_once_more(world: World) -> None:
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.deliver(OWN, grant.lease_id)
    world.say(events.BookWritten, book_id=BOOK)
    said = world.say(events.BookRewritten, book_id=BOOK)
    assert any(isinstance(a, actions.MergeBook) for a in said)


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
    world.say(events.BookHurried, book_id=second)
    world.say(events.BookHurried, book_id=third)
    assert [grant.span.chunk_id.book_id for grant in world.join(OWN, wanted=3)] == [second, third, BOOK]


def test_a_lease_that_will_end_after_all_others_is_doubled_before_smaller_chunks_go_out(world: World) -> None:
    world.disk.add_book(BOOK, SETTINGS)
    world.say(events.BookAdded, book_id=BOOK, settings=SETTINGS)
    for index, seconds in enumerate((300.0, 60.0, 60.0)):
        world.say(events.ChunkRead, span=span(index, seconds))
    world.say(events.BookRead, book_id=BOOK)
    [slow] = world.join(ANNA, speed=1.0)
    [first] = world.join(BEN, speed=20.0)
    world.wait(1)
    world.deliver(BEN, first.lease_id, took=3.0)
    [hedge] = world.want(BEN, 2)
    assert hedge.span == slow.span
