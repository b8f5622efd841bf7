"""What lies between two places that are sure: words that were misheard, left out or added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rapidfuzz.distance import Levenshtein

from swarmstt.core.ebooks.matching import Pair

_MOST_CELLS = 400_000_000
"""Of a table of two stretches; takes a tenth of a second. What is longer has nothing in common."""
_SHORT_WORDS = 64
_MOST_UNEVEN_WORDS = 8


def filled(first: Sequence[int], second: Sequence[int]) -> list[Pair]:
    """Returns which words of two stretches belong together, between ends that do. Words that differ may: one of them
    was misheard. Where one stretch is much longer, it has something of its own in its middle, such as a footnote."""
    if len(first) > len(second):
        return [(here, there) for there, here in filled(second, first)]
    if len(first) <= _SHORT_WORDS and len(second) - len(first) > _MOST_UNEVEN_WORDS:
        cut = _best_cut(first, second)
        rest = len(second) - (len(first) - cut)
        before = _edited(first[:cut], second[:cut])
        return before + [(cut + here, rest + there) for here, there in _edited(first[cut:], second[rest:])]
    return _edited(first, second)


def _best_cut(short: Sequence[int], long: Sequence[int]) -> int:
    """Says how much of the short one is at the beginning of the long one; the rest is at its end."""

    def edits(cut: int) -> int:
        after = len(short) - cut
        before = Levenshtein.distance(short[:cut], long[:cut])
        return int(before + Levenshtein.distance(short[cut:], long[len(long) - after :]))

    return min(range(len(short) + 1), key=edits)


def _edited(first: Sequence[int], second: Sequence[int]) -> list[Pair]:
    if not first or not second or len(first) * len(second) > _MOST_CELLS:
        return []
    return list(_pairs(first, second))


def _pairs(first: Sequence[int], second: Sequence[int]) -> Iterator[Pair]:
    at, other_at = 0, 0
    for block in Levenshtein.opcodes(first, second):
        if block.tag == "equal":
            yield from _spread(at, block.src_start, other_at, block.dest_start)
            yield from zip(range(block.src_start, block.src_end), range(block.dest_start, block.dest_end), strict=True)
            at, other_at = block.src_end, block.dest_end
    yield from _spread(at, len(first), other_at, len(second))


def _spread(start: int, end: int, other_start: int, other_end: int) -> Iterator[Pair]:
    """Pairs words of which none are the same. Where one text has more of them, nothing tells which of them the other
    lacks: they are lacking evenly."""
    count, other_count = end - start, other_end - other_start
    fewer = min(count, other_count)
    for number in range(2 * fewer)[1::2]:
        yield start + number * count // (2 * fewer), other_start + number * other_count // (2 * fewer)
