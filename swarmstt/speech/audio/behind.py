"""What lies behind the sound of a file: other files that were joined to it, or what only begins like one."""

from __future__ import annotations

from pathlib import Path

from swarmstt.speech.containers.found_part import Part
from swarmstt.speech.containers.parts import parts_behind
from swarmstt.speech.containers.reading import PartReader

_MOST_FALSE_STARTS = 100
"""What lies behind sound may begin like a file here and there, and be none."""


class Behind:
    """Looks behind the parts of a file that are known, each time behind the last of them."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._false_starts = 0
        self._may_be_mp3 = False

    def more(self, last: Part, reader: PartReader | None) -> list[Part]:
        """Returns the parts behind the last one; none if nothing is there. `reader`: what read the last one, None if
        it could not be opened."""
        end: tuple[int, bool] | None = None
        if reader is not None:
            end = reader.sound_end
        elif self._false_starts < _MOST_FALSE_STARTS:
            end = last.start + 1, self._may_be_mp3
            self._false_starts += 1
        if end is None or end[0] >= self._size:
            return []
        self._may_be_mp3 = end[1]
        return parts_behind(self._path, end[0], may_be_mp3=end[1])
