"""What became of the books of a list: a line of JSON for each, on disk at once, so that a list that was broken off goes
on where it was. Of all that only a place in the file is kept in memory."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from swarmstt.cli.lists.tree import Listed
from swarmstt.errors import LocalError

TAKEN, DONE = "taken", "done"
"""States in the journal: a book that this list added to the node; one with all its words, and
with its ebook if it has one. Any other is trouble."""


class Journal:
    """The journal of one list. `options`: what decides its transcripts. A context manager."""

    def __init__(self, file: Path, options: str) -> None:
        self._file = file
        self._options = options
        self._ended: dict[str, int] = {}
        self._taken: dict[str, str] = {}
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Journal:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            stream = self._stream = self._file.open("a+b")
            for place, entry in _entries(stream):
                self._note(place, entry)
            if stream.tell() and not _ends_line(stream):  # it was broken off in the middle of a line
                stream.write(b"\n")
        except OSError as error:
            raise LocalError(f"The progress of the list cannot be kept in {self._file}: {error.strerror}.") from error
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._stream is not None
        self._stream.close()

    def is_done(self, listed: Listed) -> bool:
        """Returns whether the book has its transcripts: nothing is to be done if it is the same file still, the options
        are the same, and the transcripts are there."""
        entry = self.entry(listed.path)
        if entry is None or entry["state"] != DONE or entry["mark"] != self._mark(listed):
            return False
        return all(Path(file).exists() for file in entry["files"])

    def is_ours(self, listed: Listed, book_id: str) -> bool:
        """Returns whether this list added that book to the node, now or before it was broken off."""
        return self._taken.get(listed.path) == book_id

    def take(self, listed: Listed, book_id: str) -> None:
        """Notes that this list adds the book."""
        self._write({"path": listed.path, "state": TAKEN, "book_id": book_id})

    def end(self, listed: Listed, state: str, **more: Any) -> None:
        """Notes what became of the book."""
        self._write({"path": listed.path, "state": state, **more, "mark": self._mark(listed)})

    def entry(self, path: str) -> dict[str, Any] | None:
        """Returns what was noted last of a book's end."""
        place = self._ended.get(path)
        if place is None:
            return None
        assert self._stream is not None
        self._stream.seek(place)
        found = _parsed(self._stream.readline())
        assert found is not None
        return found

    def _write(self, entry: dict[str, Any]) -> None:
        assert self._stream is not None
        line = json.dumps(entry, ensure_ascii=True).encode() + b"\n"
        try:
            place = self._stream.seek(0, os.SEEK_END)
            self._stream.write(line)
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise LocalError(f"The progress of the list cannot be kept in {self._file}: {error.strerror}.") from error
        self._note(place, entry)

    def _note(self, place: int, entry: Mapping[str, Any]) -> None:
        if entry["state"] == TAKEN:
            self._taken[entry["path"]] = str(entry["book_id"])
        else:
            self._ended[entry["path"]] = place
            if entry["state"] == DONE:  # it is the node's no more
                self._taken.pop(entry["path"], None)

    def _mark(self, listed: Listed) -> str:
        """Returns what says that a book's transcripts would be the same again."""
        with suppress(OSError):
            info = os.stat(listed.path)  # noqa: PTH116 - a path with bytes that are no text
            text = f"{self._options}|{listed.output_dir}|{info.st_size}|{info.st_mtime_ns}"
            return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return ""


def _entries(stream: BinaryIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the journal's whole lines, with their places."""
    stream.seek(0)
    place = 0
    for line in stream:
        if (entry := _parsed(line)) is not None:
            yield place, entry
        place += len(line)
    stream.seek(0, os.SEEK_END)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    usable = isinstance(entry, dict) and isinstance(entry.get("path"), str) and isinstance(entry.get("state"), str)
    if usable and entry["state"] == TAKEN:
        usable = "book_id" in entry
    elif usable:
        usable = isinstance(entry.get("mark"), str) and isinstance(entry.get("files", []), list)
    return {"files": [], **entry} if usable else None


def _ends_line(stream: BinaryIO) -> bool:
    stream.seek(-1, os.SEEK_END)
    return stream.read(1) == b"\n"
