"""The names of an ebook that are worth telling Whisper before it decodes: those that come most often, in bounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from swarmstt.core.ebooks.texts import EbookDocument

MOST_NAMES = 10
MOST_LETTERS = 120
"""In all of them, commas aside. Most stretches of a long book have few of its names in them, and names that nobody says
there cost words: forty of another book do so by more than chance, ten do not."""

_LEAST_LETTERS = 4
"""In a name. Shorter ones Whisper knows (Tom), or they are none (I, Mr)."""
_MOST_LETTERS_OF_ONE = 24
_MOST_CAPITALS = 0.12
"""Of the words inside sentences. A language that writes more of them so does it with words that are no names: a German
book has 0.25 to 0.3, an English one 0.03 to 0.07."""
_MOST_IN_HEADINGS = 0.5
"""A line of which more words have capitals is a heading, an index or shouting: it tells nothing of them."""
_MOST_SMALL = 0.1
"""So often, next to with a capital, a name may be written small."""

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BREAKS = re.compile(r"[.!?…:;,][\"'”’»)\]]*\s+|[\"“„«»‘(\[—–]\s*|\n")
"""Behind these a capital may tell nothing, in verse behind each comma. Too many are better than too few."""
_POSSESSIVE = re.compile(r"['’]s?$")
_ELIDED = re.compile(r"['’][^\W\d_]")
"""As in "L'oeil"."""


def names_in(documents: Sequence[EbookDocument]) -> tuple[str, ...]:
    """Returns the words that an ebook writes with a capital inside sentences, and hardly ever small: the most frequent
    first, and of two that are as frequent the one that comes first. None for a language that writes all nouns so, or
    that has no capitals. The same for the same ebook anywhere."""
    small: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    blocks = chain.from_iterable(document.blocks for document in documents)
    for block in blocks:
        words = _WORD.findall(block)
        if sum(word[0].isupper() for word in words) > _MOST_IN_HEADINGS * len(words):
            continue
        small.update(word for word in words if word[0].islower())
        everywhere.update(_bare(word) for word in words if _may_be_name(_bare(word)))
        inside.update(word for piece in _BREAKS.split(block) for word in _WORD.findall(piece)[1:])
    capitals = Counter({word: count for word, count in inside.items() if word[0].isupper()})
    if capitals.total() > _MOST_CAPITALS * inside.total():
        return ()
    seen = {_bare(word) for word in capitals}
    ranked = [
        word for word, count in everywhere.most_common() if word in seen and small[word.lower()] <= _MOST_SMALL * count
    ]
    return _bounded(ranked)


def _bare(word: str) -> str:
    """The name of which a word is the possessive."""
    return _POSSESSIVE.sub("", word)


def _may_be_name(word: str) -> bool:
    elided = _ELIDED.search(word)
    if elided is not None and elided[0][-1].islower():
        return False
    return _LEAST_LETTERS <= len(word) <= _MOST_LETTERS_OF_ONE and word[0].isupper() and not word.isupper()


def _bounded(ranked: Sequence[str]) -> tuple[str, ...]:
    names: list[str] = []
    letters = 0
    for name in ranked[:MOST_NAMES]:
        letters += len(name)
        if letters > MOST_LETTERS:
            break
        names.append(name)
    return tuple(names)
