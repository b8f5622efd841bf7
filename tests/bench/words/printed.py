"""Words that differ from the printed text: by the word, its case, or its punctuation; and how far from a border."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import jiwer

from swarmstt.core.speech.repetition import bare
from swarmstt.core.transcript import Segment, WindowScore

NEAR_WORDS = 3
"""Words this near to a border of two windows are counted apart, too."""

PAUSE_SECONDS = 0.4
"""At least so long is a pause beside which words are counted apart, too."""

AT_BORDER, AT_OTHER = "at pauses of borders", "at other pauses"
NEAR_BORDER, NEAR_OTHER, ELSEWHERE = "near borders", "near other pauses", "elsewhere"
"""Words near other pauses are elsewhere, too. They are those to compare with: borders are at pauses, and words near
pauses differ more often."""

_SIGNS = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "."})
_DOTS = re.compile(r"\.{2,}")
_PARTS = re.compile(r"\s+|-{2,}|(?<=\w)-(?=\w)|(?<=\s)-(?=\s)")


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word that was heard, with its signs. `from_border`, `from_pause`: how many words it is from the nearest border
    of two windows (0: beside it) and from the nearest pause elsewhere, if there are any. `pause`: the kind of pause
    beside it, if one is."""

    text: str
    from_border: int | None = None
    from_pause: int | None = None
    pause: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """The kinds of place that this word is at, by which it is counted apart."""
        if self.from_border is None:
            return ()
        near = [NEAR_BORDER] if self.from_border < NEAR_WORDS else [ELSEWHERE]
        if near == [ELSEWHERE] and self.from_pause is not None and self.from_pause < NEAR_WORDS:
            near.append(NEAR_OTHER)
        return tuple(near) if self.pause is None else (*near, self.pause)


@dataclass(slots=True)
class Share:
    """How many words there are, and how many of them differ."""

    words: int = 0
    wrong: int = 0

    def add(self, *, words: int, wrong: int) -> None:
        self.words += words
        self.wrong += wrong

    def __str__(self) -> str:
        return f"{100 * self.wrong / max(1, self.words):.1f} % of {self.words}"


@dataclass(slots=True)
class Differences:
    """How a text differs from the printed one, in words; also by place. A sentence ends at most pauses, so the words
    beside a border, which is at a pause, are to be compared with those beside other pauses."""

    words: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    places: dict[str, Share] = field(default_factory=dict)

    @property
    def wrong(self) -> int:
        return sum(self.kinds.values())

    def add(self, other: Differences) -> None:
        """Adds what was counted in another text."""
        self.words += other.words
        self.kinds += other.kinds
        for place, share in other.places.items():
            self.places.setdefault(place, Share()).add(words=share.words, wrong=share.wrong)

    def __str__(self) -> str:
        kinds = ", ".join(f"{self.kinds[kind]} {kind}" for kind in ("word", "case", "sign", "missing", "more"))
        places = "; ".join(f"{place} {self.places[place]}" for place in sorted(self.places))
        return f"{self.wrong} of {self.words} ({kinds})" + (f"; {places}" if places else "")


def printed_words(text: str) -> list[str]:
    """The words of a text with their signs; what is only signs goes with nothing. All quotes and dashes are alike."""
    plain = _DOTS.sub(".", text.translate(_SIGNS))
    return [word.strip("-") for word in _PARTS.split(plain) if word and bare(word)]


def heard_words(segments: Sequence[Segment], windows: Sequence[WindowScore]) -> list[HeardWord]:
    """The words of a book, and where they are."""
    starts = [window.start for window in windows]
    heard: list[HeardWord] = []
    borders: list[int] = []
    pauses: list[int] = []
    passed, until = 0, 0.0
    for start, end, text in _whole_words(segments):
        begun = bisect_right(starts, (start + end) / 2)
        is_border = bool(heard) and begun != passed
        if is_border:
            borders.append(len(heard))
        parts = [HeardWord(part) for part in printed_words(text)]
        if heard and parts and start - until >= PAUSE_SECONDS:
            pause = AT_BORDER if is_border else AT_OTHER
            pauses += [] if is_border else [len(heard)]
            parts[0] = replace(parts[0], pause=pause)
            heard[-1] = replace(heard[-1], pause=AT_BORDER if heard[-1].pause == AT_BORDER else pause)
        heard += parts
        passed, until = begun, end
    inside = [border for border in borders if border < len(heard)]
    return [
        replace(word, from_border=_nearest(at, inside), from_pause=_nearest(at, pauses))
        for at, word in enumerate(heard)
    ]


def _whole_words(segments: Sequence[Segment]) -> Iterator[tuple[float, float, str]]:
    """Start, end and text of each word up to a space: Whisper tells of "i.e." and "L'Arouche" in two."""
    words = [word for segment in segments for word in segment.words]
    begins = [at for at, word in enumerate(words) if at == 0 or word.text[:1].isspace()]
    for at, until in pairwise([*begins, len(words)]):
        yield words[at].start, words[at].end, "".join(word.text for word in words[at:until])


def differences(printed: str, heard: Sequence[HeardWord]) -> Differences:
    """Compares heard words with a printed text."""
    wanted = printed_words(printed)
    found = Differences(words=len(wanted))
    aligned = jiwer.process_words(" ".join(map(bare, wanted)), " ".join(bare(word.text) for word in heard)).alignments[
        0
    ]
    for part in aligned:
        for at in range(max(part.ref_end_idx - part.ref_start_idx, part.hyp_end_idx - part.hyp_start_idx)):
            ref, hyp = part.ref_start_idx + at, part.hyp_start_idx + at
            kind = {"substitute": "word", "delete": "missing", "insert": "more"}.get(part.type)
            if part.type == "equal" and wanted[ref] != heard[hyp].text:
                kind = "case" if wanted[ref].casefold() == heard[hyp].text.casefold() else "sign"
            if kind is not None:
                found.kinds[kind] += 1
            for place in heard[min(hyp, len(heard) - 1)].places if heard else ():
                found.places.setdefault(place, Share()).add(
                    words=int(part.type != "insert"), wrong=int(kind is not None)
                )
    return found


def _nearest(at: int, places: Sequence[int]) -> int | None:
    return min((_away(at, place) for place in places), default=None)


def _away(at: int, border: int) -> int:
    """How many words lie between a word and a border before the word of that number."""
    return at - border if at >= border else border - 1 - at
