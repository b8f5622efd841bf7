"""Title, author, narrator and series of a book, and the titles of its files, from their tags: cleaned and bounded.

Tags come from anywhere. Nothing here trusts their encoding or their length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from swarmstt.display_text import one_line

MOST_TITLE_LETTERS = 300

_RAW_LETTERS = 4_000  # what is looked at of a tag before cleaning
_AUTHOR_KEYS = ("album_artist", "albumartist", "artist", "author", "wm/albumartist")
"""In audiobooks the artist often is the narrator if the album artist is the author, hence this order."""
_NARRATOR_KEYS = (
    "narrator",
    "narratedby",
    "narrated by",
    "reader",
    "read by",
    "©nrt",
    "performer",
    "composer",
    "wm/composer",
)
"""Audiobook tools write the narrator as the composer; by the rules of Ogg and FLAC it is the performer."""
_SERIES_KEYS = (
    "series",
    "seriesname",
    "series_name",
    "mvnm",
    "movementname",
    "movement name",
    "grouping",
    "tit1",
    "show",
)
_PART_KEYS = ("series-part", "series_part", "seriespart", "series-index", "mvin", "movement", "part")

_NOBODY = frozenset({"unknown", "unknown artist", "various", "various artists", "none", "n/a", "librivox.org"})
_ONLY_A_NUMBER = re.compile(r"^(?:track|titel|piste|pista|traccia|faixa|untitled)?[\s_#-]*\d*$", re.IGNORECASE)
_MOST_NUMBER = 100_000
_NUMBER = re.compile(r"\s*(\d{1,6})\s*(?:[/\\-]\s*\d+)?\s*")
_PART = re.compile(r"\d{1,4}(?:\.\d{1,2})?")


def clean_text(raw: str, most_letters: int = MOST_TITLE_LETTERS) -> str:
    """A tag as one tidy line: NFC, without control characters, cut to length."""
    return one_line(unicodedata.normalize("NFC", raw[:_RAW_LETTERS].split("\0", 1)[0]), most_letters, ending="…")


def tidy_name(stem: str) -> str:
    """A file or folder name as a title: with spaces for underscores. Its numbers stay."""
    text = clean_text(stem)
    return clean_text(text.replace("_", " ")) or text


def book_title(tags: Mapping[str, str], stem: str, *, is_folder: bool) -> str:
    """The album where several files are one book, the title of a single file; else the tidied name."""
    title, album = clean_text(tags.get("title", "")), album_of(tags)
    if is_folder:
        return album or tidy_name(stem)
    if title and not _says_nothing(title, tags):
        return title
    return album or tidy_name(stem)


def says_a_title(tags: Mapping[str, str]) -> bool:
    """Says if a tag names the book."""
    return bool(album_of(tags))


def book_author(tags: Mapping[str, str]) -> str | None:
    """Who wrote it, as far as the tags say; None if they don't."""
    return _somebody(tags, _AUTHOR_KEYS)


def book_narrator(tags: Mapping[str, str]) -> str | None:
    """Who reads it, as far as the tags say."""
    return _somebody(tags, _NARRATOR_KEYS)


def book_series(tags: Mapping[str, str]) -> str | None:
    """The series that it belongs to, with its number there if that is known: "Discworld #3"."""
    name = next((text for key in _SERIES_KEYS if (text := clean_text(tags.get(key, "")))), None)
    part = next((text for key in _PART_KEYS if _PART.fullmatch(text := clean_text(tags.get(key, "")))), None)
    return name if name is None or part is None or "#" in name else f"{name} #{part}"


def file_title(tags: Mapping[str, str], name: str) -> str:
    """What to call a file of a folder as a chapter: its own title unless that is the album's or says nothing."""
    title = clean_text(tags.get("title", ""))
    if title and title.casefold() != album_of(tags).casefold() and not _says_nothing(title, tags):
        return title
    return tidy_name(name)


def album_of(tags: Mapping[str, str]) -> str:
    return clean_text(tags.get("album", "") or tags.get("wm/albumtitle", ""))


def disc_of(tags: Mapping[str, str]) -> int | None:
    return _number(tags, "disc", "discnumber", "disk", "tpos", "wm/partofset")


def track_of(tags: Mapping[str, str]) -> int | None:
    return _number(tags, "track", "tracknumber", "trck", "wm/tracknumber")


def _number(tags: Mapping[str, str], *keys: str) -> int | None:
    """Reads "3", "03/12"; None for all else."""
    for key in keys:
        found = _NUMBER.fullmatch(str(tags.get(key, "")))
        if found is not None and int(found[1]) < _MOST_NUMBER:
            return int(found[1])
    return None


def _says_nothing(title: str, tags: Mapping[str, str]) -> bool:
    """Says if a title is only a number, as rippers write it: "Track 07", or its track's. "1984" is a title."""
    if _ONLY_A_NUMBER.match(title) is None:
        return False
    if not title.isdecimal():
        return True
    track = re.match(r"\s*(\d{1,6})", tags.get("track", ""))
    return len(title) < 3 or title.startswith("0") or (track is not None and int(track[1]) == int(title))


def _somebody(tags: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    names = (clean_text(tags.get(key, "")) for key in keys)
    return next((name for name in names if name and name.casefold() not in _NOBODY), None)
