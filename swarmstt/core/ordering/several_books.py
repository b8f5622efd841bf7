"""Decides whether audio files that came together are one book or several: a pure function of their names and tags.

It says "several" only if something speaks for it. Tracks that count all files from one mean one book. Books whose
albums differ are several. Without albums, names that have nothing in common and count nothing are several, but not in
a folder: whoever made one meant one thing by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from swarmstt.core.ordering.facts import Facts
from swarmstt.core.ordering.matter import matter_at
from swarmstt.core.ordering.names import Path
from swarmstt.core.ordering.tokens import tokens_of

_COMMON_LETTERS = 4
"""Names that begin with so many letters in common are parts of one thing."""
_ARTICLE = re.compile(r"^(?:the|an?|der|die|das|les?|la|el|il)[\W_]+(?=\w)")
_COUNT = re.compile(
    r"[\W_]+(?:(?:disc|disk|cd|dvd|part|side|tape|vol|volume|teil|seite|folge|band|tome|partie|parte|disco)\b[\W_]*)?"
    r"(?:\d{1,3}|[ivx]{1,5})(?:\s*(?:of|/|von|de)\s*\d{1,3})?[\W_]*$"
)
"""What only counts the discs of one book, at the end of its album."""
_WHOLE_TEXT = re.compile(r"[\W_]*\b(?:unabridged|ungekürzte?|texte intégral|version intégrale)\b[\W_]*")
"""What only says of an album that nothing of the book is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBook:
    """One of several books. `title`: as its tags or its file have it; `places`: of its files among all, in order."""

    title: str
    places: tuple[int, ...]


def books_among(paths: Sequence[Path], facts: Facts, *, in_folder: bool) -> tuple[FoundBook, ...]:
    """Returns the books that these files are, in the order of their first files; empty if they are one book, or
    nothing says otherwise. `in_folder`: a person put them into one folder."""
    by_album = _by_album(facts)
    if by_album is not None:
        return by_album
    if in_folder or len(paths) < 2 or any(each is not None and each.album for each in facts):
        return ()
    if _count_up(facts, least=2):
        return ()
    stems = [path[-1].rpartition(".")[0] or path[-1] for path in paths]
    if _count_something(stems):
        return ()
    return tuple(FoundBook(title=stem, places=(place,)) for place, stem in enumerate(stems))


def _by_album(facts: Facts) -> tuple[FoundBook, ...] | None:
    """Returns the books by the albums of all files that can be read, or none for one album; None if not all of these
    have one. A file that cannot be read goes with the one before it."""
    if not facts or not all(each.album for each in facts if each is not None) or not any(facts):
        return None
    if _count_up(facts, least=3):  # two can be the parts of a series
        return ()
    found: dict[str, list[int]] = {}
    titles: dict[str, str] = {}
    key = next(_without_count(each.album) for each in facts if each is not None)
    for place, each in enumerate(facts):
        if each is not None:
            key = _without_count(each.album)
            titles.setdefault(key, each.album)
        found.setdefault(key, []).append(place)
    if len(found) < 2:
        return ()
    return tuple(FoundBook(title=titles[key], places=tuple(places)) for key, places in found.items())


def _count_up(facts: Facts, *, least: int) -> bool:
    """Says if the tracks of the files that can be read, at least so many, count up from one."""
    known = [each for each in facts if each is not None]
    tracks = sorted(each.track for each in known if each.track is not None)
    return len(known) >= least and tracks == list(range(1, len(known) + 1))


def _without_count(album: str) -> str:
    folded = album.casefold().strip()
    whole = _WHOLE_TEXT.sub(" ", folded).strip() or folded
    return _COUNT.sub("", whole) or whole


def _count_something(stems: Sequence[str]) -> bool:
    """Says if names are those of one book's files: they begin alike, half of them have a number, or one is its front or
    back."""
    tokens = [tokens_of(stem) for stem in stems]
    if _common_letters([_ARTICLE.sub("", stem.casefold(), count=1) for stem in stems]) >= _COMMON_LETTERS:
        return True
    if any(matter_at([each.word for each in words], 0) for words in tokens if words):
        return True
    return 2 * sum(any(each.number is not None for each in words) for words in tokens) >= len(stems)


def _common_letters(names: Sequence[str]) -> int:
    """Counts the letters with which all of them begin."""
    lowest, highest = min(names), max(names)
    return next((at for at, letter in enumerate(lowest) if highest[at : at + 1] != letter), len(lowest))
