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


def test_pause_and_door() -> None:
    assert view_of(status()).pause == "none"
    assert view_of(status(helping=False, paused_until="2030-01-01T00:00:00+00:00")).pause == "for a while"
    assert view_of(status(helping=False)).pause == "without end"
    assert view_of(status(helping=False, no_helping=False)).can_pause
    assert not view_of(status(helping=False, no_helping=True)).can_pause
    assert view_of(status(door={"open": True, "seconds_left": 90})).door_seconds == 90
    assert view_of(status(door={"open": False, "seconds_left": 0})).door_seconds == 0


def seen(*books: dict[str, Any], **more: Any) -> View:
    return view_of(status(*books, **more))


def door(*names: str, state: str = "joined") -> dict[str, Any]:
    """A door at which these stand, or through which they came."""
    plain = {"words": ["owl"] * 4, "state": state}
    joining = [{**plain, "node_id": f"id of {name}", "name": name} for name in names]
    return {"open": True, "seconds_left": 90, "joining": joining}


def test_what_was_there_at_first_is_no_news() -> None:
    there = seen(book(state="done"), door=door("Anna's laptop"))
    assert news(None, there) == []
    assert news(without_node("swarmstt is starting.", trouble=False), there) == []


def test_a_finished_book_is_told_once() -> None:
    before, after = seen(book()), seen(book(state="done", title="Emma"))
    assert news(before, after) == [Notice(title="A book is done", text="Emma is text now.", book_id="b1")]
    assert news(after, after) == []


def test_new_pcs_are_told() -> None:
    one, two, four = (seen(door=door(*names)) for names in (["A"], ["A", "B"], ["A", "B", "C", "D"]))
    assert [each.text for each in news(seen(door=door()), two)] == ["A joined.", "B joined."]
    assert [each.text for each in news(one, four)] == ["3 new PCs joined."]
    assert news(two, two) == news(two, one) == []


def test_who_waits_at_the_door_is_told_when_it_has_joined() -> None:
    waiting, joined = seen(door=door("A", state="waiting")), seen(door=door("A"))
    assert news(seen(), waiting) == []
    assert [each.text for each in news(waiting, joined)] == ["A joined."]


def test_an_old_member_that_comes_back_is_no_news() -> None:
    peers = [{"node_id": "a", "name": "Anna's laptop"}]
    assert news(seen(door=door()), seen(door=door(), peers=peers)) == []


def test_trouble_is_told_once_even_at_first() -> None:
    trouble = without_node("swarmstt stopped unexpectedly.", trouble=True)
    assert [each.text for each in news(None, trouble)] == ["swarmstt stopped unexpectedly."]
    assert news(trouble, trouble) == []
