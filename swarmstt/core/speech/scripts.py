"""What scripts do to text: which are written without spaces between words, and how wide their letters are."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),
    (0x3001, 0x30FF),  # signs of Chinese and Japanese, kana
    (0x3100, 0x312F),  # Zhuyin
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF01, 0xFF9F),  # full-width signs, half-width kana
    (0x20000, 0x3FFFF),
)
SPACELESS_LETTERS = "".join(f"{chr(first)}-{chr(last)}" for first, last in _SPACELESS)
"""The same as ranges of a pattern: `[…]` around them matches one such letter."""
NOT_AT_A_START = frozenset(
    "、。，．！？：；）」』】》〉”’…ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.!?:;)]}%ๆฯะาำๅ"
)
"""No line begins with these."""


def is_spaceless(letter: str) -> bool:
    """Says if a letter is of a script that has no spaces between words."""
    code = ord(letter)
    return any(first <= code <= last for first, last in _SPACELESS)


def columns(text: str) -> int:
    """Returns how wide a text is on the screen: Chinese, Japanese and Korean letters take two columns, marks none."""
    return sum(
        0 if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf") else _width(letter)
        for letter in text
    )


def _width(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1


def may_begin(text: str) -> bool:
    """Says if a line may begin with this text: neither a mark of the letter before nor a closing sign."""
    first = text[:1]
    return bool(first) and first not in NOT_AT_A_START and unicodedata.category(first) not in ("Mn", "Mc", "Me")


def joined(texts: Iterable[str]) -> str:
    """Returns texts that follow one another as one: with a space between them, if their scripts have any."""
    result: list[str] = []
    for text in filter(None, texts):
        if result and _has_space(_is_spaceless_first(reversed(result[-1][-20:])), _is_spaceless_first(text[:20])):
            result.append(" ")
        result.append(text)
    return "".join(result)


def _has_space(before: bool | None, after: bool | None) -> bool:
    """Says if there is a space between two texts: what is only digits and signs goes with the other."""
    return False in (before, after) or (before is None and after is None)


def _is_spaceless_first(letters: Iterable[str]) -> bool | None:
    """Looks past quotes, dots and digits, which scripts share; None if there is nothing else."""
    for letter in letters:
        if is_spaceless(letter):
            return True
        if letter.isalpha() or letter.isspace():
            return False
    return None
