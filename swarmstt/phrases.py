"""How the command line and the tray speak: in the sentences of the page (web/static/words.js)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

JsonObject = Mapping[str, Any]


def count(number: int, one: str) -> str:
    """Such as "one other PC" or "3 other PCs"."""
    return f"one {one}" if number == 1 else f"{number} {one}s"


def about_time(seconds: float) -> str:
    """A length of time as a person says it."""
    if seconds < 45:
        return "less than a minute"
    minutes = _round(seconds / 60)
    if minutes <= 1:
        return "about a minute"
    if minutes <= 20:
        return f"about {minutes} minutes"
    if minutes < 55:
        return f"about {5 * _round(minutes / 5)} minutes"
    half_hours = _round(minutes / 30)
    if half_hours <= 2:
        return "about an hour"
    if half_hours < 72:
        return f"about {half_hours // 2}{'½' if half_hours % 2 else ''} hours"
    return f"about {_round(half_hours / 48)} days"


def moment(iso: str) -> str:
    """A day and a time by the clock of this PC: 2030-01-31 18:00."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")


def clock(seconds: float) -> str:
    """A place in a book: 1:02:03."""
    whole = _round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def speed(times_real: float) -> str:
    """How fast something is decoded: 25 × realtime."""
    rounded = _round(times_real) if times_real >= 10 else round(times_real, 1)
    return f"{rounded:g} × realtime"


def percent(value: float) -> str:
    """How much is done: 100 % is said only of what is whole."""
    return f"{100 if value >= 100 else min(99, math.floor(value))} %"


def sentence(
    node: JsonObject, workers: Sequence[JsonObject], books: Sequence[JsonObject], troubles: Sequence[str] = ()
) -> str:
    """What is going on, in one line; what needs a person comes first."""
    if troubles:
        return troubles[0]
    active = [book for book in books if book["state"] in ("open", "merging") and not book["paused"]]
    others = sum(worker["kind"] != "own" and worker["state"] == "working" for worker in workers)
    if node.get("no_helping"):
        if active and not others:
            return "Waiting for another PC; this one was started to decode nothing."
    elif not node["helping"]:
        if active and others:
            verb = "works" if others == 1 else "work"
            return f"Paused here; {count(others, 'other PC')} {verb} on{_ending(active)}."
        return "Paused. This PC decodes nothing."
    if active:
        return _work(workers, active, others)
    if node.get("helping_with"):
        helped = node["helping_with"][0]
        return f"Helping {helped['name']}" + (f" with {helped['title']}." if helped["title"] else ".")
    if any(book["paused"] and book["state"] == "open" for book in books):
        return "Paused: no book may go on."
    return "Idle. Drop a book anywhere."


def _work(workers: Sequence[JsonObject], active: Sequence[JsonObject], others: int) -> str:
    if others:
        return f"Working with {count(others, 'other PC')}{_ending(active)}."
    if any(worker["kind"] == "own" and worker["state"] == "working" for worker in workers):
        return f"Working alone{_ending(active)}."
    if any(book["tasks"]["in_progress"] for book in active):
        return f"Working{_ending(active)}."
    reading = any(book["state"] == "open" and not book["read_whole"] for book in active)
    return "Reading the audio." if reading else "Getting ready."


def _ending(active: Sequence[JsonObject]) -> str:
    left = seconds_left(active)
    return "" if left is None else f", done in {about_time(left)}"


def seconds_left(active: Sequence[JsonObject]) -> float | None:
    """What is left of all books at the speed at which all of them together are decoded now; None where unknown."""
    together = sum(book["speed"] or 0 for book in active if book["tasks"]["in_progress"])
    if together <= 0:
        known = [book["remaining_seconds"] for book in active if book["remaining_seconds"] is not None]
        return float(max(known)) if known and len(known) == len(active) else None
    seconds = sum((book["duration"] or 0) * (1 - book["percent"] / 100) for book in active)
    return float(seconds / together)


def marks_of(books: Iterable[JsonObject]) -> dict[str, str]:
    """What tells books of one title apart, by id, as on the page (web/static/words.js): what differs of file, folder,
    model, task and time."""
    marks: dict[str, list[str]] = {}
    for alike in _groups(books, lambda book: book["title"] or book["filename"]):
        _mark(alike, _FEATURES, marks)
    return {book_id: ", ".join(filter(None, texts)) for book_id, texts in marks.items()}


def _mark(alike: list[JsonObject], features: Sequence[_Feature], marks: dict[str, list[str]]) -> None:
    if len(alike) < 2 or not features:
        return
    differs, *others = features
    for same in _groups(alike, differs):
        if len(same) < len(alike):
            for book in same:
                marks.setdefault(book["book_id"], []).append(differs(book))
        _mark(same, others, marks)


def _groups(books: Iterable[JsonObject], key: _Feature) -> list[list[JsonObject]]:
    groups: dict[str, list[JsonObject]] = {}
    for book in books:
        groups.setdefault(key(book), []).append(book)
    return list(groups.values())


_Feature = Callable[[JsonObject], str]
_FEATURES: tuple[_Feature, ...] = (
    lambda book: book["filename"],
    lambda book: f"in {book['folder']}" if book.get("folder") else "",
    lambda book: book["model"],
    lambda book: "into English" if book["task"] == "translate" else "",
    lambda book: f"added {moment(book['added_at'])}",
)


def _round(value: float) -> int:
    """Half goes up, as on the page."""
    return math.floor(value + 0.5)
