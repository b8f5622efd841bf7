"""Reads JSON in which one text is very long, such as a recording in base64, without having it in memory whole.

Long texts are left where they are: in what is parsed, a mark stands for each. A block at a time is looked at, since
while Python looks at one nobody else in the process goes on.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from swarmstt.bodies import parse_json
from swarmstt.codec import PlainError

LONG_BYTES = 2**16
"""A text as long as this stays in its file."""
MOST_BYTES_BESIDES = 2**20
"""All that is no long text."""
BLOCK_BYTES = 2**16
"""So much is looked at in one go: a millisecond or two."""
DISK_BYTES = 2**18
"""So much is read from or written to a disk in one go."""
_REST_SECONDS = 0.001
"""Between two of these. Python's lock is free too while a disk is waited for, but often for so short a time that nobody
else wakes up and takes it; and who wanted it meanwhile begins again to wait for the end of a turn."""
_QUOTE = b'"'
_ESCAPE = re.compile(rb"\\(?:/|u00[2-7][0-9a-fA-F])")
"""What a program may write instead of a sign of base64: PHP writes `/` so, .NET `+`."""
_UNFINISHED = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_MOST_UNFINISHED = 5


@dataclass(slots=True)
class _Besides:
    """What is no long text."""

    data: bytearray = field(default_factory=bytearray)

    def add(self, piece: bytes) -> None:
        self.data += piece
        if len(self.data) > MOST_BYTES_BESIDES:
            raise PlainError("A message has more in it than it should.")


@dataclass(slots=True)
class _Text:
    """A text that is being read: where it begins in the file, and its first bytes."""

    start: int
    head: bytearray = field(default_factory=bytearray)
    byte_count: int = 0

    def add(self, piece: bytes) -> None:
        self.byte_count += len(piece)
        if len(self.head) < LONG_BYTES:
            self.head += piece[:LONG_BYTES]


class LongTexts:
    """The JSON in a file, as `thing`: PlainError for what is not JSON, or builds more than any message needs. Blocks
    the thread that it is called in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = f"\u0001{secrets.token_hex(8)}-"
        """Nobody else writes such a text."""
        self._spans: list[tuple[int, int]] = []
        with path.open("rb") as file:
            besides = self._besides(file)
        self.thing: Any = parse_json(bytes(besides))

    def _besides(self, file: BinaryIO) -> bytearray:
        besides, text = _Besides(), None
        rest, place = b"", 0
        for block in _blocks(file):
            block, at = rest + block, 0
            while at < len(block):
                if text is None:
                    quote = block.find(_QUOTE, at)
                    end = len(block) if quote < 0 else quote
                    besides.add(block[at:end])
                    at = end + 1
                    text = None if quote < 0 else _Text(place + at)
                    continue
                end = _end_inside(block, at)
                text.add(block[at:end])
                at = end
                if block[at : at + 1] != _QUOTE:
                    break  # it goes on in the next block
                self._end(text, besides)
                at, text = at + 1, None
            rest = block[at:]
            place += min(at, len(block))
        if text is not None or rest:
            raise PlainError("A message could not be read: it breaks off.")
        return besides.data

    def _end(self, text: _Text, besides: _Besides) -> None:
        if text.byte_count < LONG_BYTES:
            besides.add(_QUOTE + bytes(text.head) + _QUOTE)
        else:
            besides.add(f'"\\u0001{self._mark[1:]}{len(self._spans)}"'.encode())
            self._spans.append((text.start, text.byte_count))

    def is_long(self, text: str) -> bool:
        """Returns whether a text of `thing` stands for a long one."""
        return text.startswith(self._mark)

    def from_base64(self, text: str) -> Iterator[bytes]:
        """Yields what a text of `thing` holds in base64, after a comma if there is one in its head (a data URL), in
        blocks. ValueError for what is not base64."""
        left = b""
        for index, piece in enumerate(self._pieces(text)):
            said = piece if index else piece.rpartition(b",")[2]
            said = left + said
            whole = max(0, (len(said) - 1) // 4 * 4)  # the last four may have signs that say where it ends
            yield _without_end(said[:whole])
            left = said[whole:]
        yield base64.b64decode(left, validate=True)

    def _pieces(self, text: str) -> Iterator[bytes]:
        if not self.is_long(text):
            yield text.encode()
            return
        start, left = self._spans[int(text.removeprefix(self._mark))]
        with self._path.open("rb") as file:
            file.seek(start)
            held = b""
            for piece in _blocks(file):
                piece = piece[:left]
                left -= len(piece)
                piece = held + piece
                cut = _UNFINISHED.search(piece, max(0, len(piece) - _MOST_UNFINISHED)) if left else None
                end = len(piece) if cut is None else cut.start()
                held = piece[end:]  # its signs are in the next block
                yield _without_escapes(piece[:end])
                if not left:
                    return


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while read := file.read(DISK_BYTES):
        time.sleep(_REST_SECONDS)
        for at in range(0, len(read), BLOCK_BYTES):
            yield read[at : at + BLOCK_BYTES]


def _end_inside(block: bytes, at: int) -> int:
    """Returns where the inside of a text ends that goes on at `at`: at its quote, or where the block does, before a
    backslash whose sign is in the next one."""
    while True:
        quote = block.find(_QUOTE, at)
        end = len(block) if quote < 0 else quote
        said = block[at:end]
        is_escaped = (len(said) - len(said.rstrip(b"\\"))) % 2 == 1
        if quote < 0:
            return end - is_escaped
        if not is_escaped:
            return end
        at = end + 1


def _without_escapes(piece: bytes) -> bytes:
    """Returns the signs that escapes stand for in their places. binascii.Error for a backslash, which is none of
    base64."""
    if b"\\\\" in piece:
        raise binascii.Error("It has a backslash.")
    for escape in set(_ESCAPE.findall(piece)):  # one by one: a function called for each place would keep Python busy
        sign = b"/" if escape == b"\\/" else bytes([int(escape[-2:], 16)])
        if sign != b"\\":
            piece = piece.replace(escape, sign)
    return piece


def _without_end(piece: bytes) -> bytes:
    if b"=" in piece:
        raise binascii.Error("More follows its end.")
    return base64.b64decode(piece, validate=True)
