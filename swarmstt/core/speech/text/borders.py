"""Case and stops where two windows meet: each was read alone, as if a text began and ended there.

A full stop before a small letter is wrong: the sentence was heard to go on. A word that begins large where
the sentence goes on is written as the book writes it elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from swarmstt.core.speech.repetition import bare
from swarmstt.core.transcript import Segment, WindowScore, Word

LONGEST_PAUSE_SECONDS = 2.5
"""Over a longer one no sentence goes on, or a part of the book is missing there."""

_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")
_CLOSING = "\"'”’»)]"
_I = re.compile(r"\W*I\b")
_LONGEST_SHORT_FORM = 3
"""After "etc." a sentence may go on, and after the ordinal in "am 19. des Monats"."""
_LONGEST_DOUBTFUL_FORM = 4
"""So may it after "Bros." or "Capt.": that such a word is whole is known only if the book has it without a stop too."""


def with_joined_borders(segments: Sequence[Segment], windows: Sequence[WindowScore]) -> list[Segment]:
    """The segments of a book with what belongs at the borders of its windows; both in seconds of the book, ascending.
    Their texts are those of their words then."""
    words = [word for segment in segments for word in segment.words]
    borders = _borders(words, windows)
    uses = _uses(words, set(borders)) if borders else Counter()
    whole = _written_without_stop(words) if borders else set()
    changed = False
    for at in borders:
        before, after = words[at - 1], words[at]
        if after.start - before.end > LONGEST_PAUSE_SECONDS:
            continue
        if _begins_small(after) and _has_false_stop(before, whole):
            words[at - 1] = replace(before, text=before.text.rstrip()[:-1] + ",")
            changed = True
        elif goes_on(before) and _is_written_small(after, uses) and not _begins_name(words[at : at + 2]):
            words[at] = replace(after, text=_small(after.text))
            changed = True
    return filled(segments, words) if changed else list(segments)


def _borders(words: Sequence[Word], windows: Sequence[WindowScore]) -> list[int]:
    """The numbers of the words that a window begins with, but for the first."""
    middles = [(word.start + word.end) / 2 for word in words]
    found = {bisect_left(middles, window.start) for window in windows[1:]}
    return sorted(at for at in found if 0 < at < len(words))


def _uses(words: Sequence[Word], borders: set[int]) -> Counter[tuple[str, bool]]:
    """How often each word begins small inside of sentences, and how often large."""
    return Counter(
        (bare(words[at].text), _begins_small(words[at]))
        for at in range(1, len(words))
        if at not in borders and goes_on(words[at - 1])
    )


def _is_written_small(word: Word, uses: Counter[tuple[str, bool]]) -> bool:
    """Says if a word begins large here, and never inside of sentences, where it was met."""
    letters = [letter for letter in word.text if letter.isalpha()]
    alone_large = bool(letters) and letters[0].isupper() and not any(each.isupper() for each in letters[1:])
    name = bare(word.text)
    return alone_large and uses[name, True] > 0 and not uses[name, False]


def _begins_name(words: Sequence[Word]) -> bool:
    """Says if the first of two words is one of a name, as it seems: the other begins large too, as in "Will Smith"."""
    first, *others = words
    return goes_on(first) and any(_begins_large(word) and not _I.match(word.text) for word in others)


def _begins_small(word: Word) -> bool:
    """Says if a word begins with a letter that is small where it could be large: a Georgian text has no large ones."""
    first = next((letter for letter in word.text if letter.isalnum()), "")
    return first.islower() and first.title() != first


def _begins_large(word: Word) -> bool:
    return next((letter.isupper() for letter in word.text if letter.isalnum()), False)


def _written_without_stop(words: Sequence[Word]) -> set[tuple[str, bool]]:
    """The words that have no stop somewhere, and if they begin small there."""
    return {(bare(word.text), _begins_small(word)) for word in words if not word.text.rstrip().endswith(".")}


def goes_on(word: Word) -> bool:
    """Says if no sentence ends with a word."""
    return not word.text.rstrip().rstrip(_CLOSING).endswith(_SENTENCE_ENDS)


def _has_false_stop(word: Word, whole: set[tuple[str, bool]]) -> bool:
    text = word.text.rstrip()
    name = bare(text)
    if not text.endswith(".") or "." in text[:-1] or len(name) <= _LONGEST_SHORT_FORM:
        return False
    return len(name) > _LONGEST_DOUBTFUL_FORM or name.isdecimal() or (name, _begins_small(word)) in whole


def _small(text: str) -> str:
    at = next(at for at, letter in enumerate(text) if letter.isalpha())
    return text[:at] + text[at].lower() + text[at + 1 :]


def filled(segments: Sequence[Segment], words: Sequence[Word]) -> list[Segment]:
    """The segments with these words instead of theirs, one for one."""
    filled: list[Segment] = []
    at = 0
    for segment in segments:
        own = tuple(words[at : at + len(segment.words)])
        at += len(own)
        text = "".join(word.text for word in own).strip() if own != segment.words else segment.text
        filled.append(replace(segment, words=own, text=text))
    return filled
