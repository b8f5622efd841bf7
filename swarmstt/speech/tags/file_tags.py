"""All that one audio file says of the book: its tags, readable, and its chapter marks, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from swarmstt.core.books import ChapterSource
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.tags import cue_sheets
from swarmstt.speech.tags.ape import ape_tags
from swarmstt.speech.tags.encodings import repaired_all
from swarmstt.speech.tags.marks import Mark, marks_of

_OVERDRIVE = "overdrive mediamarkers"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTags:
    """`tags` by their names in small letters."""

    tags: Mapping[str, str]
    marks: Sequence[Mark] = ()
    marks_from: ChapterSource = "tags"


def of_file(file: AudioFile, path: Path | None = None, sheets: cue_sheets.Sheets | None = None) -> FileTags:
    """Reads an opened file; with its path, also the cue sheet beside it: of those that are known, if they are. Its own
    chapters come first, then OverDrive's markers, a cue sheet among its tags, and the one beside it."""
    raw_tags, raw_marks = file.metadata, file.chapter_marks
    if path is not None and file.format_name == "mp3":
        raw_tags = {**ape_tags(path), **raw_tags}
    titles = [title for entry in raw_marks for title in (entry.get("metadata") or {}).values()]
    repaired = repaired_all([*raw_tags.values(), *titles])
    tags = {key: repaired[value] for key, value in raw_tags.items()}
    if marks := marks_of(raw_marks, lambda title: repaired.get(title, title)):
        return FileTags(tags=tags, marks=marks)
    if marks := cue_sheets.of_overdrive(tags.get(_OVERDRIVE, "")):
        return FileTags(tags=tags, marks=marks)
    if marks := cue_sheets.of_tag(tags.get("cuesheet", "")):
        return FileTags(tags=tags, marks=marks, marks_from="cue")
    if path is not None and (marks := (sheets or cue_sheets.Sheets()).beside(path)):
        return FileTags(tags=tags, marks=marks, marks_from="cue")
    return FileTags(tags=tags)
