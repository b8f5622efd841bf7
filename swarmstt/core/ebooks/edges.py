"""Where a stretch of an ebook begins and ends if words there were misheard: people read whole sentences."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from swarmstt.core.ebooks.matching import Pair

_MOST_WORDS = 8
"""So far from the last word that is the same, the end of a sentence is looked for, if as many words were heard."""
_MOST_UNCOUNTED_WORDS = 3
"""So far, if more was heard than that: somebody says something that is not printed."""
_MOST_ALIKE_WORDS = 2
_ALIKE = 0.5
"""Within a sentence, so many words may be others, if their letters are as much alike."""
_MOST_UNREAD_WORDS = 12
"""A line between a heading and its text that may be left out: who wrote it, or a number."""
_LEAST_SAME_WORDS = 2
"""A single word of a heading agrees by chance."""


class Edges:
    """Adds to stretches of an ebook the words at their edges that were misheard. `begins`: the places of the words with
    which sentences begin, ascending."""

    def __init__(self, heard: Sequence[str], printed: Sequence[str], begins: Sequence[int]) -> None:
        self._heard = heard
        self._printed = printed
        self._begins = [*begins, len(printed)] if begins else []
        self._taken = bytearray(len(printed))

    def widened(self, parts: Sequence[list[Pair]]) -> list[list[Pair]]:
        """Returns the parts, which are in the order in which they were heard, each wider by what was heard between it
        and its neighbours, and headings that were read apart from their text. No word is in two."""
        wider = [self._without_scraps(part) for part in parts]
        for part in wider:
            self._take(part)
        found: list[list[Pair]] = []
        for before, after in zip([[], *wider], [*wider, []], strict=True):
            tail, head = self._between(before, after)
            before += tail
            after[:0] = head
            self._take(tail)
            self._take(head)
            heading = self._heading(before, after)
            self._take(heading)
            found += [part for part in (heading, after) if part]
        return found

    def _without_scraps(self, part: list[Pair]) -> list[Pair]:
        """Leaves out the part of a sentence at an edge of which a single word agrees: small words do so by chance."""
        start, end = part[0][1], part[-1][1] + 1
        after, before = bisect_right(self._begins, start), bisect_left(self._begins, end) - 1
        if after and self._begins[after - 1] < start and self._same(part, start, self._begins[after]) == 1:
            start = self._begins[after]
        if before >= 0 and self._begins[before + 1] > end and self._same(part, self._begins[before], end) == 1:
            end = self._begins[before]
        return [pair for pair in part if start <= pair[1] < end] or part

    def _same(self, part: Sequence[Pair], start: int, end: int) -> int:
        return sum(start <= there < end and self._heard[here] == self._printed[there] for here, there in part)

    def _take(self, pairs: Sequence[Pair]) -> None:
        if pairs:
            start, end = pairs[0][1], pairs[-1][1] + 1
            self._taken[start:end] = b"\x01" * (end - start)

    def _between(self, before: Sequence[Pair], after: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
        """Returns the words that one part goes on with, and those with which the other begins."""
        here, there = before[-1] if before else (-1, -1)
        end, printed_end = after[0] if after else (len(self._heard), len(self._printed))
        spoken = end - here - 1
        tail = self._to_the_end(there + 1) if before else 0
        head = self._to_the_beginning(printed_end) if after else 0
        room = printed_end - there - 1 if there < printed_end else len(self._printed)
        tail, head = _spoken_of(tail, head, spoken, room)
        if before and not tail and not self._begins_at(there + 1):
            tail = self._alike(here, there, 1, min(spoken, room) - head)
        if after and not head and not self._begins_at(printed_end):
            head = self._alike(end, printed_end, -1, min(spoken, room) - tail)
        return (
            [(here + each, there + each) for each in range(1, tail + 1)],
            [(end - each, printed_end - each) for each in range(head, 0, -1)],
        )

    def _to_the_end(self, start: int) -> int:
        """Returns in how many words from there the sentence ends; 0 also if that is far."""
        at = bisect_left(self._begins, start)
        end = self._begins[at] if at < len(self._begins) else start
        return end - start if end - start <= _MOST_WORDS and not any(self._taken[start:end]) else 0

    def _to_the_beginning(self, end: int) -> int:
        """Returns how many words before that the sentence begins; 0 also if that is far."""
        at = bisect_right(self._begins, end)
        start = self._begins[at - 1] if at else end
        return end - start if end - start <= _MOST_WORDS and not any(self._taken[start:end]) else 0

    def _begins_at(self, place: int) -> bool:
        at = bisect_left(self._begins, place)
        return at < len(self._begins) and self._begins[at] == place

    def _heading(self, before: Sequence[Pair], after: Sequence[Pair]) -> list[Pair]:
        """Returns the words of a sentence that was heard directly before a part, if a short line is printed between
        them."""
        if not after:
            return []
        here, printed_end = after[0]
        most = min(_MOST_WORDS, here - (before[-1][0] + 1 if before else 0))
        for at in range(bisect_right(self._begins, printed_end) - 2, -1, -1):
            there, end = self._begins[at], self._begins[at + 1]
            if printed_end - end > _MOST_UNREAD_WORDS or any(self._taken[there:printed_end]):
                break
            count = end - there
            if count <= most and self._says(here - count, there, count):
                return [(here - count + each, there + each) for each in range(count)]
        return []

    def _says(self, here: int, there: int, count: int) -> bool:
        """Says if so many words that were heard are those that are printed, or nearly."""
        heard, printed = self._heard[here : here + count], self._printed[there : there + count]
        alike = (Levenshtein.normalized_similarity(*pair) >= _ALIKE for pair in zip(heard, printed, strict=True))
        return sum(map(str.__eq__, heard, printed)) >= _LEAST_SAME_WORDS and all(alike)

    def _alike(self, here: int, there: int, step: int, most: int) -> int:
        """Returns how many words in a row, from there on, were misheard and are much alike."""
        for count in range(min(_MOST_ALIKE_WORDS, most)):
            here, there = here + step, there + step
            if not 0 <= there < len(self._printed) or self._taken[there]:
                return count
            if Levenshtein.normalized_similarity(self._heard[here], self._printed[there]) < _ALIKE:
                return count
        return max(0, min(_MOST_ALIKE_WORDS, most))


def _spoken_of(tail: int, head: int, spoken: int, room: int) -> tuple[int, int]:
    """Returns how much of the end of one sentence and of the beginning of another was spoken, if so many words were
    spoken between; `room` is how many words are printed between, if one follows the other."""
    if tail + head > room:
        return 0, 0
    if spoken > tail + head + 1:
        tail, head = (each if each <= _MOST_UNCOUNTED_WORDS else 0 for each in (tail, head))
    if tail + head > spoken:  # some were not heard
        tail = min(tail, max(spoken // 2, spoken - head))
        head = spoken - tail
    return tail, head
