"""Numbers as they stand in names: digits of any script, Roman and Chinese ones."""

from __future__ import annotations

import re
import unicodedata

_MOST_DIGITS = 18
_ROMAN = re.compile(r"(?=.)m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_LETTERS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_CHINESE_DIGITS = {
    **{letter: value for value, letter in enumerate("〇一二三四五六七八九")},
    **dict.fromkeys("零", 0),
    **dict.fromkeys("壱壹", 1),
    **dict.fromkeys("两兩弐貳贰", 2),
    **dict.fromkeys("参參叁", 3),
    **dict.fromkeys("廿", 20),
    **dict.fromkeys("卅", 30),
}
_CHINESE_UNITS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
CHINESE = "".join((*_CHINESE_DIGITS, *_CHINESE_UNITS))
"""The letters of Chinese and Japanese numbers."""
VOLUMES = {"上": 1, "前": 1, "中": 2, "下": 3, "后": 3, "後": 3}
"""The first, middle and last volume."""


def from_digits(digits: str) -> tuple[int, ...]:
    """Returns the number as parts that compare as it does: Python makes no integer of thousands of digits."""
    plain = "".join(str(unicodedata.digit(letter)) for letter in digits).lstrip("0") or "0"
    if len(plain) <= _MOST_DIGITS:
        return (int(plain),)
    first = len(plain) % _MOST_DIGITS or _MOST_DIGITS
    blocks = [plain[:first], *(plain[at : at + _MOST_DIGITS] for at in range(first, len(plain), _MOST_DIGITS))]
    return (10**_MOST_DIGITS + len(blocks), *map(int, blocks))


def from_roman(text: str) -> int | None:
    """Returns the value of a Roman number in its usual form; None for anything else."""
    small = text.lower()  # a pattern that ignores case would take a Turkish i without a dot for one
    if _ROMAN.fullmatch(small) is None:
        return None
    values = [_ROMAN_LETTERS[letter] for letter in small]
    following = [*values[1:], 0]
    return sum(value if value >= after else -value for value, after in zip(values, following, strict=True))


def from_chinese(text: str) -> int | None:
    """Returns the value of 二十三 or 二三; None if it is not a number."""
    if not text or any(letter not in CHINESE for letter in text):
        return None
    if not any(letter in _CHINESE_UNITS for letter in text) and len(text) > 1:
        return int("".join(str(_CHINESE_DIGITS[letter] % 10) for letter in text))
    total, digit = 0, None
    for letter in text:
        if letter in _CHINESE_UNITS:
            total += (1 if digit is None else digit) * _CHINESE_UNITS[letter]
            digit = None
        else:
            total, digit = total + (digit or 0), _CHINESE_DIGITS[letter]
    return total + (digit or 0)
