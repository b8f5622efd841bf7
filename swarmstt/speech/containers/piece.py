"""A stretch of a file, read as if it were a file of its own, with a few bytes of its header told otherwise."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from swarmstt.speech.containers.found_part import Part


class Piece(io.RawIOBase):
    """The bytes of one part of a file."""

    def __init__(self, path: Path, part: Part) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._ranges = [each for each in (part.tags, (part.start, part.end)) if each is not None]
        self._length = sum(end - start for start, end in self._ranges)
        self._patches = part.patches
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._length - self._place)
        content = bytearray(self._plain(left if size < 0 else min(size, left)))
        for place, told in self._patches:
            first, last = max(place, self._place), min(place + len(told), self._place + len(content))
            if first < last:
                content[first - self._place : last - self._place] = told[first - place : last - place]
        self._place += len(content)
        return bytes(content)

    def _plain(self, size: int) -> bytes:
        """Returns up to so many bytes of one range."""
        place = self._place
        for start, end in self._ranges:
            if place < end - start:
                self._file.seek(start + place)
                return self._file.read(min(size, end - start - place)) or b""
            place -= end - start
        return b""

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()
