"""Searches of several chunks as one: what one chunk's thread wants searched waits for others' while no core is idle.

A search costs less per window the more windows it has (base, int8, one thread, windows of 15 s, one beam: 0.55 CPU
seconds alone, 0.34 by two, 0.26 by four), and a short chunk has one or two. What is searched together decides nothing
but how long it takes: each window's text is the same alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

Run = Callable[[Sequence[Any]], Sequence[Any]]
"""Searches in these windows, whatever they are, and returns a result for each."""

MOST_GIVEN_SECONDS = 5.0
"""So long in all a chunk waits for those that somebody waits for, from one report of its progress to the next: however
many of them come, one behind the other, it gets on."""


class LeftError(Exception):
    """Nobody wants this chunk any more."""


class Searches(Protocol):
    """Where a chunk has its windows searched."""

    def search(self, kind: Hashable, windows: Sequence[Any], most: int, run: Run) -> Sequence[Any]:
        """Return what `run` gives for these windows, perhaps along with others of the same kind, up to `most` in all.
        `run` may be another chunk's of that kind."""

    def give_way(self) -> None:
        """Called before anything else that keeps a core busy for long: waits while others need the core more."""


class Alone:
    """Searches in nothing but what is asked for."""

    def search(self, kind: Hashable, windows: Sequence[Any], most: int, run: Run) -> Sequence[Any]:
        return run(windows)

    def give_way(self) -> None:
        """Nobody else is known here."""


class GivingWay:
    """Searches in nothing but what is asked for, and gives way as others do: for what is no batch of windows."""

    def __init__(self, searches: Searches) -> None:
        self._searches = searches

    def search(self, kind: Hashable, windows: Sequence[Any], most: int, run: Run) -> Sequence[Any]:
        self.give_way()
        return run(windows)

    def give_way(self) -> None:
        self._searches.give_way()


@dataclass(slots=True, eq=False, kw_only=True)
class _Search:
    """One that waits or runs. `led`: those that its thread is to run together, itself the first of them. `alone`: it
    failed along with others, and which of them caused that is not known."""

    place: Place
    kind: Hashable
    windows: Sequence[Any]
    most: int
    run: Run
    alone: bool = False
    led: list[_Search] = field(default_factory=list)
    results: Sequence[Any] | None = None
    woken: threading.Event = field(default_factory=threading.Event)


class Sharing:
    """The chunks that one process decodes, each in a thread of its own. `cores`: so many of them compute at once.
    `is_fatal` tells of an error after which no search is worth a try."""

    def __init__(
        self,
        cores: int,
        is_fatal: Callable[[Exception], bool] = lambda error: False,
        *,
        most_given_seconds: float = MOST_GIVEN_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cores = cores
        self._is_fatal = is_fatal
        self._most_given_seconds = most_given_seconds
        self._now = now
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        """Notified when a core may have become idle."""
        self._computing: set[Place] = set()
        self._giving_way: set[Place] = set()
        self._urgent_count = 0
        self._waiting: list[_Search] = []

    @property
    def waiting_count(self) -> int:
        """How many chunks wait for a search to begin."""
        return len(self._waiting)

    @property
    def giving_way_count(self) -> int:
        """How many chunks wait for urgent ones."""
        return len(self._giving_way)

    def place(self) -> Place:
        """A place for one more chunk."""
        return Place(self, self._most_given_seconds)

    def computes(self, place: Place) -> None:
        """Count a chunk among those that keep a core busy."""
        with self._lock:
            self._computing.add(place)

    def ends(self, place: Place) -> None:
        """Count it no longer."""
        with self._lock:
            self._computing.discard(place)
            self._start_what_is_due()
            self._room.notify_all()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Somebody waits for what is computed in this: of the chunks, one gives its core to it."""
        with self._lock:
            self._urgent_count += 1
        try:
            yield
        finally:
            with self._lock:
                self._urgent_count -= 1
                self._room.notify_all()

    def give_way(self, place: Place) -> None:
        """Wait while urgent ones need this chunk's core, as long as the place has time to give. Raises LeftError as a
        search does."""
        with self._lock:
            if place.seconds_to_give > 0 and self._is_crowded():
                began_at = self._now()
                self._giving_way.add(place)
                self._room.wait_for(lambda: place.is_left or not self._is_crowded(1), place.seconds_to_give)
                place.seconds_to_give -= self._now() - began_at
                self._giving_way.discard(place)
            if place.is_left:
                raise LeftError

    def _is_crowded(self, more: int = 0) -> bool:
        """Whether more compute than there are cores, urgent ones among them, once so many go on that give way."""
        computing = len(self._computing) - len(self._giving_way) + more
        return self._urgent_count > 0 and computing + self._urgent_count > self._cores

    def search(self, search: _Search) -> Sequence[Any]:
        while True:
            self._wait(search)
            if search.led:
                self._lead(search)
            if search.results is not None:
                return search.results
            if search.place.is_left:
                raise LeftError

    def leave(self, place: Place) -> None:
        with self._lock:
            place.is_left = True
            self._room.notify_all()
            search = place.searching
            if search is not None and not search.led:
                if search in self._waiting:
                    self._waiting.remove(search)
                search.woken.set()

    def _wait(self, search: _Search) -> None:
        """Wait until the search's thread is to lead, or has results, or is to try once more, or to leave."""
        with self._lock:
            if search.place.is_left:
                raise LeftError
            search.place.searching = search
            search.led = []
            search.woken.clear()
            self._waiting.append(search)
            self._computing.discard(search.place)
            self._start_what_is_due()
            self._room.notify_all()
        search.woken.wait()

    def _start_what_is_due(self) -> None:
        """Start searches that gain nothing by waiting: a core would be idle, or they are as many as may be."""
        while self._waiting:
            together = self._together(self._waiting[0])
            is_full = together[0].alone or sum(len(each.windows) for each in together) >= together[0].most
            if len(self._computing) >= self._cores and not is_full:
                return
            for each in together:
                self._waiting.remove(each)
            self._computing.add(together[0].place)
            together[0].led = together
            together[0].woken.set()

    def _together(self, first: _Search) -> list[_Search]:
        """What runs along with the one that waited longest, in the order of waiting."""
        chosen, room = [first], first.most - len(first.windows)
        for other in [] if first.alone else self._waiting[1:]:
            if other.kind == first.kind and not other.alone and len(other.windows) <= room:
                chosen.append(other)
                room -= len(other.windows)
        return chosen

    def _lead(self, search: _Search) -> None:
        """Run a search for all that are in it. If it fails, each tries it alone: no chunk fails by another's fault."""
        together = search.led
        try:
            found = search.run([window for each in together for window in each.windows])
        except Exception as error:
            with self._lock:
                for each in together:
                    each.alone = True
                    each.woken.set()
            if len(together) == 1 or self._is_fatal(error):
                raise
            return
        with self._lock:
            for each in together:
                each.results, found = found[: len(each.windows)], found[len(each.windows) :]
                if not each.place.is_left:  # it computes from now on, not only when its thread is awake
                    self._computing.add(each.place)
                each.woken.set()


class Place:
    """One chunk's among those that are decoded at once. All but `leave` is for the thread that decodes it."""

    def __init__(self, sharing: Sharing, most_given_seconds: float) -> None:
        self._sharing = sharing
        self._most_given_seconds = most_given_seconds
        self.seconds_to_give = most_given_seconds
        self.searching: _Search | None = None
        self.is_left = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Decode the chunk in this."""
        self._sharing.computes(self)
        try:
            yield
        finally:
            self._sharing.ends(self)

    def urgent(self) -> AbstractContextManager[None]:
        """Decode the chunk in this instead, if somebody waits for it: it waits for nobody."""
        return self._sharing.urgent()

    def got_on(self) -> None:
        """Take note that the chunk reports progress: from now on it may wait for others as long again."""
        self.seconds_to_give = self._most_given_seconds

    def leave(self) -> None:
        """Have the chunk decoded no further: if its thread waits for others, it ends at once."""
        self._sharing.leave(self)

    def search(self, kind: Hashable, windows: Sequence[Any], most: int, run: Run) -> Sequence[Any]:
        """See Searches. Raises LeftError if somebody called `leave`."""
        self.give_way()
        search = _Search(place=self, kind=kind, windows=windows, most=most, run=run)
        return self._sharing.search(search)

    def give_way(self) -> None:
        """See Searches. Raises LeftError if somebody called `leave`."""
        self._sharing.give_way(self)
