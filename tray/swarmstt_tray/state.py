"""What the tray shows, as values: made from the node's `/status`, and compared to find what is news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from swarmstt.display_text import MOST_REASON_LETTERS, one_line
from swarmstt.phrases import count

JsonObject = Mapping[str, Any]


class IconState(Enum):
    STARTING = "starting"
    """No node answers yet."""
    IDLE = "idle"
    WORKING = "working"
    PAUSED = "paused"
    TROUBLE = "trouble"


Pause = Literal["none", "for a while", "without end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneBook:
    title: str
    done_at: datetime | None = None
    """By the node's clock, which is the tray's: both are on this PC. In whole seconds."""
    has_gaps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the tray knows at one moment. `progress` is from 0 to 1 of all that is being worked on, None if nothing is;
    `pause` is this PC's, and `can_pause` is False if nothing is decoded on it anyway; `door_seconds` is 0 while
    the door is shut; `done` are books by id; `joined` are PCs that were paired with this one lately, names by id."""

    icon: IconState
    progress: float | None = None
    sentence: str
    running: bool = False
    pause: Pause = "none"
    can_pause: bool = False
    drop_folder: str | None = None
    transcripts: str | None = None
    door_seconds: int = 0
    troubles: tuple[str, ...] = ()
    done: Mapping[str, DoneBook] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Of those the four words, on one line, that both PCs show and no person has seen, by id."""
    newer_version: str | None = None
    """A sentence about one that is out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to notify a person of; `book_id` is the book that a click on it opens."""

    title: str
    text: str
    book_id: str | None = None


def view_of(status: JsonObject) -> View:
    """Returns the view of a node that answered this to `GET /status`."""
    node, books, door = status["node"], status["books"], status.get("door") or {}
    removed = [door["advice"]] if door.get("removed") else []
    joined = [each for each in door.get("joining", ()) if each["state"] == "joined"]
    refused = [each for folder in node.get("drop_folders", ()) for each in folder.get("refused", ())]
    troubles = (*node["troubles"], *removed, *_failures(books), *refused)
    return View(
        icon=_icon(node, books, troubles),
        progress=_progress(books),
        sentence=_fit(troubles[0] if troubles else node["headline"]),
        running=True,
        pause="none" if node["helping"] else "for a while" if node.get("paused_until") else "without end",
        can_pause=not node.get("no_helping"),
        drop_folder=node.get("drop_folder"),
        transcripts=node.get("transcripts"),
        door_seconds=int(door.get("seconds_left") or 0) if door.get("open") else 0,
        troubles=tuple(map(_fit, troubles)),
        newer_version=_fit(newer) if (newer := node.get("newer_version")) else None,
        done={book["book_id"]: _done(book) for book in books if book["state"] == "done"},
        joined={each["node_id"]: _fit(each["name"]) for each in joined},
        unseen={
            each["node_id"]: " · ".join(each["words"]) for each in joined if each["words"] and not each.get("seen")
        },
    )


def without_node(why: str, *, trouble: bool) -> View:
    """Returns the view while no node answers: it starts, or it died."""
    icon = IconState.TROUBLE if trouble else IconState.STARTING
    return View(icon=icon, sentence=why, troubles=(why,) if trouble else ())


def news(before: View | None, now: View, *, watched_since: datetime) -> list[Notice]:
    """Returns what a person should hear of. What was there before the tray began to watch is not news, apart from
    trouble; a book that was done after that is, even if its node was first seen later."""
    known_troubles = () if before is None else before.troubles
    notices = [
        Notice(title="swarmstt needs attention", text=each)
        for each in dict.fromkeys(now.troubles)
        if each not in known_troubles
    ]
    if now.newer_version and now.newer_version != (before and before.newer_version):
        notices.append(Notice(title="A new version", text=now.newer_version))
    seen = before if before is not None and before.running else None
    notices += [
        Notice(title="A book is done", text=_end_of(book), book_id=book_id)
        for book_id, book in now.done.items()
        if (book_id not in seen.done if seen is not None else _is_done_since(book, watched_since))
    ]
    return notices if seen is None else [*notices, *_joined(seen, now)]


def welcome(view: View) -> Notice:
    """Returns what is said at the very first start: where books go in, and where they come out."""
    folder = f", or copy them into {view.drop_folder}" if view.drop_folder else ""
    out = f" Transcripts are saved in {view.transcripts}." if view.transcripts else ""
    return Notice(title="swarmstt is ready", text=f"Drop audiobooks on its page{folder}.{out}")


def _end_of(book: DoneBook) -> str:
    return f"{book.title} is done, with gaps." if book.has_gaps else f"{book.title} is ready to read."


def _is_done_since(book: DoneBook, moment: datetime) -> bool:
    return book.done_at is not None and book.done_at >= moment.replace(microsecond=0)


def _joined(before: View, now: View) -> list[Notice]:
    new = {node_id: name for node_id, name in now.joined.items() if node_id not in before.joined}
    if len(new) > 2:
        return [Notice(title="New PCs", text=f"{count(len(new), 'new PC')} joined. Compare the words on their cards.")]
    return [Notice(title="A new PC", text=_joined_text(name, now.unseen.get(node_id))) for node_id, name in new.items()]


def _joined_text(name: str, words: str | None) -> str:
    return f"{name} joined. Both PCs show: {words}" if words else f"{name} joined."


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


def _done(book: JsonObject) -> DoneBook:
    written = book.get("completed_at")
    done_at = None if written is None else datetime.fromisoformat(written)
    return DoneBook(title=_title(book), done_at=done_at, has_gaps=bool(book.get("gaps")))


def _title(book: JsonObject) -> str:
    return _fit(book["title"] or book["filename"])


def _fit(text: str) -> str:
    """Names are by others: a menu or a notification shows them on one line, in the order that their letters have."""
    return one_line(text, MOST_REASON_LETTERS)
