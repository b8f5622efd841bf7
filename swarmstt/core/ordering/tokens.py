"""Names in their words and numbers, and the numbers that their words are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from swarmstt.core.ordering.hundreds import hundreds_at, may_begin
from swarmstt.core.ordering.matter import CHINESE_COUNTERS
from swarmstt.core.ordering.number_tables import LANGUAGES
from swarmstt.core.ordering.number_words import folded, phrases_of, without_marks
from swarmstt.core.ordering.numerals import CHINESE, VOLUMES, from_chinese, from_digits, from_roman

DIGITS, ROMAN = "digits", "roman"
READINGS = (DIGITS, ROMAN, *LANGUAGES)
"""Ways to read numbers: signs that are always numbers, Roman ones too, and the words of each language."""
LONGEST_PHRASE = 7
"""So many words a number has at most."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # ChapterOne
_PIECES = re.compile(
    rf"""
    (?<!\d)(?P<date>\d{{1,2}}\.\d{{1,2}}\.(?:19|20)\d\d)(?!\d)
    | (?P<digits>\d+)
    | 第?(?P<chinese>[{CHINESE}]+)(?=[{CHINESE_COUNTERS}]) | (?:第|その|其)(?P<counted>[{CHINESE}]+)
    | (?<![^\W_])(?P<bare>[{CHINESE}]+)(?![^\W_])
    | (?P<volume>[{"".join(VOLUMES)}])(?=[{CHINESE_COUNTERS}]?(?:[\W_]|$))
    | (?P<text>[^\W\d_](?:
        (?![{CHINESE}第]|\d)[^\W_] | ['’ʼ\u200c\u200d](?=[^\W\d_])
        | [{CHINESE}](?![{CHINESE}]*[{CHINESE_COUNTERS}])
    )*)
    """,  # any other sign only parts these
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, as it is and as it is compared, or a number in digits or in Chinese signs."""

    text: str
    word: str
    number: tuple[int, ...] | None = None


def tokens_of(name: str) -> list[Token]:
    """Returns the words and numbers of a name, in their order."""
    text = _HUMP.sub(" ", unicodedata.normalize("NFKC", name)).casefold().replace("i\u0307", "i")  # of a Turkish İ
    tokens = []
    for found in _PIECES.finditer(without_marks(text)):  # the signs of Indian vowels would part words
        kind, piece = found.lastgroup, found[found.lastgroup or 0]
        number: tuple[int, ...] | None = None
        if kind == "date":  # with dots between them, the day always comes first
            number = tuple(number for part in reversed(piece.split(".")) for number in from_digits(part))
        elif kind == "digits":
            number = from_digits(piece)
        elif kind == "volume":
            number = (VOLUMES[piece],)
        elif kind != "text":
            number = (from_chinese(piece) or 0,)
        tokens.append(Token(piece, folded(piece), number))
    return tokens


def number_at(tokens: Sequence[Token], place: int, reading: str) -> tuple[tuple[int, ...], int] | None:
    """Returns the number at that place, and how many tokens it takes."""
    if not 0 <= place < len(tokens):
        return None
    token = tokens[place]
    if token.number is not None:
        return token.number, 1
    if reading == ROMAN:
        value = from_roman(token.text)
        return None if value is None else ((value,), 1)
    if reading == DIGITS:
        return None
    if not may_begin(token.word, reading):
        return None
    words = [each.word for each in tokens[place : place + LONGEST_PHRASE]]
    if (beyond := hundreds_at(words, reading)) is not None:
        return (beyond[0],), beyond[1]
    phrases = phrases_of(reading)
    for length in range(len(words), 0, -1):
        found = phrases.get(tuple(words[:length]))
        if found is not None:
            return (found,), length
    return None
