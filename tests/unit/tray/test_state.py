"""What the tray makes of the node's answer."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from swarmstt.phrases import headline
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
    own["headline"] = headline(own, workers, books)
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
            "Paused. This PC is not transcribing.",
        ),
        (status(troubles=["The disk is full."]), IconState.TROUBLE, None, "The disk is full."),
        (
            status(book(state="failed", title="Emma", reason="It is empty.")),
            IconState.TROUBLE,
            None,
            "Emma stopped: It is empty.",
        ),
        (status(book(paused=True)), IconState.IDLE, None, "All unfinished books are paused."),
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
            "Waiting for another PC: this one is set not to transcribe.",
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


def test_the_icon_of_a_node_that_answers_is_never_that_of_one_that_starts() -> None:
    """So that blue means a node that answers."""
    assert without_node("swarmstt is starting.", trouble=False).icon is IconState.STARTING


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


def door(*names: str, state: str = "joined", is_seen: bool = True) -> dict[str, Any]:
    """A door at which these stand, or through which they came."""
    plain = {"words": ["owl"] * 4, "state": state, "seen": is_seen}
    joining = [{**plain, "node_id": f"id of {name}", "name": name} for name in names]
    return {"open": True, "seconds_left": 90, "joining": joining}


def told(before: View | None, now: View) -> list[Notice]:
    return news(before, now, watched_since=datetime(2026, 11, 28, 12, 0, 0, 900_000, tzinfo=timezone.utc))


def test_what_was_there_at_first_is_no_news() -> None:
    there = seen(book(state="done"), door=door("Anna's laptop"))
    assert told(None, there) == []
    assert told(without_node("swarmstt is starting.", trouble=False), there) == []


def test_a_finished_book_is_told_once() -> None:
    before, after = seen(book()), seen(book(state="done", title="Emma"))
    assert told(before, after) == [Notice(title="A book is done", text="Emma is ready to read.", book_id="b1")]
    assert told(after, after) == []


def test_a_book_with_gaps_is_not_called_ready() -> None:
    gap = {"start": 1.0, "end": 2.0, "reason": "The audio is damaged."}
    [notice] = told(seen(book()), seen(book(state="done", title="Emma", gaps=[gap])))
    assert notice.text == "Emma is done, with gaps."


def test_a_book_that_was_done_before_its_node_was_first_seen_is_told() -> None:
    """On a fast PC the tray's first look at the node comes later than the end of a short book."""
    old = book("old", state="done", completed_at="2026-11-28T11:59:59+00:00")
    new = book("new", state="done", completed_at="2026-11-28T12:00:00+00:00")
    for before in (None, without_node("swarmstt is starting.", trouble=False)):
        assert [each.book_id for each in told(before, seen(old, new))] == ["new"]
    assert told(seen(old, new), seen(old, new)) == []


def test_new_pcs_are_told() -> None:
    one, two, four = (seen(door=door(*names)) for names in (["A"], ["A", "B"], ["A", "B", "C", "D"]))
    assert [each.text for each in told(seen(door=door()), two)] == ["A joined.", "B joined."]
    assert [each.text for each in told(one, four)] == ["3 new PCs joined. Compare the words on their cards."]
    assert told(two, two) == told(two, one) == []


def test_who_waits_at_the_door_is_told_when_it_has_joined() -> None:
    waiting, joined = seen(door=door("A", state="waiting")), seen(door=door("A"))
    assert told(seen(), waiting) == []
    assert [each.text for each in told(waiting, joined)] == ["A joined."]


def test_the_words_that_nobody_has_seen_are_told() -> None:
    now = seen(door=door("A", is_seen=False))
    assert [each.text for each in told(seen(door=door()), now)] == ["A joined. Both PCs show: owl · owl · owl · owl"]
    assert now.unseen == {"id of A": "owl · owl · owl · owl"}


def test_an_old_member_that_comes_back_is_no_news() -> None:
    peers = [{"node_id": "a", "name": "Anna's laptop"}]
    assert told(seen(door=door()), seen(door=door(), peers=peers)) == []


def test_what_failed_in_the_drop_folder_is_told() -> None:
    now = seen(drop_folders=[{"path": "/books", "refused": ["bad.mp3 is not audio."]}])
    assert [each.text for each in told(seen(), now)] == ["bad.mp3 is not audio."]


def test_trouble_is_told_once_even_at_first() -> None:
    trouble = without_node("swarmstt stopped unexpectedly.", trouble=True)
    assert [each.text for each in told(None, trouble)] == ["swarmstt stopped unexpectedly."]
    assert told(trouble, trouble) == []


def test_names_of_others_are_fit_for_a_menu() -> None:
    hostile = "Em\x1b[31mma\u202e\nQuit"
    view = view_of(status(book(state="done", title=hostile), troubles=[hostile], door=door(hostile)))
    assert (view.sentence, view.troubles) == ("Em [31mma Quit", ("Em [31mma Quit",))
    assert [each.title for each in view.done.values()] == ["Em [31mma Quit"]
    assert list(view.joined.values()) == ["Em [31mma Quit"]


def test_a_new_version_is_told_once() -> None:
    out = "Version 0.2.0 of swarmstt is out since 2027-01-02; this PC has 0.1.0: https://example.org"
    assert [(each.title, each.text) for each in told(None, seen(newer_version=out))] == [("A new version", out)]
    assert told(seen(newer_version=out), seen(newer_version=out)) == []
    assert told(seen(), seen(newer_version=None)) == []
