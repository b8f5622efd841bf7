"""What a person changed of a book that is transcribed: its chapters, and how names are spelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from swarmstt.core.books import Chapter
from swarmstt.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Respelling:
    """A spelling that was heard, and the name that takes its place."""

    heard: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEdits:
    """What a person changed of a book. `chapters` None: they are those that its files name, or that were found; an
    empty one: it has none."""

    chapters: tuple[Chapter, ...] | None = None
    respellings: tuple[Respelling, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedChapter:
    """A chapter as a person wants it: it begins at `start`, in seconds of the book, and ends where the next begins."""

    title: str
    start: float


def edited_chapters(wanted: Sequence[WantedChapter], known: Sequence[Chapter], duration: float) -> tuple[Chapter, ...]:
    """Returns these chapters in the order of their times, the last one until the end of the book. One that is as it was
    keeps its source and its certainty. InputError for one that begins where another does, or behind the
    end; `duration` in seconds."""
    ordered = sorted(wanted, key=lambda each: each.start)
    starts = [round(each.start, 3) for each in ordered]
    if starts and starts[-1] >= duration:
        raise InputError(f"{ordered[-1].title} would begin after the end of the book: choose an earlier time.")
    unchanged = {(each.title, round(each.start, 3)): each for each in known}
    chapters = []
    for place, (each, start) in enumerate(zip(ordered, starts, strict=True)):
        end = starts[place + 1] if place + 1 < len(starts) else duration
        if end <= start:
            raise InputError(f"{each.title} and {ordered[place + 1].title} would begin at the same time: change one.")
        as_it_was = unchanged.get((each.title, start))
        edited = Chapter(title=each.title, start=start, end=end, source="edited")
        chapters.append(edited if as_it_was is None else replace(as_it_was, start=start, end=end))
    return tuple(chapters)


def respellings_of(wanted: Mapping[str, str]) -> tuple[Respelling, ...]:
    """Returns which spellings become which names. InputError for names that would become one another."""
    for heard, name in wanted.items():
        passed = {heard}
        while name in wanted and wanted[name] != name:
            if name in passed:
                raise InputError(f"{name} would become {wanted[name]}, and that would become {name} again: choose one.")
            passed.add(name)
            name = wanted[name]
    return tuple(Respelling(heard=heard, name=name) for heard, name in wanted.items() if heard != name)
