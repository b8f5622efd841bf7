"""Centuries as books print them: Whisper writes "the 15th century", English books "the fifteenth century".

Only centuries: for other numbers books differ, and "20th Century" is a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from swarmstt.core.speech.repetition import bare
from swarmstt.core.speech.text.borders import filled, goes_on
from swarmstt.core.transcript import Segment, Word

_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    *("twentieth", "twenty-first"),
)
_ORDINAL = re.compile(r"(\W*)(\d{1,2})(?:st|nd|rd|th)(\W*)")
_CENTURY = re.compile(r"[\s\-]*(?:century|centuries)(?:['’]s|['’])?\W*")
_BETWEEN = frozenset({"and", "or", "to", "the", "early", "mid", "late"})
"""What stands between the ordinals of "the 15th and early 16th centuries"."""
_MOST_BETWEEN = 6


def with_written_centuries(segments: Sequence[Segment]) -> list[Segment]:
    """English segments with the ordinals of centuries in words; their texts are those of their words then."""
    words = [word for segment in segments for word in segment.words]
    changed = False
    for at, word in enumerate(words):
        written = _written(word.text)
        if written is not None and _counts_centuries(words[at + 1 : at + 2 + _MOST_BETWEEN]):
            begins = at == 0 or not goes_on(words[at - 1])
            words[at] = replace(word, text=_begun_large(written) if begins else written)
            changed = True
    return filled(segments, words) if changed else list(segments)


def _written(text: str) -> str | None:
    """An ordinal in words, with the signs around it; None if it is not the ordinal of a century that has begun."""
    found = _ORDINAL.fullmatch(text)
    number = int(found[2]) if found is not None else 0
    return f"{found[1]}{_ORDINALS[number - 1]}{found[3]}" if found and 0 < number <= len(_ORDINALS) else None


def _counts_centuries(following: Sequence[Word]) -> bool:
    """Says if these words go on to a century, over no more than other ordinals and what joins them."""
    for word in following:
        if _CENTURY.fullmatch(word.text):
            return True
        if _written(word.text) is None and bare(word.text) not in _BETWEEN:
            return False
    return False


def _begun_large(text: str) -> str:
    at = next(at for at, letter in enumerate(text) if letter.isalpha())
    return text[:at] + text[at].upper() + text[at + 1 :]
