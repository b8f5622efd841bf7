"""What the tray shows, as values: made from the node's `/status`, and compared to tell what is news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from swarmstt.phrases import count, sentence

JsonObject = Mapping[str, Any]


class IconState(Enum):
    IDLE = "idle"
    WORKING = "working"
    PAUSED = "paused"
    TROUBLE = "trouble"


Pause = Literal["none", "for a while", "without end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the tray knows at one moment. `progress` is from 0 to 1 of all that is being worked on, None where nothing
    is; `pause` is this PC's, and `can_pause` is False where nothing is decoded on it anyway; `door_seconds` is 0 while
    the door is shut; `done` are books and `joined` are PCs that were paired with this one lately, names by id."""

    icon: IconState
    progress: float | None = None
    sentence: str
    running: bool = False
    pause: Pause = "none"
    can_pause: bool = False
    drop_folder: str | None = None
    door_seconds: int = 0
    troubles: tuple[str, ...] = ()
    done: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell; `book_id` is the book that a click on it opens."""

    title: str
    text: str
    book_id: str | None = None


def view_of(status: JsonObject) -> View:
    """The view of a node that answered this to `GET /status`."""
    node, books, door = status["node"], status["books"], status.get("door") or {}
    removed = [door["advice"]] if door.get("removed") else []
    troubles = (*node["troubles"], *removed, *_failures(books))
    return View(
        icon=_icon(node, books, troubles),
        progress=_progress(books),
        sentence=sentence(node, status["workers"], books, troubles),
        running=True,
        pause="none" if node["helping"] else "for a while" if node.get("paused_until") else "without end",
        can_pause=not node.get("no_helping"),
        drop_folder=node.get("drop_folder"),
        door_seconds=int(door.get("seconds_left") or 0) if door.get("open") else 0,
        troubles=troubles,
        done={book["book_id"]: _title(book) for book in books if book["state"] == "done"},
        joined={each["node_id"]: each["name"] for each in door.get("joining", ()) if each["state"] == "joined"},
    )


def without_node(why: str, *, trouble: bool) -> View:
    """The view while no node answers: it starts, or it died."""
    return View(icon=IconState.TROUBLE if trouble else IconState.IDLE, sentence=why, troubles=(why,) if trouble else ())


def news(before: View | None, now: View) -> list[Notice]:
    """What a person should hear of. What was there when the tray first looked is no news, trouble apart."""
    known_troubles = () if before is None else before.troubles
    notices = [
        Notice(title="swarmstt needs you", text=each)
        for each in dict.fromkeys(now.troubles)
        if each not in known_troubles
    ]
    if before is None or not (before.running and now.running):
        return notices
    notices += [
        Notice(title="A book is done", text=f"{title} is text now.", book_id=book_id)
        for book_id, title in now.done.items()
        if book_id not in before.done
    ]
    return [*notices, *_joined(before, now)]


def _joined(before: View, now: View) -> list[Notice]:
    names = [name for node_id, name in now.joined.items() if node_id not in before.joined]
    if len(names) > 2:
        return [Notice(title="New PCs", text=f"{count(len(names), 'new PC')} joined.")]
    return [Notice(title="A new PC", text=f"{name} joined.") for name in names]


def _icon(node: JsonObject, books: Sequence[JsonObject], troubles: Sequence[str]) -> IconState:
    if troubles:
        return IconState.TROUBLE
    active = _active(books)
    if node["state"] in ("working", "helping") or any(
        node["helping"] or book["tasks"]["in_progress"] for book in active
    ):
        return IconState.WORKING
    return IconState.IDLE if node["helping"] or node.get("no_helping") else IconState.PAUSED


def _progress(books: Sequence[JsonObject]) -> float | None:
    active = _active(books)
    total = sum(book["duration"] or 0 for book in active)
    if not total:
        return None
    done = sum((book["duration"] or 0) * book["percent"] / 100 for book in active)
    return float(min(1.0, done / total))


def _active(books: Sequence[JsonObject]) -> list[JsonObject]:
    return [book for book in books if book["state"] in ("open", "merging") and not book["paused"]]


def _failures(books: Sequence[JsonObject]) -> list[str]:
    return [
        f"{_title(book)} stopped: {book['reason'] or 'open the page to see why.'}"
        for book in books
        if book["state"] == "failed"
    ]


def _title(book: JsonObject) -> str:
    return str(book["title"] or book["filename"])
