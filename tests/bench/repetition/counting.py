"""How often a phrase stands in a text."""

from __future__ import annotations

import re

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPELLINGS = {"tiktok": "ticktock"}


def turns_in(text: str, phrase: str) -> int:
    """How often a phrase is said in a text, whatever its spelling."""
    return _letters(text).count(_letters(phrase))


def _letters(text: str) -> str:
    spelled = re.sub("[0-9]", lambda digit: _DIGITS[int(digit[0])], text.casefold())
    bare = "".join(letter for letter in spelled if letter.isalnum())
    for other, usual in _SPELLINGS.items():
        bare = bare.replace(other, usual)
    return bare
