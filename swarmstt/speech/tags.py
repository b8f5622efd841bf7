"""Title, author and chapters of a book, from the tags and marks in its files: cleaned, bounded, in order.

Tags come from anywhere. Nothing here trusts their encoding, their length or their times.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from swarmstt.core.books import Chapter

MOST_TITLE_LETTERS = 300
MOST_CHAPTERS = 5_000

_RAW_LETTERS = 4_000  # what is looked at of a tag before cleaning
_AUTHOR_KEYS = ("album_artist", "albumartist", "artist", "author", "wm/albumartist", "composer")
"""In audiobooks the artist often is the narrator where the album artist is the author, hence this order."""

_NOBODY = frozenset({"unknown", "unknown artist", "various", "various artists", "none", "n/a", "librivox.org"})
_ONLY_A_NUMBER = re.compile(r"^(?:track|titel|piste|pista|traccia|faixa|untitled)?[\s_#-]*\d*$", re.IGNORECASE)
_LEADING_NUMBER = re.compile(r"^(?:\d{1,4}\s*[-_.)\]]+\s*|0\d{0,3}[\s_]+)(?=.*[^\W\d_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A chapter mark in a file, in seconds of the file; `title` is empty if it has none."""

    title: str
    start: float
    end: float


def clean_text(raw: str, most_letters: int = MOST_TITLE_LETTERS) -> str:
    """A tag as one tidy line: decoded as well as can be, NFC, without control characters, cut to length."""
    text = unicodedata.normalize("NFC", _decoded(raw[:_RAW_LETTERS].split("\0", 1)[0]))
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text)
    kept = "".join(letter for letter in kept if unicodedata.category(letter) not in ("Cf", "Cs", "Co", "Cn"))
    line = " ".join(kept.split())
    return line if len(line) <= most_letters else line[: most_letters - 1].rstrip() + "…"


def tidy_name(stem: str) -> str:
    """A file or folder name as a title: without its track number, with spaces for underscores."""
    text = clean_text(stem)
    return clean_text(_LEADING_NUMBER.sub("", text).replace("_", " ")) or text


def book_title(tags: Mapping[str, str], stem: str, *, is_folder: bool) -> str:
    """The album where several files are one book, the title of a single file; else the tidied name."""
    title, album = clean_text(tags.get("title", "")), _album(tags)
    if is_folder:
        return album or tidy_name(stem)
    if title and not _ONLY_A_NUMBER.match(title):
        return title
    return album or tidy_name(stem)


def book_author(tags: Mapping[str, str]) -> str | None:
    """Who wrote it, as far as the tags say; None if they don't."""
    names = (clean_text(tags.get(key, "")) for key in _AUTHOR_KEYS)
    return next((name for name in names if name and name.casefold() not in _NOBODY), None)


def file_title(tags: Mapping[str, str], stem: str) -> str:
    """What to call a file of a folder as a chapter: its own title unless that is the album's or says nothing."""
    title = clean_text(tags.get("title", ""))
    if title and title.casefold() != _album(tags).casefold() and not _ONLY_A_NUMBER.match(title):
        return title
    return tidy_name(stem)


def marks_of(raw: Iterable[Mapping[str, Any]]) -> list[Mark]:
    """A file's own chapter marks, as PyAV gives them; those without a sensible start are left out."""
    marks = []
    for entry in islice(raw, MOST_CHAPTERS):
        time_base = entry.get("time_base") or 0
        start, end = float(entry["start"] * time_base), float(entry["end"] * time_base)
        if math.isfinite(start) and math.isfinite(end) and start >= 0:
            marks.append(Mark(title=clean_text(_title_of(entry.get("metadata") or {})), start=start, end=end))
    return sorted(marks, key=lambda mark: mark.start)


def ordered_chapters(chapters: Sequence[Chapter], total_seconds: float) -> list[Chapter]:
    """The chapters ascending, without overlap, inside the book; those that have no length are left out."""
    inside = sorted((c for c in chapters if c.start < total_seconds), key=lambda chapter: chapter.start)
    starts = [chapter.start for chapter in inside] + [total_seconds]
    result: list[Chapter] = []
    for chapter, limit in zip(inside, starts[1:], strict=True):
        end = limit if chapter.end <= chapter.start else min(chapter.end, limit)
        if end > chapter.start and len(result) < MOST_CHAPTERS:
            title = chapter.title or f"Chapter {len(result) + 1}"
            result.append(Chapter(title=title, start=chapter.start, end=end))
    return result


def _album(tags: Mapping[str, str]) -> str:
    return clean_text(tags.get("album", "") or tags.get("wm/albumtitle", ""))


def _title_of(metadata: Mapping[str, str]) -> str:
    return next((value for key, value in metadata.items() if key.lower() == "title"), "")


def _decoded(text: str) -> str:
    """Bytes that were not UTF-8 as Windows Latin, and UTF-8 that was taken for Latin as UTF-8."""
    try:
        if any("\udc80" <= letter <= "\udcff" for letter in text):
            return text.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
