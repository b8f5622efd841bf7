"""`status` says what goes on, how fast, and when it is done, in the sentences of the page."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.cli.door import state_of
from swarmstt.cli.status import DONE_SHOWN, book_line, status_lines
from tests.unit.web.fake_node import ANNA, OWN, book, worker

WORKING = book(
    "moby",
    title="Moby Dick",
    tasks={"total": 9, "in_progress": 2},
    speed=25.04,
    percent=42.7,
    duration=36_000.0,
    remaining_seconds=840,
)


def status(*books: dict[str, Any], **node: Any) -> dict[str, Any]:
    plain = {
        "name": "Desk",
        "helping": True,
        "helping_with": [],
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
        "Desk: Working alone, done in about 14 minutes.",
        "Books:",
        "  Moby Dick: 42 %, working, 25 × realtime, about 14 minutes left",
        "PCs:",
        "  Desk: working, 12 × realtime, cpu",
        "  Anna's laptop: away: It does not answer.",
    ]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"state": "done", "percent": 100.0}, "done"),
        ({"state": "done", "gaps": [{"start": 1, "end": 2, "reason": "x"}]}, "done with a gap"),
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


def test_of_many_finished_books_the_newest_are_shown() -> None:
    done = [book(str(number), title=f"Book {number}", state="done", percent=100.0) for number in range(100)]
    lines = status_lines(status(WORKING, *done))
    shown = lines[lines.index("Books:") + 1 : lines.index("PCs:")]
    assert shown[0] == "  Book 99: done"
    assert len(shown) == DONE_SHOWN + 2
    assert "Moby Dick" in shown[-2]
    assert shown[-1] == "  95 earlier books: done"


@pytest.mark.parametrize("is_heard", [True, False])
def test_how_a_new_pc_comes_in(is_heard: bool) -> None:
    """Where nobody looks for other PCs, they must be told of this one."""
    said = state_of({"open": True, "seconds_left": 600}, "192.168.1.7:8765", is_heard=is_heard)
    assert ("joins by itself" in said) == is_heard
    assert ("up --peer 192.168.1.7:8765" in said) != is_heard
