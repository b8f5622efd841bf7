"""Numbers from one hundred on as words: "One Hundred and Four", "zweihundertdrei"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from swarmstt.core.ordering.number_words import Phrases, phrases_of

_APART = {
    "en": (("hundred", "hundredth"), "and"),
    "fr": (("cent", "cents", "centieme"), ""),
    "es": (("cien", "ciento", "centesimo"), ""),
    "pt": (("cem", "cento", "centesimo"), "e"),
    "ru": (("сто", "сотая", "сотыи"), ""),
    "uk": (("сто", "сота", "сотии"), ""),
    "pl": (("sto", "setny"), ""),
    "cs": (("sto", "sty"), ""),
    "tr": (("yuz", "yuzuncu"), ""),
}
"""The words for a hundred, folded, and one that may stand behind it."""
_JOINED = {
    "de": ("hundert", ("", "und"), ("ste", "ster", "stes", "sten")),
    "nl": ("honderd", ("", "en"), ("ste",)),
    "sv": ("hundra", ("", "och"), ("de",)),
    "da": ("hundrede", ("", "og"), ("",)),
    "no": ("hundre", ("", "og"), ("de",)),
    "it": ("cento", ("",), ("esimo", "esima")),
}
"""In one word: what stands behind a hundred, and what makes an ordinal of it."""
_LONGEST_REST = 4


def may_begin(word: str, language: str) -> bool:
    """Says if a number in words may begin with this one, folded: a quick look before a thorough one."""
    return word in _beginnings(language) or (language in _JOINED and _JOINED[language][0] in word)


@cache
def _beginnings(language: str) -> frozenset[str]:
    return frozenset(phrase[0] for phrase in phrases_of(language)) | frozenset(_APART.get(language, ((), ""))[0])


def hundreds_at(words: Sequence[str], language: str) -> tuple[int, int] | None:
    """Returns the number of a hundred or more with which these folded words begin, and how many words it takes."""
    if not words:
        return None
    phrases = phrases_of(language)
    if language in _APART:
        return _apart(words, phrases, *_APART[language])
    value = _joined(words[0], phrases, *_JOINED[language]) if language in _JOINED else None
    return None if value is None else (value, 1)


def _apart(words: Sequence[str], phrases: Phrases, hundreds: tuple[str, ...], between: str) -> tuple[int, int] | None:
    many = phrases.get((words[0],)) if len(words) > 1 and words[0] not in hundreds else None
    at = 0 if many is None else 1
    if words[at] not in hundreds or (many is not None and not 1 <= many <= 9):
        return None
    value, at = 100 * (many or 1), at + 1
    start = at + 1 if between and len(words) > at + 1 and words[at] == between else at
    for length in range(min(_LONGEST_REST, len(words) - start), 0, -1):
        rest = phrases.get(tuple(words[start : start + length]))
        if rest:
            return value + rest, start + length
    return value, at


def _joined(
    word: str, phrases: Phrases, hundred: str, between: tuple[str, ...], endings: tuple[str, ...]
) -> int | None:
    many, found, rest = word.partition(hundred)
    count = phrases.get((many,)) if many else 1
    if not found or count is None or not 1 <= count <= 9:
        return None
    if rest in ("", *endings):
        return 100 * count
    for link in between:
        value = phrases.get((rest.removeprefix(link),)) if rest.startswith(link) else None
        if value:
            return 100 * count + value
    return None
