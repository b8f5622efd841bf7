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
    for step in Levenshtein.opcodes(first, second):
        if step.tag in ("equal", "replace"):
            yield from zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True)
