"""Where in what was heard each word of an ebook is: by what both have in common, and only where that is dense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from swarmstt.core.ebooks.edges import Edges
from swarmstt.core.ebooks.filling import filled
from swarmstt.core.ebooks.matching import Block, Pair, blocks_of

_EDGE_WORDS = 40
"""How far what two texts have in common is followed beyond its last rare words."""
_SKIP_WORDS = 12
"""So many words that are in one text only part two stretches: nothing is spread over them."""
_LEAST_WORDS = 5
_LEAST_SHARE = 0.45
"""Of the words of a stretch, so many are the same in both: unlike texts share a third, in their small words."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of an ebook that was read: its words, those that were heard, and which belong together. The pairs ascend
    in both; the first and the last of the words are in them."""

    heard_start: int
    heard_end: int
    printed_start: int
    printed_end: int
    pairs: tuple[Pair, ...]


def aligned(heard: Sequence[str], printed: Sequence[str], begins: Sequence[int] = ()) -> list[Stretch]:
    """Finds the stretches of an ebook that were read, in the order in which they were heard. Words are keys of tokens;
    `begins` are the places of the printed words with which sentences begin, ascending. No word is in two stretches."""
    numbers: dict[str, int] = {}
    first, second = ([numbers.setdefault(word, len(numbers)) for word in words] for words in (heard, printed))
    parts = [part for chain in _chains(first, second) for part in _dense_parts(chain, first, second)]
    return [_stretch(part) for part in Edges(heard, printed, begins).widened(parts)]


def _chains(first: Sequence[int], second: Sequence[int]) -> Iterator[list[Pair]]:
    """Fills in the blocks and what is between neighbours; yields the pairs of blocks that are neighbours in both."""
    blocks = blocks_of(first, second)
    by_second = sorted(blocks, key=lambda block: block.second_start)
    rank = {block: place for place, block in enumerate(by_second)}
    begin, end = Block(0, 0, 0, 0, ()), Block(len(first), len(second), len(first), len(second), ())
    chain: list[Pair] = []
    for before, after in pairwise([begin, *blocks, end]):
        chain += _inside(before, first, second)
        place = rank.get(before, -1)
        follower = by_second[place + 1] if place + 1 < len(by_second) else end
        if follower is after and before is not begin and after is not end:
            chain += _between(first, second, before.first_end, after.first_start, before.second_end, after.second_start)
            continue
        if before is not begin:
            room = _room(after.first_start - before.first_end, follower.second_start - before.second_end)
            last, heard_last = before.second_end + room, before.first_end + room
            chain += _between(first, second, before.first_end, heard_last, before.second_end, last)
            yield chain
        heard_from = chain[-1][0] + 1 if chain else 0
        chain = []
        if after is not end:
            leader = by_second[rank[after] - 1].second_end if rank[after] else 0
            room = _room(after.first_start - heard_from, after.second_start - leader)
            heard_start, start = after.first_start - room, after.second_start - room
            chain = _between(first, second, heard_start, after.first_start, start, after.second_start)


def _room(heard: int, printed: int) -> int:
    """Returns how many words are looked at beyond a block: as many of both texts, since they go on together from there,
    if at all."""
    return max(0, min(heard, printed, _EDGE_WORDS))


def _inside(block: Block, first: Sequence[int], second: Sequence[int]) -> list[Pair]:
    pairs: list[Pair] = []
    for pair in block.pairs:
        if pairs:
            here, there = pairs[-1]
            pairs += _between(first, second, here + 1, pair[0], there + 1, pair[1])
        pairs.append(pair)
    return pairs


def _between(first: Sequence[int], second: Sequence[int], start: int, end: int, from_: int, to: int) -> list[Pair]:
    if start >= end or from_ >= to:
        return []
    return [(start + here, from_ + there) for here, there in filled(first[start:end], second[from_:to])]


def _dense_parts(chain: list[Pair], first: Sequence[int], second: Sequence[int]) -> list[list[Pair]]:
    """Parts a chain where one of the texts goes on alone; keeps what agrees, from the first to the last word that are
    the same."""
    parts: list[list[Pair]] = []
    for pair in chain:
        same = first[pair[0]] == second[pair[1]]
        if not same and (not parts or not parts[-1]):
            continue
        if not parts or (same and _is_apart(_last_same(parts[-1], first, second), pair)):
            parts.append([])
        parts[-1].append(pair)
    trimmed = [part[: part.index(_last_same(part, first, second)) + 1] for part in parts]
    return [part for part in trimmed if _is_dense(part, first, second)]


def _last_same(part: list[Pair], first: Sequence[int], second: Sequence[int]) -> Pair:
    return next(pair for pair in reversed(part) if first[pair[0]] == second[pair[1]])


def _is_apart(before: Pair, after: Pair) -> bool:
    return max(after[0] - before[0], after[1] - before[1]) > _SKIP_WORDS


def _is_dense(part: list[Pair], first: Sequence[int], second: Sequence[int]) -> bool:
    same = sum(first[here] == second[there] for here, there in part)
    (here, there), (here_last, there_last) = part[0], part[-1]
    words = max(here_last - here, there_last - there) + 1
    return same >= _LEAST_WORDS and same >= _LEAST_SHARE * words


def _stretch(part: list[Pair]) -> Stretch:
    (here, there), (here_last, there_last) = part[0], part[-1]
    return Stretch(here, here_last + 1, there, there_last + 1, tuple(part))
