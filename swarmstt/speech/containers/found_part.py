"""One container in a file, and how to look for the next."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import BinaryIO

_BLOCK_BYTES = 2**20
HEADS = re.compile(
    rb"(?:RIFF|RF64|BW64)....(?:WAVE|AVI )|FORM....AIF[FC]|caff\x00\x01\x00\x00desc|fLaC\x00\x00\x00\x22|OggS\x00\x02"
    rb"|\x00\x00\x00[\x10-\x40]ftyp[A-Za-z0-9]{3}|\x1a\x45\xdf\xa3.{1,48}(?:webm|matroska)|FLV\x01[\x01\x04\x05]\x00"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c",
    re.DOTALL,
)
"""What the containers of FFmpeg begin with that does not search for their beginning."""
LONGEST_HEAD = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One container: its bytes in the file, and what its header gets wrong.

    `patches` are (place in the part, bytes that are to be read there). `missing` is the part (0..1) of its audio that
    the header counts and the file lacks, `cut_off` says that its end is missing without saying how much. `more_bytes`
    lie behind what the header counts, and are read too. `tags` are bytes of the file that are to be read before it.
    `missing_before` are seconds of sound that lack at its beginning.
    """

    start: int
    end: int
    patches: tuple[tuple[int, bytes], ...] = ()
    missing: float = 0.0
    cut_off: bool = False
    more_bytes: int = 0
    tags: tuple[int, int] | None = None
    missing_before: float = 0.0

    def is_whole_file(self, size: int) -> bool:
        """Says if this is all of a file, as it is."""
        return self.start == 0 and self.end == size and not self.patches and self.tags is None


def lacking(held: int, counted: int) -> float:
    """Returns the part (0..1) of the counted bytes that are not held; 0 if nothing is counted."""
    return 0.0 if counted <= 0 else min(1.0, max(0.0, 1.0 - max(0, held) / counted))


def read_at(file: BinaryIO, place: int, length: int) -> bytes:
    """Returns up to so many bytes from this place: none from behind the end, however far that is."""
    return file.read(length) if _goes_to(file, place) else b""


def _goes_to(file: BinaryIO, place: int) -> bool:
    """Goes to a place that a header names; False if it is farther than any file here can be long."""
    try:
        file.seek(place)
    except ValueError:
        return False
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return True


def find(file: BinaryIO, pattern: re.Pattern[bytes], start: int, longest: int, *, end: int | None = None) -> int | None:
    """Returns where the first match of at most `longest` bytes begins, from `start` on; None if there is none before
    about `end`."""
    rest, place = b"", start
    if not _goes_to(file, start):
        return None
    while (end is None or place < end) and (block := file.read(_BLOCK_BYTES)):
        window = rest + block
        if match := pattern.search(window):
            return place - len(rest) + match.start()
        place += len(block)
        rest = window[-(longest - 1) :]
    return None


def is_zero(file: BinaryIO, start: int, end: int) -> bool:
    """Says if all bytes of this stretch are zero."""
    if not _goes_to(file, start):
        return True
    while start < end:
        block = file.read(min(_BLOCK_BYTES, end - start))
        if not block:
            return True
        if block.strip(b"\0"):
            return False
        start += len(block)
    return True
