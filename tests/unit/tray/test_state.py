"""What the tray makes of the node's answer."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt_tray.state import IconState, Notice, View, news, view_of, without_node


def book(book_id: str = "b1", **more: Any) -> dict[str, Any]:
    return {
        "book_id": book_id,
        "filename": f"{book_id}.mp3",
        "title": None,
        "state": "open",
        "paused": False,
        "reason": None,
        "duration": 100.0,
        "percent": 0.0,
        "read_whole": True,
        "remaining_seconds": None,
        "speed": None,
        "tasks": {"in_progress": 0, "total": 2},
        **more,
    }


def status(*books: dict[str, Any], workers: Any = (), peers: Any = (), door: Any = None, **node: Any) -> dict[str, Any]:
    own = {"state": "idle", "helping": True, "helping_with": [], "troubles": [], "paused_until": None} | node
    return {"node": own, "books": list(books), "workers": list(workers), "peers": list(peers), "door": door}


WORKING = {"in_progress": 1, "total": 2}


@pytest.mark.parametrize(
    ("answer", "icon", "progress", "sentence"),
    [
        (status(), IconState.IDLE, None, "Idle. Drop a book anywhere."),
        (
            status(
                book(percent=25.0, tasks=WORKING, speed=10.0),
                book("b2", duration=300.0, percent=50.0),
                state="working",
                workers=[{"kind": "own", "state": "working"}, {"kind": "peer", "state": "working"}],
            ),
            IconState.WORKING,
            175 / 400,
            "Working with one other PC, done in less than a minute.",
        ),
        (
            status(state="helping", helping_with=[{"name": "Anna's laptop", "title": "Emma"}]),
            IconState.WORKING,
            None,
            "Helping Anna's laptop with Emma.",
        ),
        (
            status(state="paused", helping=False),
            IconState.PAUSED,
            None,
            "Paused. This PC decodes nothing.",
        ),
        (status(troubles=["The disk is full."]), IconState.TROUBLE, None, "The disk is full."),
        (
            status(book(state="failed", title="Emma", reason="It is empty.")),
            IconState.TROUBLE,
            None,
            "Emma stopped: It is empty.",
        ),
        (status(book(paused=True)), IconState.IDLE, None, "Paused: no book may go on."),
        (
            status(state="paused", helping=False, no_helping=True),
            IconState.IDLE,
            None,
            "Idle. Drop a book anywhere.",
        ),
        (
            status(book(), state="paused", helping=False, no_helping=True),
            IconState.IDLE,
            0.0,
            "Waiting for another PC; this one was started to decode nothing.",
        ),
        (
            status(door={"open": False, "seconds_left": 0, "removed": True, "advice": "This PC was removed."}),
            IconState.TROUBLE,
            None,
            "This PC was removed.",
        ),
        (status(book(duration=None, read_whole=False)), IconState.WORKING, None, "Reading the audio."),
    ],
)
def test_view(answer: dict[str, Any], icon: IconState, progress: float | None, sentence: str) -> None:
    view = view_of(answer)
    assert (view.icon, view.sentence) == (icon, sentence)
    assert view.progress == (None if progress is None else pytest.approx(progress))


def test_helping_and_door() -> None:
    assert view_of(status()).helping == "on"
    assert view_of(status(helping=False, paused_until="2030-01-01T00:00:00+00:00")).helping == "for a while"
    assert view_of(status(helping=False)).helping == "until turned on"
    assert view_of(status(door={"open": True, "seconds_left": 90})).door_seconds == 90
    assert view_of(status(door={"open": False, "seconds_left": 0})).door_seconds == 0


def seen(*books: dict[str, Any], **more: Any) -> View:
    return view_of(status(*books, **more))


def test_what_was_there_at_first_is_no_news() -> None:
    assert news(None, seen(book(state="done"), peers=[{"node_id": "p", "name": "Anna's laptop"}])) == []


def test_a_finished_book_is_told_once() -> None:
    before, after = seen(book()), seen(book(state="done", title="Emma"))
    assert news(before, after) == [Notice(title="A book is done", text="Emma is text now.", book_id="b1")]
    assert news(after, after) == []


def test_new_pcs_are_told() -> None:
    peers = [{"node_id": str(number), "name": f"PC {number}"} for number in range(4)]
    assert [each.text for each in news(seen(), seen(peers=peers[:2]))] == ["PC 0 joined.", "PC 1 joined."]
    assert [each.text for each in news(seen(peers=peers[:1]), seen(peers=peers))] == ["3 new PCs joined."]


def test_trouble_is_told_once_even_at_first() -> None:
    trouble = without_node("swarmstt stopped unexpectedly.", trouble=True)
    assert [each.text for each in news(None, trouble)] == ["swarmstt stopped unexpectedly."]
    assert news(trouble, trouble) == []
