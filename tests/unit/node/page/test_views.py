"""What is shown of books: parts done, speeds, gaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmstt.core.books import BookState, Gap
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.transcript import Wordless
from swarmstt.ids import HelperId, LeaseId
from swarmstt.node.page.views import Pace, book_view, count_tasks, worker_view
from tests.support.records import RECORD
from tests.unit.core.worlds import BOOK, MODEL, OWN, World, guest_offer

ANNA = HelperId("anna")
BEN = HelperId("ben")


@pytest.fixture
def world() -> World:
    """A book of three chunks of 100 s; one is done, one is held."""
    made = World()
    made.add_book(chunks=3)
    [grant] = made.join(OWN)
    made.deliver(OWN, grant.lease_id)
    made.want(OWN, 2)
    return made


def held_lease(world: World) -> int:
    [lease] = world.state.helpers[OWN].held.values()
    return int(lease.lease_id)


def test_chunks_by_status(world: World) -> None:
    counts = count_tasks(world.state.books[BOOK].chunks)
    assert counts == {"total": 3, "completed": 1, "in_progress": 1, "pending": 1, "failed": 0, "percent": 33.3}
    assert count_tasks([])["percent"] == 0.0


def test_a_chunk_in_progress_counts_in_part(world: World) -> None:
    world.say(events.LeaseRenewed, helper_id=OWN, lease_id=held_lease(world), progress=0.5)
    view = book_view(RECORD, world.state.books[BOOK], None)
    assert (view["percent"], view["duration"], view["remaining_seconds"]) == (50.0, 300.0, None)
    assert view["files"] == []  # those of an earlier time


def test_the_speed_gives_the_time_that_is_left(world: World) -> None:
    pace, book = Pace(), world.state.books[BOOK]
    assert pace.speed(book, 10.0) is None
    world.say(events.LeaseRenewed, helper_id=OWN, lease_id=held_lease(world), progress=0.5)
    assert pace.speed(book, 10.5) is None  # too soon to tell
    assert pace.speed(book, 15.0) == pytest.approx(10.0)
    assert book_view(RECORD, book, 10.0)["remaining_seconds"] == 15


def test_a_part_that_is_not_delivered_leaves_a_book_below_100_percent() -> None:
    world = World()
    world.add_book(chunks=1)
    [grant] = world.join(OWN)
    world.say(events.LeaseRenewed, helper_id=OWN, lease_id=grant.lease_id, progress=1.0)
    assert book_view(RECORD, world.state.books[BOOK], None)["percent"] == 99.9


def test_a_finished_book_shows_its_files_and_all_of_it(world: World) -> None:
    book = world.state.books[BOOK]
    book.state = BookState.DONE
    view = book_view(replace(RECORD, completed_at="then"), book, 3.0)
    assert (view["percent"], view["completed_at"], view["remaining_seconds"]) == (100.0, "then", None)
    assert view["files"] == [{"format": "srt", "path": "/out/a.srt"}]


def test_speech_without_words_is_a_gap(world: World) -> None:
    world.deliver(OWN, LeaseId(held_lease(world)), wordless=(Wordless(start=2.0, end=9.0),))
    [gap] = book_view(RECORD, world.state.books[BOOK], None)["gaps"]
    assert (gap["start"], gap["end"]) == (102.0, 109.0)
    assert "somebody speaks" in gap["reason"]


def test_damage_and_chunks_that_failed_are_gaps_in_order(world: World) -> None:
    damage = Gap(start=50.0, end=50.0, reason="damaged")
    book = world.state.books[BOOK]
    world.say(events.ChunkFailed, helper_id=OWN, lease_id=held_lease(world), reason="It crashes.")
    gaps = book_view(replace(RECORD, damages=(damage,)), book, None)["gaps"]
    text = "Something is missing here"
    assert gaps[0] == {"start": 50.0, "end": 50.0, "reason": "damaged", "text": text, "missing_seconds": 0.0}
    assert [(gap["start"], gap["end"]) for gap in gaps[1:]] == [(100.0, 200.0)]
    assert gaps[1]["reason"] == "It crashes."


def test_notes_are_shown(world: World) -> None:
    assert book_view(replace(RECORD, notes=("A note.",)), world.state.books[BOOK], None)["notes"] == ["A note."]


def test_a_helper_that_does_not_answer_is_away_until_it_says_something() -> None:
    world = World()
    world.add_book(chunks=2)
    world.join(ANNA)

    def shown() -> tuple[str, bool]:
        view = worker_view(world.state.helpers[ANNA], world.state.books.values(), {}, world.at)
        return view["state"], view["reason"] is not None

    assert shown() == ("working", False)
    world.wait(world.state.rules.lease_seconds + 1)
    assert shown() == ("away", True)
    world.say(events.ChunksWanted, helper_id=ANNA, total=1)
    assert shown()[0] in ("idle", "working")
    assert not shown()[1]


def test_who_rests_says_why_until_it_goes_on() -> None:
    world = World()
    world.add_book(chunks=6)
    world.join(BEN, wanted=0)
    world.join(ANNA, wanted=3)
    for grant in [each for each in world.sent if isinstance(each, actions.Grant)]:
        world.say(events.ChunkFailed, helper_id=ANNA, lease_id=grant.lease_id, reason="cannot")
    for grant in world.join(BEN, wanted=3):
        world.deliver(BEN, grant.lease_id, took=25.0)
    world.wait(1)
    anna = world.state.helpers[ANNA]
    view = worker_view(anna, world.state.books.values(), {}, world.at)
    assert view["state"] == "resting"
    assert "failed on 3 parts that others could transcribe" in str(view["reason"])
    later = worker_view(anna, world.state.books.values(), {}, world.at + world.rules.rest_seconds)
    assert (later["state"], later["reason"]) == ("idle", None)


@pytest.mark.parametrize(
    ("slots", "hashes", "reason", "state"),
    [
        (0, {MODEL}, "paused", "paused"),
        (0, {MODEL}, "battery", "not_helping"),
        (0, {MODEL}, "a word of tomorrow", "not_helping"),
        (0, {MODEL}, None, "not_helping"),
        (0, set(), "fetching", "not_helping"),
        (2, {"another"}, None, "not_helping"),
        (2, {"another"}, "cannot_run", "not_helping"),
        (2, {MODEL}, "fetching", "idle"),
    ],
)
def test_a_helper_that_takes_nothing_of_an_open_book_says_why(
    slots: int, hashes: set[str], reason: str | None, state: str
) -> None:
    world = World()
    world.add_book(chunks=2)
    offer = HelperOffer(name="Anna", slots=slots, model_hashes=frozenset(hashes), unavailable_reason=reason)
    world.say(events.HelperJoined, helper_id=ANNA, offer=offer, holding=frozenset())
    view = worker_view(world.state.helpers[ANNA], world.state.books.values(), {}, world.at)
    assert view["state"] == state
    assert (view["why_not_helping"] is None) == (state == "idle")


def test_a_helper_without_a_model_is_ready_as_long_as_no_book_needs_one() -> None:
    world = World()
    offer = HelperOffer(name="Anna", slots=0, model_hashes=frozenset(), unavailable_reason="no_model")
    world.say(events.HelperJoined, helper_id=ANNA, offer=offer, holding=frozenset())
    view = worker_view(world.state.helpers[ANNA], world.state.books.values(), {}, world.at)
    assert (view["state"], view["why_not_helping"]) == ("idle", None)


def test_a_guest_is_shown_with_its_invitation() -> None:
    world = World()
    world.say(events.HelperJoined, helper_id=HelperId("1234/eve"), kind="guest", offer=guest_offer("eve"))
    view = worker_view(world.state.helpers[HelperId("1234/eve")], [], {}, world.at, invitation="Eve")
    assert (view["kind"], view["invitation"]) == ("guest", "Eve")


@pytest.mark.parametrize(
    ("filename", "source", "uploaded", "folder"),
    [
        ("a.mp3", "/books/Emma/a.mp3", False, "Emma"),
        ("Emma", "/books/Emma/CD 1/a.mp3", False, "books"),
        ("a.mp3", "/a.mp3", False, None),
        ("a.mp3", "/data/uploads/1/a.mp3", True, None),
        ("other.mp3", "/books/a.mp3", False, None),
    ],
)
def test_where_a_book_lies(filename: str, source: str, uploaded: bool, folder: str | None, world: World) -> None:
    record = replace(RECORD, filename=filename, sources=(source,), uploaded=uploaded)
    assert book_view(record, world.state.books[BOOK], None)["folder"] == folder
