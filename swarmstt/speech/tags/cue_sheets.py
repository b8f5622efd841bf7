"""Chapters in a cue sheet, beside the audio or in its CUESHEET tag, and in OverDrive's markers."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from swarmstt.core.companions import CUE_SUFFIX
from swarmstt.core.left_alone import is_left_alone
from swarmstt.files import read_regular
from swarmstt.speech.audio.book_files import is_audio
from swarmstt.speech.tags.encodings import decoded
from swarmstt.speech.tags.marks import MOST_CHAPTERS, Mark
from swarmstt.speech.tags.names import clean_text

MOST_BYTES = 2**20
_MOST_SHEETS = 20
"""In one folder."""

_WORD = re.compile(r"\w+")
_CUE_TIME = re.compile(
    r"(?:(?P<hours>\d{1,3}):(?=\d+:\d+:))?(?P<minutes>\d{1,6}):(?P<seconds>\d{1,2})"
    r"(?::(?P<frames>\d{1,3})|(?P<part>\.\d{1,3}))?"
)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,8};)")
_FRAMES_A_SECOND = 75
_WITHIN = re.compile(r"\s*\((?:continued|cont\.?|\d{1,3}(?::\d\d){1,2})\)$", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d{1,2}(?:\.\d{1,3})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetMark:
    """A track of a cue sheet; `file`: the audio file that it is in, as the sheet names it."""

    file: str
    title: str
    start: float


def parse_sheet(text: str) -> list[SheetMark]:
    """Reads a cue sheet: each track begins at its INDEX 01, or at the first index that it has."""
    marks: list[SheetMark] = []
    file, title, number, has_first = "", "", None, False
    for line in text.splitlines():
        word, rest = (*line.strip().split(None, 1), "", "")[:2]
        word = word.upper()
        if word == "FILE":
            file = _unquoted(_without_type(rest))
        elif word == "TRACK":
            number, title, has_first = rest.split(None, 1)[0] if rest else "", "", False
        elif word == "TITLE" and number is not None:
            title = clean_text(_unquoted(rest))
            if marks and has_first:
                marks[-1] = SheetMark(file=marks[-1].file, title=title, start=marks[-1].start)
        elif word == "INDEX" and number is not None and (place := _cue_seconds(rest)) is not None:
            index, start = place
            if has_first and index == 1:
                marks.pop()
            if not has_first or index == 1:
                marks.append(SheetMark(file=file, title=title, start=start))
            has_first = True
        if len(marks) >= MOST_CHAPTERS:
            break
    return marks


def _without_type(rest: str) -> str:
    """Returns what stands before the last word, which says of which kind the file is."""
    parts = rest.rsplit(None, 1)
    return parts[0] if len(parts) == 2 and _WORD.fullmatch(parts[1]) else rest


def _unquoted(text: str) -> str:
    """Returns what stands between the first quotation mark and the last; all of it if there are none."""
    quoted = text[1:].rpartition('"')[0] if text.startswith('"') else ""
    return (quoted or text.strip('"')).replace('\\"', '"')


def _cue_seconds(rest: str) -> tuple[int, float] | None:
    """Reads "01 12:34:56": minutes, seconds, and 75ths of a second; with hours before them or decimals behind, too."""
    parts = rest.split()
    found = _CUE_TIME.fullmatch(parts[1]) if len(parts) > 1 else None
    if found is None or not parts[0].isdecimal():
        return None
    minutes = int(found["hours"] or 0) * 60 + int(found["minutes"])
    part = float(found["part"] or 0) + int(found["frames"] or 0) / _FRAMES_A_SECOND
    return int(parts[0]), minutes * 60 + int(found["seconds"]) + part


def of_tag(text: str) -> list[Mark]:
    """Reads the CUESHEET tag of a file: all tracks are in that file."""
    return _as_marks([(each.title, each.start) for each in parse_sheet(text)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """The sheets of a folder by their names, and whether there is only one of them and one audio file."""

    sheets: tuple[tuple[str, list[SheetMark]], ...]
    is_alone: bool


class Sheets:
    """The cue sheets beside the files of a book. Each folder is listed once, however many files are in it."""

    def __init__(self) -> None:
        self._folders: dict[Path, _Folder] = {}

    def beside(self, path: Path) -> list[Mark]:
        """Reads the cue sheet beside an audio file: the one by its name, one in its folder that names it, or the only
        one beside the only audio. A sheet that cuts its audio into one track only says nothing."""
        folder = self._folders.get(path.parent)
        if folder is None:
            folder = self._folders[path.parent] = _folder(path.parent)
        own = {_folded(path.stem), _folded(path.name)}
        for stem, marks in sorted(folder.sheets, key=lambda sheet: _folded(sheet[0]) not in own):
            files = {_name_of(each) for each in marks}
            is_own = folder.is_alone or _folded(stem) in own
            is_about_it = is_own and len(files) == 1  # whoever renamed both did not write into the sheet
            mine = [each for each in marks if is_about_it or _is_same(_name_of(each), path)]
            if len(mine) > 1 or (mine and len(files) > 1):
                return _as_marks([(each.title, each.start) for each in mine])
        return []


def beside(path: Path) -> list[Mark]:
    """Reads the cue sheet beside one audio file."""
    return Sheets().beside(path)


def _folder(path: Path) -> _Folder:
    try:
        listed = [each for each in path.iterdir() if not is_left_alone(each.name)]
    except OSError:
        listed = []
    found = sorted(each for each in listed if each.suffix.lower() == CUE_SUFFIX)
    sheets = []
    for sheet in found[:_MOST_SHEETS]:
        with suppress(OSError):
            sheets.append((sheet.stem, parse_sheet(decoded(read_regular(sheet, MOST_BYTES)))))
    return _Folder(sheets=tuple(sheets), is_alone=len(found) == 1 and sum(map(is_audio, listed)) == 1)


def _name_of(mark: SheetMark) -> str:
    return mark.file.replace("\\", "/").rpartition("/")[2]


def _is_same(named: str, path: Path) -> bool:
    """Says if the name in a sheet is this file's: converted audio keeps its name, but for the suffix."""
    stem = named.rpartition(".")[0] or named
    return _folded(named) == _folded(path.name) or _folded(stem) == _folded(path.stem)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def of_overdrive(text: str) -> list[Mark]:
    """Reads the OverDrive MediaMarkers of a library's MP3: it has one every few minutes, "Chapter 1 (05:00)", and one
    where a chapter goes on that began in the file before, "Chapter 1 (continued)"."""
    if len(text) > MOST_BYTES or "<!" in text:
        return []
    try:
        markers = ElementTree.fromstring(_BARE_AMPERSAND.sub("&amp;", text.strip().strip("\0")))  # noqa: S314 - no entities: no declarations
    except (ElementTree.ParseError, ValueError):
        return []
    found = []
    for marker in markers.iter("Marker"):
        time = _CLOCK.fullmatch((marker.findtext("Time") or "").strip())
        if time is not None:
            seconds = int(time[1] or 0) * 3600 + int(time[2]) * 60 + float(time[3])
            found.append((_WITHIN.sub("", clean_text(marker.findtext("Name") or "")), seconds))
    marks = _as_marks(found[:MOST_CHAPTERS])
    begins = [
        mark for before, mark in zip([None, *marks], marks, strict=False) if not before or before.title != mark.title
    ]
    return [replace(mark, may_continue=index == 0) for index, mark in enumerate(begins)]


def _as_marks(found: list[tuple[str, float]]) -> list[Mark]:
    return [Mark(title=title, start=start, end=start) for title, start in sorted(found, key=lambda each: each[1])]
