"""Chapters of a book from the marks in its files: cleaned, bounded, in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from swarmstt.core.books import Chapter
from swarmstt.speech.tags.names import MOST_TITLE_LETTERS, clean_text

MOST_CHAPTERS = 5_000
SAME_START_SECONDS = 0.05
"""Marks so close begin together: a part and its first chapter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A chapter mark in a file, in seconds of the file; `title` is empty if it has none, `end` is at its start if that
    is not known. `may_continue`: if the file before it ended in a chapter of this title, it is the same chapter."""

    title: str
    start: float
    end: float
    may_continue: bool = False


def marks_of(raw: Iterable[Mapping[str, Any]], repaired: Callable[[str], str] = str) -> list[Mark]:
    """A file's own chapter marks, as PyAV gives them; those without a sensible start are left out."""
    marks = []
    for entry in islice(raw, MOST_CHAPTERS):
        time_base = entry.get("time_base") or 0
        start, end = float(entry["start"] * time_base), float(entry["end"] * time_base)
        if math.isfinite(start) and math.isfinite(end) and start >= 0:
            title = clean_text(repaired(_title_of(entry.get("metadata") or {})))
            marks.append(Mark(title=title, start=start, end=end))
    return sorted(marks, key=lambda mark: mark.start)


def ordered_chapters(chapters: Sequence[Chapter], total_seconds: float) -> list[Chapter]:
    """The chapters ascending, without overlap, inside the book. The title of one that has no length of its own is
    joined to that of the chapter which begins there, or at the end of the book to the last."""
    result: list[Chapter] = []
    in_order = sorted(chapters, key=lambda chapter: chapter.start)
    at_end = [each for each in in_order if total_seconds <= each.start <= total_seconds + SAME_START_SECONDS]
    for group in _together([each for each in in_order if each.start < total_seconds], total_seconds):
        if len(result) == MOST_CHAPTERS:
            return result
        if result and result[-1].end > group[0].start:
            result[-1] = replace(result[-1], end=group[0].start)
        title = _joined(group) or f"Chapter {len(result) + 1}"
        end = max(group[-1].end, 0.0)
        is_open = end <= group[0].start
        result.append(replace(group[-1], title=title, start=group[0].start, end=total_seconds if is_open else end))
    if result:
        last = replace(result[-1], end=min(result[-1].end, total_seconds))
        result[-1] = replace(last, title=_joined([last, *at_end]) or last.title)
    return result


def _together(chapters: Sequence[Chapter], total_seconds: float) -> list[list[Chapter]]:
    """Groups those that begin at the same place; one at the very end goes to the last that has a length."""
    groups: list[list[Chapter]] = []
    for chapter in chapters:
        begins_there = groups and chapter.start - groups[-1][0].start <= SAME_START_SECONDS
        is_too_late = groups and total_seconds - chapter.start <= SAME_START_SECONDS
        if begins_there or is_too_late:
            groups[-1].append(replace(chapter, end=groups[-1][-1].end) if is_too_late else chapter)
        else:
            groups.append([chapter])
    return groups


def _joined(group: Sequence[Chapter]) -> str:
    titles = dict.fromkeys(chapter.title for chapter in group if chapter.title)
    return clean_text(": ".join(titles), MOST_TITLE_LETTERS)


def _title_of(metadata: Mapping[str, str]) -> str:
    return next((value for key, value in metadata.items() if key.lower() == "title"), "")
