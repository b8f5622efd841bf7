"""When each sentence or word of an ebook is spoken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from swarmstt.core.ebooks.alignment import Stretch
from swarmstt.core.ebooks.texts import EbookText, HeardText, Sentence

Marks = Literal["sentence", "word"]

_LEAST_SHARE = 0.5
"""Of the words of a sentence; if fewer were read, the sentence was not."""
_FEW_WORDS = 2
_LEAST_SECONDS_A_WORD = 0.1
"""Where words are printed that were not heard, and there is less time for them, nobody read them: a short note."""
_MOST_SECONDS_A_WORD = 0.8
_LONGEST_PAUSE_SECONDS = 3.0
"""A sentence lasts until the next one, but not through a longer pause."""
_LEAD_SECONDS = 0.06
"""A clip begins so much before its first word is heard clearly: what is soft at its beginning belongs to it."""
_SHORTEST_SECONDS = 0.01
"""A clip that takes no time is not valid."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of an ebook, in letters of a block, and when it is spoken, in seconds of the book."""

    document: int
    block: int
    start: int
    end: int
    begin_seconds: float
    end_seconds: float
    last_heard: int
    """The place of its last word among what was heard."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A printed word in its time. `stretch` says in which of all it is."""

    start: float
    end: float
    stretch: int
    heard: int


class Timing:
    """The times of all words of an ebook that were read."""

    def __init__(self, ebook: EbookText, heard: HeardText, stretches: Sequence[Stretch]) -> None:
        self._ebook = ebook
        self._heard = heard
        self.spoken: list[_Spoken | None] = [None] * len(ebook.words)
        for number, stretch in enumerate(stretches):
            self._place(number, stretch)

    def _place(self, number: int, stretch: Stretch) -> None:
        heard = self._heard
        for here, there in stretch.pairs:
            self.spoken[there] = _Spoken(heard.starts[here], heard.ends[here], number, here)
        for (here, there), (here_after, there_after) in pairwise(stretch.pairs):
            start, end = heard.ends[here], max(heard.ends[here], heard.starts[here_after])
            count = there_after - there - 1
            if not self._may_be_spoken(there + 1, there_after, end - start):
                continue
            end = min(end, start + count * _MOST_SECONDS_A_WORD)
            for place in range(count):
                begin, finish = (start + (end - start) * each / count for each in (place, place + 1))
                self.spoken[there + 1 + place] = _Spoken(begin, finish, number, here)

    def _may_be_spoken(self, first: int, last: int, seconds: float) -> bool:
        """Says if words that are printed and were not heard may have been spoken in this time: not in too short a time,
        nor a whole sentence, such as a heading, in the silence of a pause."""
        count = last - first
        if count > _FEW_WORDS and seconds < count * _LEAST_SECONDS_A_WORD:
            return False
        sentences = (self._ebook.sentences[each.sentence] for each in self._ebook.words[first:last])
        has_whole = any(first <= sentence.first_word and sentence.last_word <= last for sentence in sentences)
        return not has_whole or seconds <= count * _MOST_SECONDS_A_WORD

    def clips(self, marks: Marks) -> list[Clip]:
        """Returns the clips in the order in which they are spoken. None is over another, and none takes no time."""
        found = self._of_words() if marks == "word" else self._of_sentences()
        return _in_turn(sorted(found, key=lambda clip: (clip.begin_seconds, clip.end_seconds)), self._heard)

    def share_of(self, sentence: Sentence) -> float:
        """Returns how much of a sentence was read."""
        words = range(sentence.first_word, sentence.last_word)
        return sum(self.spoken[each] is not None for each in words) / len(words)

    def _of_sentences(self) -> Iterator[Clip]:
        for sentence in self._ebook.sentences:
            if self.share_of(sentence) >= _LEAST_SHARE:
                words = self._together(self.spoken[sentence.first_word : sentence.last_word])
                yield Clip(
                    sentence.document,
                    sentence.block,
                    sentence.start,
                    sentence.end,
                    words[0].start,
                    words[-1].end,
                    words[-1].heard,
                )

    def _of_words(self) -> Iterator[Clip]:
        for word, spoken in zip(self._ebook.words, self.spoken, strict=True):
            if spoken is not None:
                yield Clip(word.document, word.block, word.start, word.end, spoken.start, spoken.end, spoken.heard)

    def _together(self, words: Sequence[_Spoken | None]) -> list[_Spoken]:
        """Returns the words of a sentence that were spoken in one go: most of them, if it was read in two places."""
        groups: list[list[_Spoken]] = []
        for word in words:
            if word is None:
                continue
            if not groups or word.stretch - groups[-1][-1].stretch not in (0, 1):
                groups.append([])
            groups[-1].append(word)
        return max(groups, key=len)


def _in_turn(clips: list[Clip], heard: HeardText) -> list[Clip]:
    """Lets each clip last until the next one, if nothing else is said in between."""
    begins: list[float] = []
    said_until = 0.0
    for clip in clips:
        early = max(min(clip.begin_seconds, said_until), clip.begin_seconds - _LEAD_SECONDS)
        begins.append(max(early, begins[-1] + _SHORTEST_SECONDS if begins else 0.0))
        said_until = clip.end_seconds
    done = []
    for place, clip in enumerate(clips):
        begin, end = begins[place], max(clip.end_seconds, begins[place] + _SHORTEST_SECONDS)
        if place + 1 < len(clips):
            following = begins[place + 1]
            says_more = clip.last_heard + 1 < len(heard.starts) and heard.starts[clip.last_heard + 1] < following - 1e-6
            goes_on = not says_more and following - end <= _LONGEST_PAUSE_SECONDS
            end = following if goes_on else min(end, following)
        done.append(replace(clip, begin_seconds=begin, end_seconds=end))
    return done
