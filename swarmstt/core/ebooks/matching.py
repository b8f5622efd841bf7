"""Which words of two long texts are the same, by stretches that both have, in whatever order.

Rare groups of words are found in both texts and joined into runs. The longest runs are believed first, wherever they
are: a chapter may be read in another place. Short ones are believed only where they fit between others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

Pair = tuple[int, int]
"""A place in the first text, and one in the second."""

_GROUP_WORDS = 4
_MOST_PLACES = 3
"""A group that is in more places of a text says too little."""
_REACH_WORDS = 50
"""Farther apart, two groups are in two runs."""
_BAND_WORDS = 32
_LONG_WORDS = 60
"""A run of so many words is no chance, in whatever order it comes."""


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Two stretches that say the same, and the places of the same words in them, which ascend in both."""

    first_start: int
    second_start: int
    first_end: int
    second_end: int
    pairs: tuple[Pair, ...]


def blocks_of(first: Sequence[int], second: Sequence[int]) -> list[Block]:
    """Finds what two texts have in common, in the order of the first. No word is in two blocks. Words are numbers."""
    chosen = _Chosen(len(first), len(second))
    queue = [_queued(run) for run in _runs(_shared_groups(first, second))]
    heapify(queue)
    while queue:
        run = heappop(queue)[-1]
        parts = chosen.free_parts(run)
        if parts == [run]:
            chosen.choose(run)
        else:
            for part in parts:
                heappush(queue, _queued(part))
    return [_block(run, first, second) for run in chosen.in_order()]


def _queued(run: list[Pair]) -> tuple[int, Pair, list[Pair]]:
    """The longest comes first; of equal ones, the one that comes first in the texts."""
    return -len(run), run[0], run


def _shared_groups(first: Sequence[int], second: Sequence[int]) -> list[Pair]:
    """Where groups of words are that are rare in both texts."""
    in_first, in_second = _places(first), _places(second)
    pairs = []
    for group, places in in_first.items():
        others = in_second.get(group)
        if others is not None and len(places) <= _MOST_PLACES and len(others) <= _MOST_PLACES:
            pairs += [(here, there) for here in places for there in others]
    return sorted(pairs)


def _places(words: Sequence[int]) -> dict[tuple[int, ...], list[int]]:
    places: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, group in enumerate(zip(*(words[shift:] for shift in range(_GROUP_WORDS)), strict=False)):
        found = places[group]
        if len(found) <= _MOST_PLACES:
            found.append(place)
    return places


def _runs(pairs: list[Pair]) -> list[list[Pair]]:
    """Joins pairs that follow one another in both texts."""
    runs: list[list[Pair]] = []
    latest: dict[int, list[Pair]] = {}
    for pair in pairs:
        band = (pair[1] - pair[0]) // _BAND_WORDS
        near = (latest.get(each) for each in (band, band - 1, band + 1))
        run = next((each for each in near if each is not None and _follows(each[-1], pair)), None)
        if run is None:
            run = []
            runs.append(run)
        run.append(pair)
        latest[band] = run
    return runs


def _follows(before: Pair, after: Pair) -> bool:
    return 0 < after[0] - before[0] <= _REACH_WORDS and 0 < after[1] - before[1] <= _REACH_WORDS


class _Chosen:
    """The runs that are believed, none over another in either text."""

    def __init__(self, first_count: int, second_count: int) -> None:
        self._taken = (bytearray(first_count), bytearray(second_count))
        begin, end = [(-_GROUP_WORDS, -_GROUP_WORDS)], [(first_count, second_count)]
        self._in_order = ([begin, end], [begin, end])
        """By their places in the first text, and in the second."""

    def in_order(self) -> list[list[Pair]]:
        return self._in_order[0][1:-1]

    def free_parts(self, run: list[Pair]) -> list[list[Pair]]:
        """Returns the parts of a run that no other has taken."""
        parts: list[list[Pair]] = []
        for pair in run:
            if self._is_free(pair):
                if not parts or not (_follows(parts[-1][-1], pair) and self._is_free_between(parts[-1][-1], pair)):
                    parts.append([])
                parts[-1].append(pair)
        return parts

    def choose(self, run: list[Pair]) -> None:
        """Takes a run if it is long, or if it fits between others."""
        places = [bisect_left(order, run[0][side], key=lambda each: each[0][side]) for side, order in self._sides()]
        if run[-1][0] + _GROUP_WORDS - run[0][0] < _LONG_WORDS:
            (first_place, second_place), (first_order, second_order) = places, self._in_order
            follows = first_order[first_place - 1] is second_order[second_place - 1]
            if not follows and first_order[first_place] is not second_order[second_place]:
                return
        for (side, order), place in zip(self._sides(), places, strict=True):
            order.insert(place, run)
            start, end = run[0][side], run[-1][side] + _GROUP_WORDS
            self._taken[side][start:end] = b"\x01" * (end - start)

    def _sides(self) -> tuple[tuple[int, list[list[Pair]]], ...]:
        return tuple(enumerate(self._in_order))

    def _is_free(self, pair: Pair) -> bool:
        return not any(any(taken[at : at + _GROUP_WORDS]) for at, taken in zip(pair, self._taken, strict=True))

    def _is_free_between(self, before: Pair, after: Pair) -> bool:
        return not any(any(taken[start:end]) for start, end, taken in zip(before, after, self._taken, strict=True))


def _block(run: list[Pair], first: Sequence[int], second: Sequence[int]) -> Block:
    words: list[Pair] = []
    here, there = -1, -1
    for start, other_start in run:
        for shift in range(_GROUP_WORDS):
            if start + shift > here and other_start + shift > there:
                here, there = start + shift, other_start + shift
                words.append((here, there))
    return Block(*words[0], here + 1, there + 1, tuple(words))
