"""`status` says what goes on, how fast, and when it is done, in the sentences of the page."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.cli.membership.door import state_of
from swarmstt.cli.status import DONE_SHOWN, book_line, status_lines
from tests.unit.web.fake_node import ANNA, OWN, book, cluster, worker

WORKING = book(
    "moby",
    title="Moby Dick",
    tasks={"total": 9, "in_progress": 2},
    speed=25.04,
    percent=42.7,
    duration=36_000.0,
    remaining_seconds=840,
)
EBOOK = {"name": "a.epub", "trouble": "a.epub is damaged.", "report": None}


def status(*books: dict[str, Any], **node: Any) -> dict[str, Any]:
    plain = {
        "name": "Desk",
        "helping": True,
        "headline": "Transcribing on this PC, done in about 14 minutes.",
        "why_not_helping": None,
        "fetching": None,
        "troubles": [],
    }
    workers = [
        worker(OWN, name="Desk", state="working", speed=12.34, device="cpu"),
        worker(ANNA, name="Anna's laptop", state="away", speed=None, device=None, reason="It does not answer."),
    ]
    return {"node": {**plain, **node}, "books": list(books), "workers": workers}


def test_a_book_in_progress() -> None:
    assert status_lines(status(WORKING)) == [
        "Desk: Transcribing on this PC, done in about 14 minutes.",
        "Books:",
        "  Moby Dick: 42 %, working, 25 × realtime, about 14 minutes left",
        "PCs:",
        "  Desk (this PC): working, 12 × realtime, cpu",
        "  Anna's laptop: away: It does not answer.",
    ]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"state": "done", "percent": 100.0}, "done"),
        ({"state": "done", "gaps": [{"start": 1, "end": 2, "reason": "x"}]}, "done with a gap"),
        ({"state": "done", "ebook": {**EBOOK, "trouble": None}}, "done"),
        ({"state": "done", "ebook": EBOOK}, "written, without its ebook: a.epub is damaged."),
        (
            {"state": "done", "ebook": EBOOK, "gaps": [{"start": 1, "end": 2, "reason": "x"}]},
            "written with a gap, without its ebook: a.epub is damaged.",
        ),
        ({"state": "failed", "reason": "It is empty."}, "stopped: It is empty."),
        ({"paused": True}, "42 %, paused"),
        ({"state": "merging", "speed": None, "remaining_seconds": None}, "42 %, writing the transcript"),
        (
            {"tasks": {"total": 9, "in_progress": 0}, "speed": None, "remaining_seconds": None, "percent": 0.0},
            "0 %, waiting",
        ),
        (
            {
                "tasks": {"total": 0, "in_progress": 0},
                "speed": None,
                "remaining_seconds": None,
                "percent": 0.0,
                "read_whole": False,
            },
            "0 %, reading the audio",
        ),
        (
            {"tasks": {"total": 9, "in_progress": 0}, "speed": None, "remaining_seconds": None, "reason": "No model."},
            "42 %, waiting: No model.",
        ),
    ],
)
def test_where_a_book_stands(changed: dict[str, Any], line: str) -> None:
    assert book_line({**WORKING, **changed}) == line


def test_trouble_and_what_is_fetched_are_told() -> None:
    lines = status_lines(status(why_not_helping="It is paused.", fetching="The model comes.", troubles=["No room."]))
    assert lines[1:4] == ["  It is paused.", "  The model comes.", "  No room."]


def test_a_cluster_is_shown_with_its_workers() -> None:
    found = cluster()
    found["cluster"]["worker_count"] = 60
    assert status_lines({**status(), "workers": [found]})[-4:] == [
        "  Cluster tls://scheduler:8786: working, CPU",
        "    node17: 4 threads, working, Emma (25 %), cpu, swarmstt 0.1",
        "    node18: 4 threads, not used: It does not have swarmstt: install swarmstt[cluster,offline] there, in this "
        "PC's version.",
        "    and 58 other workers",
    ]


def test_of_many_finished_books_the_newest_are_shown() -> None:
    done = [book(str(number), title=f"Book {number}", state="done", percent=100.0) for number in range(100)]
    lines = status_lines(status(WORKING, *done))
    shown = lines[lines.index("Books:") + 1 : lines.index("PCs:")]
    assert "Moby Dick" in shown[0]
    assert shown[1] == "  Book 99: done"
    assert len(shown) == DONE_SHOWN + 2
    assert shown[-1] == "  95 earlier books: done"


def test_an_earlier_book_without_its_ebook_is_counted() -> None:
    done = [book(str(number), title=f"Book {number}", state="done") for number in range(DONE_SHOWN + 3)]
    lines = status_lines(status({**done[0], "ebook": EBOOK}, *done[1:]))
    assert "  3 earlier books: done, 1 without ebook" in lines


def test_what_is_in_work_comes_first_then_what_waits_in_its_turn() -> None:
    waiting = [book(name, title=name, state="open", tasks={"total": 2, "in_progress": 0}) for name in ("Emma", "Lear")]
    lines = status_lines(status(waiting[0], book("old", title="Old", state="done"), waiting[1], WORKING))
    shown = lines[lines.index("Books:") + 1 : lines.index("PCs:")]
    assert [line.split(":")[0].strip() for line in shown] == ["Moby Dick", "Emma", "Lear", "Old"]


@pytest.mark.parametrize("is_heard", [True, False])
def test_how_a_new_pc_comes_in(is_heard: bool) -> None:
    """Where nobody looks for other PCs, they must be told of this one."""
    said = state_of({"open": True, "seconds_left": 600}, "192.168.1.7:8765", is_heard=is_heard)
    assert ("on this network" in said) == is_heard
    assert ("up --peer 192.168.1.7:8765" in said) != is_heard
