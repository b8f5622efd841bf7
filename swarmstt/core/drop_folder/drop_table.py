"""What becomes of the things that a person puts into a drop folder.

The watcher reports what is there (`observe`), and asks what is `ready` to become a book. Rules:
- a thing directly in a drop folder is a book: an audio file, or a folder with audio anywhere in it
- it is ready when its sizes and times of change have stayed the same for a while. A copy that was seen to pause and
  go on is given longer. As long as a part of it has a temporary name, it waits
- what is settled is known by the hash of its audio, so that it is the same book under another name, in another drop
  folder, and after the folder was away
- what was refused is tried again when it changes, and what could not be read now and then: its rights may have been
  mended
- what has gone is remembered, unless its book was removed too and nothing waits that could be it under another name
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from swarmstt.core.drop_folder.entries import Entry
from swarmstt.ids import BookId

RETRY_SECONDS = 60.0
"""After this time something that was refused or put off is tried again."""
FORGET_SECONDS = 60.0
"""A thing must have been gone for so long before it can be forgotten."""
LONGEST_PATIENCE_SECONDS = 600.0
"""However long a copy paused, it counts as settled after this."""


class Place(NamedTuple):
    """A drop folder, and the name of a thing directly in it."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A thing that was settled once: what it was then, and the book that it is, or why it cannot be one.

    `error_file`: the note that says to a person that it failed.
    """

    place: Place
    signature: str
    fingerprint: str | None = None
    book_id: BookId | None = None
    refusal: str | None = None
    error_file: str | None = None


class Return(NamedTuple):
    """A drop that is there again as it was. `is_given`: it alone had gone, so a person gave it again; else its folder
    was away or listed nothing, or this is the first look."""

    drop: Drop
    is_given: bool


@dataclass(slots=True, kw_only=True)
class _Waiting:
    entry: Entry
    since: float
    pause_seconds: float = 0.0
    not_before: float = 0.0

    def settled_at(self, settle_seconds: float) -> float:
        patience = max(settle_seconds, min(2 * self.pause_seconds, LONGEST_PATIENCE_SECONDS))
        return max(self.since + patience, self.not_before)


class DropTable:
    """All drops of a node, and what is about to become one. `at`: seconds on one clock, for all calls."""

    def __init__(self, settle_seconds: float, drops: Iterable[Drop] = ()) -> None:
        self._settle_seconds = settle_seconds
        self._drops: dict[Place, Drop] = {}
        self._books: dict[str, BookId] = {}
        self._waiting: dict[Place, _Waiting] = {}
        self._gone: dict[Place, float] = {}
        self._retry_at: dict[Place, float] = {}
        self._empty: dict[str, bool] = {}
        """Of each folder that is there: whether there is nothing in it, as in one whose drive is not."""

        self.remember(drops)

    def remember(self, drops: Iterable[Drop]) -> None:
        """Takes over what an earlier run knew."""
        self._drops.update((drop.place, drop) for drop in drops)
        self._books = _books(self._drops.values())
        unread = (place for place, drop in self._drops.items() if drop.refusal and not drop.fingerprint)
        self._retry_at.update((place, 0.0) for place in unread)

    # What is seen.

    def observe(self, folder: str, entries: Mapping[str, Entry], at: float) -> list[Return]:
        """Takes in all that is in a drop folder now. Returns what was away, or whose folder was, and is as before."""
        was_away, was_empty = folder not in self._empty, self._empty.get(folder, False)
        self._empty[folder] = not entries
        back = []
        for name, entry in entries.items():
            place = Place(folder, name)
            was_gone = self._gone.pop(place, None) is not None
            drop = self._drops.get(place)
            if drop is None or drop.signature != entry.signature:
                self._wait(place, entry, at)
                continue
            self._waiting.pop(place, None)
            if was_gone or was_away:
                back.append(Return(drop, is_given=was_gone and not was_empty))
        for place in [each for each in self._waiting if each.folder == folder and each.name not in entries]:
            del self._waiting[place]
        for place in self._drops:
            if place.folder == folder and place.name not in entries:
                self._gone.setdefault(place, at)
        return back

    def _wait(self, place: Place, entry: Entry, at: float) -> None:
        waiting = self._waiting.setdefault(place, _Waiting(entry=entry, since=at))
        if waiting.entry != entry:
            waiting.pause_seconds = max(waiting.pause_seconds, at - waiting.since)
            waiting.entry, waiting.since = entry, at

    def away(self, folder: str) -> None:
        """Takes in that the drop folder itself is not there. What it held is not gone: nobody can know."""
        self._empty.pop(folder, None)
        for places in (self._waiting, self._gone):
            for place in [each for each in places if each.folder == folder]:
                del places[place]

    # What follows.

    def ready(self, folder: str, at: float) -> list[tuple[Place, str]]:
        """Returns what is to become a book now, each with its signature."""
        settled = [
            (place, waiting.entry.signature)
            for place, waiting in self._waiting.items()
            if place.folder == folder
            and not waiting.entry.unfinished
            and at >= waiting.settled_at(self._settle_seconds)
        ]
        again = [
            (place, self._drops[place].signature)
            for place, retry_at in self._retry_at.items()
            if place.folder == folder and at >= retry_at and self.is_here(place) and place not in self._waiting
        ]
        return settled + again

    def next_at(self, folder: str) -> float | None:
        """Returns when something there will be ready if it does not change; None if nothing will."""
        moments = [
            waiting.settled_at(self._settle_seconds)
            for place, waiting in self._waiting.items()
            if place.folder == folder and not waiting.entry.unfinished
        ]
        return min(moments, default=None)

    def waiting(self, folder: str) -> int:
        """Counts the things there that are still being copied, or are put off."""
        return sum(place.folder == folder for place in self._waiting)

    def book_of(self, fingerprint: str) -> BookId | None:
        """Returns the book that this audio was, at whatever place."""
        return self._books.get(fingerprint)

    def at(self, place: Place) -> Drop | None:
        return self._drops.get(place)

    def is_here(self, place: Place) -> bool:
        """Says if this drop is in its folder, as far as is known."""
        return place in self._drops and place.folder in self._empty and place not in self._gone

    def is_elsewhere(self, drop: Drop) -> bool:
        """Says if the same audio is at another place too."""
        return any(
            other.fingerprint == drop.fingerprint and place != drop.place and self.is_here(place)
            for place, other in self._drops.items()
        )

    # What became of it.

    def took(self, place: Place, signature: str, fingerprint: str, book_id: BookId) -> Drop:
        """Settles that it is this book."""
        self._retry_at.pop(place, None)
        self._books[fingerprint] = book_id
        return self._settle(place, signature, fingerprint=fingerprint, book_id=book_id, refusal=None)

    def refused(self, place: Place, signature: str, reason: str, at: float, fingerprint: str | None = None) -> Drop:
        """Settles that it cannot be a book; `fingerprint` if that is the fault of what is in it."""
        if fingerprint is None:
            self._retry_at[place] = at + RETRY_SECONDS
        else:
            self._retry_at.pop(place, None)
        return self._settle(place, signature, fingerprint=fingerprint, book_id=None, refusal=reason)

    def forget_book(self, book_id: BookId) -> None:
        """Forgets a book that was removed because something else came to its place: it was not done, and if its audio
        comes back it is a new book."""
        self._books = {mark: each for mark, each in self._books.items() if each != book_id}

    def _settle(self, place: Place, signature: str, **changes: str | None) -> Drop:
        drop = self._drops.get(place) or Drop(place=place, signature=signature)
        self._drops[place] = drop = replace(drop, signature=signature, **changes)  # type: ignore[arg-type]
        waiting = self._waiting.get(place)
        if waiting is not None and waiting.entry.signature == signature:
            del self._waiting[place]
        return drop

    def put_off(self, place: Place, until: float) -> None:
        """Puts off what cannot be done now, through no fault of its own."""
        if place in self._waiting:
            self._waiting[place].not_before = until
        elif place in self._retry_at:
            self._retry_at[place] = until

    # What is noted for a person.

    def failures(self, reason_of: Callable[[BookId], str | None]) -> dict[Place, str]:
        """Returns why each drop that is there has failed. `reason_of`: why a book failed, None if it did not."""
        reasons = {
            place: drop.refusal or (reason_of(drop.book_id) if drop.book_id else None)
            for place, drop in self._drops.items()
            if self.is_here(place)
        }
        return {place: reason for place, reason in reasons.items() if reason}

    def noted(self) -> list[Drop]:
        """Returns the drops with a note about their failure, whose folder is there."""
        return [drop for drop in self._drops.values() if drop.error_file and drop.place.folder in self._empty]

    def note(self, place: Place, error_file: str | None) -> Drop:
        self._drops[place] = replace(self._drops[place], error_file=error_file)
        return self._drops[place]

    # What needs no memory.

    def forget(self, at: float, in_library: Container[BookId]) -> list[Place]:
        """Forgets what is gone for good, and returns it."""
        here = {drop.fingerprint for place, drop in self._drops.items() if self.is_here(place)}
        forgotten = [
            place
            for place, since in self._gone.items()
            if at >= since + FORGET_SECONDS
            and self._drops[place].error_file is None
            and (self._drops[place].fingerprint in here or self._is_needless(self._drops[place], in_library))
        ]
        for place in forgotten:
            del self._gone[place]
            del self._drops[place]
            self._retry_at.pop(place, None)
        if forgotten:
            self._books = _books(self._drops.values())
        return forgotten

    def _is_needless(self, drop: Drop, in_library: Container[BookId]) -> bool:
        if self._waiting or self._empty.get(drop.place.folder, True):
            return False
        return drop.book_id is None or drop.book_id not in in_library


def _books(drops: Iterable[Drop]) -> dict[str, BookId]:
    """By the fingerprint of its audio."""
    return {drop.fingerprint: drop.book_id for drop in drops if drop.fingerprint and drop.book_id}
