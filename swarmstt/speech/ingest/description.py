"""What the files of a book say of it, gathered file by file while they are read, or without reading their sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swarmstt.codec import to_plain
from swarmstt.core.books import Chapter, ChapterSource
from swarmstt.core.ordering.facts import FileFacts
from swarmstt.core.ordering.several_books import books_among
from swarmstt.phrases import several_books
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.tags import names
from swarmstt.speech.tags.beside import described_by
from swarmstt.speech.tags.cue_sheets import Sheets
from swarmstt.speech.tags.file_tags import of_file
from swarmstt.speech.tags.marks import MOST_CHAPTERS, ordered_chapters


class Describing:
    """`titles`: what the files are called, unless their tags say."""

    def __init__(self, files: Sequence[Path], name: str, *, is_folder: bool, titles: Sequence[str]) -> None:
        self._files = files
        self._name = name if is_folder else Path(name).stem
        self._is_folder = is_folder
        self._titles = titles
        self._sheets = Sheets()
        self._chapters: list[Chapter] = []
        self._facts: dict[str, str | None] = {}
        self._albums: list[FileFacts] = []

    @property
    def has_begun(self) -> bool:
        return bool(self._facts)

    def note(self, index: int, file: AudioFile, first_second: float) -> list[float]:
        """Takes in what an opened file says. Returns where in it chapters begin, in its seconds."""
        found = of_file(file, self._files[index], self._sheets)
        for mark in found.marks:
            if mark.may_continue and self._chapters and self._chapters[-1].title == mark.title:
                continue
            self._add(mark.title, first_second + mark.start, first_second + mark.end, found.marks_from)
        if self._is_folder and not found.marks:
            name = self._titles[index] if self._titles else self._files[index].stem
            self._add(names.file_title(found.tags, name), first_second, 0.0, "files")
        self._albums.append(FileFacts(size=0, album=names.album_of(found.tags), track=names.track_of(found.tags)))
        if not self._facts:
            self._facts = self._facts_of(found.tags)
        return [mark.start for mark in found.marks]

    def _facts_of(self, tags: Mapping[str, str]) -> dict[str, str | None]:
        """Returns what the book is, by these tags; by a description beside it, if that says who made it."""
        beside = described_by(self._files)
        told = {key: value for key, value in beside.items() if key != "album" or not names.says_a_title(tags)}
        who = {**tags, **told}
        return {
            "title": names.book_title(who, self._name, is_folder=self._is_folder),
            "author": names.book_author(who),
            "narrator": names.book_narrator(who),
            "series": names.book_series(who),
        }

    def _add(self, title: str, start: float, end: float, source: ChapterSource) -> None:
        if len(self._chapters) < MOST_CHAPTERS:
            self._chapters.append(Chapter(title=title, start=start, end=end, source=source))

    def doubts(self) -> list[str]:
        """Returns what a person should know of the files together: that they look like several books."""
        found = books_among([(path.name,) for path in self._files], self._albums, in_folder=True)
        return [several_books([each.title for each in found])] if found else []

    def chapters(self, total_seconds: float | None) -> Any:
        """Returns the chapters as far as they are known, of a book of this length, ready to be sent."""
        return to_plain(ordered_chapters(self._chapters, total_seconds) if total_seconds else [])

    def described(self, total_seconds: float | None) -> dict[str, Any]:
        """Returns all that is known, ready to be sent."""
        return {**self._facts, "chapters": self.chapters(total_seconds)}
