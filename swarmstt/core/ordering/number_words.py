"""Numbers from nought to ninety-nine as words, cardinal and ordinal, in the languages that most audiobooks are in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from swarmstt.core.ordering.number_tables import (
    ENDINGS,
    FOLLOWED,
    JOINED,
    ONES,
    ORDINAL_SUFFIX,
    ORDINALS,
    PARTED,
    TENS,
    TENTHS,
)

Phrases = Mapping[tuple[str, ...], int]
"""Words, folded, and the number that they are."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def folded(word: str) -> str:
    """Returns a word as it is compared: small, without accents."""
    letters = unicodedata.normalize("NFKD", word.casefold().replace("ı", "i"))
    bare = "".join(letter for letter in letters if letter not in "'’ʼ")
    return unicodedata.normalize("NFC", without_marks(bare))


def without_marks(text: str) -> str:
    """Returns a text without accents and vowel signs that stand beside its letters."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in ("Mn", "Mc"))


@cache
def phrases_of(language: str) -> Phrases:
    """Returns the numbers of a language by their words."""
    found: dict[tuple[str, ...], int] = {}
    for text, value in _all_of(language):
        for form in {text, text.translate(_UMLAUTS)} if language == "de" else {text}:
            found.setdefault(tuple(folded(form).replace("-", " ").split()), value)
    return found


def _all_of(language: str) -> Iterator[tuple[str, int]]:
    ones = [each.split("/") for each in ONES[language].split()]
    ordinals = [list(_with_endings(each.split("/"), language)) for each in ORDINALS[language].split()]
    for value, forms in enumerate(ones):
        yield from ((form, value) for form in forms)
    for value, forms in enumerate(ordinals, start=1):
        yield from ((form, value) for form in forms)
    tenths = TENTHS.get(language, "").split()
    for ten, word in enumerate(TENS[language].split(), start=2):
        yield from _tenfold(language, word, 10 * ten)
        if tenths:
            yield from ((form, 10 * ten) for form in _with_endings([tenths[ten - 2]], language))
        for one in range(1, 20 if language == "fr" and ten == 6 else 10):
            for text in _combined(language, word, ones[one]):
                yield from _tenfold(language, text, 10 * ten + one)
            yield from ((f"{word} {form}", 10 * ten + one) for form in ordinals[one - 1])
            if language == "ar":
                forms = [*ordinals[one - 1], *(("الحادي", "الحادية") if one == 1 else ())]
                tens = (word, word.removesuffix("ون") + "ين")
                yield from ((f"{form} وال{each}", 10 * ten + one) for form in forms for each in tens)
            if tenths:
                whole = _with_endings([tenths[ten - 2]], language)
                yield from ((f"{first} {form}", 10 * ten + one) for first in whole for form in ordinals[one - 1])
    if language == "fr":
        for one, forms in enumerate(ones):
            for form in forms if one else ["", "s"]:
                yield from _tenfold("fr", f"quatre vingt {form}" if one else f"quatre vingt{form}", 80 + one)


def _with_endings(stems: Iterable[str], language: str) -> Iterator[str]:
    for stem in stems:
        yield from (stem + ending for ending in ENDINGS.get(language, ("",)))


def _tenfold(language: str, text: str, value: int) -> Iterator[tuple[str, int]]:
    """The cardinal, and the ordinal that a suffix makes of it."""
    yield text, value
    stem = text if language in ("de", "nl", "sv") else text.removesuffix("s").rstrip("aeiou")
    for suffix in ORDINAL_SUFFIX.get(language, ()):
        yield from ((form, value) for form in _with_endings([stem + suffix], language))


def _combined(language: str, ten: str, ones: list[str]) -> Iterator[str]:
    for one in ones:
        if language in JOINED:
            yield f"{one}{JOINED[language]}{ten}"
        elif language == "hu" and ten == "húsz":
            yield f"huszon{one}"
        elif language in FOLLOWED:
            yield ten + one
            yield ten.rstrip("aeiou") + one  # ventuno
        elif language == "es" and ten == "veinte":
            yield f"veinti{one}"
        else:
            yield from (f"{ten} {word} {one}" for word in PARTED.get(language, ("",)))
            yield f"{ten} {one}"
