"""Text as the words that are compared: what is heard and what is printed, in one spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from swarmstt.core.ordering.number_tables import LANGUAGES
from swarmstt.core.ordering.number_words import Phrases, folded, phrases_of
from swarmstt.core.speech.scripts import SPACELESS_LETTERS

_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0dff"
    "\u200c\u200d\u2060"
)
"""Signs that belong to the letter before, and hyphens that nobody sees."""
_WORD = re.compile(rf"[{SPACELESS_LETTERS}]|(?:(?![{SPACELESS_LETTERS}_])[\w{_MARKS}])+(?:['’ʼ](?=[^\W_])[^\W_]+)*")
_COUNTED = re.compile(r"(\d+)(?:st|nd|rd|th|er|e|ère|º|ª)?")
_MOST_WORDS_OF_A_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is compared, and where in its text it is, in letters. A number of several words is one."""

    key: str
    start: int
    end: int


def tokens_of(text: str, language: str) -> list[Token]:
    """Finds the words of a text: without case, accents and punctuation; numbers alike in figures and in words. Each
    letter of a script without spaces is one."""
    phrases = phrases_of(language) if language in LANGUAGES else {}
    keys = [Token(_key(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)]
    return list(
        _with_numbers([each for each in keys if each.key[:1].isalnum()], phrases, {words[0] for words in phrases})
    )


def _with_numbers(tokens: list[Token], phrases: Phrases, beginnings: set[str]) -> Iterator[Token]:
    at = 0
    while at < len(tokens):
        token, count = tokens[at], 1
        if token.key in beginnings:
            for length in range(min(_MOST_WORDS_OF_A_NUMBER, len(tokens) - at), 0, -1):
                value = phrases.get(tuple(each.key for each in tokens[at : at + length]))
                if value is not None:
                    token, count = Token(str(value), token.start, tokens[at + length - 1].end), length
                    break
        yield token
        at += count


@lru_cache(maxsize=65_536)
def _key(word: str) -> str:
    bare = folded("".join(letter for letter in word if unicodedata.category(letter) != "Cf"))
    counted = _COUNTED.fullmatch(bare)
    return (counted[1].lstrip("0") or "0") if counted else bare
