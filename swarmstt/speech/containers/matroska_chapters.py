"""Chapters of a Matroska file, nested ones too: FFmpeg reads the outer ones only, and of several that begin together
only the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from swarmstt.files import open_regular
from swarmstt.speech.containers.found_part import read_at

_SEGMENT, _CHAPTERS, _EDITION, _ATOM = 0x18538067, 0x1043A770, 0x45B9, 0xB6
_START, _END, _HIDDEN, _ENABLED, _DISPLAY, _TITLE = 0x91, 0x92, 0x98, 0x4598, 0x80, 0x85
_EDITION_HIDDEN, _EDITION_DEFAULT = 0x45BD, 0x45DB
_MOST_ELEMENTS = 200_000
_MOST_BYTES = 16 * 2**20
_DEEPEST = 8
_NANOSECONDS = Fraction(1, 1_000_000_000)


@dataclass(slots=True)
class _Edition:
    """One way to divide the file; players show the default one."""

    is_default: bool = False
    is_hidden: bool = False
    chapters: list[dict[str, Any]] = field(default_factory=list)


def matroska_chapters(path: Path) -> list[dict[str, Any]]:
    """Returns the chapters as PyAV gives them, each before those inside it; none if there are none. OSError if the file
    cannot be read."""
    with open_regular(path) as file:
        content = _chapters_content(file)
    editions = [_edition(inside) for identity, inside in _elements(content) if identity == _EDITION]
    shown = sorted((each for each in editions if not each.is_hidden), key=lambda each: not each.is_default)
    return shown[0].chapters if shown else []


def _chapters_content(file: BinaryIO) -> bytes:
    """Returns what the chapters' element holds, wherever in the first segment it is."""
    size = file.seek(0, 2)
    place, segment_end = 0, 0
    for _ in range(_MOST_ELEMENTS):
        if place >= (segment_end or size):  # a length may lead further than any file goes
            break
        head = _head(read_at(file, place, 12))
        if head is None:
            break
        identity, length, head_bytes = head
        if identity == _SEGMENT:
            segment_end = size if length is None else min(size, place + head_bytes + length)
            place += head_bytes
            continue
        if length is None:
            break
        if identity == _CHAPTERS:
            return read_at(file, place + head_bytes, min(length, _MOST_BYTES))
        place += head_bytes + length
    return b""


def _edition(content: bytes) -> _Edition:
    edition = _Edition()
    for identity, inside in _elements(content):
        if identity == _EDITION_DEFAULT:
            edition.is_default = _number(inside) == 1
        elif identity == _EDITION_HIDDEN:
            edition.is_hidden = _number(inside) == 1
        elif identity == _ATOM:
            edition.chapters += _atom(inside, 0)
    return edition


def _atom(content: bytes, depth: int) -> list[dict[str, Any]]:
    """Returns a chapter, and those in it."""
    start, end, title, is_shown, inner = 0, None, "", True, []
    for identity, inside in _elements(content):
        if identity == _START:
            start = _number(inside)
        elif identity == _END:
            end = _number(inside)
        elif identity == _HIDDEN:
            is_shown = is_shown and _number(inside) == 0
        elif identity == _ENABLED:
            is_shown = is_shown and _number(inside) == 1
        elif identity == _DISPLAY and not title:
            title = next((each.decode("utf-8", "replace") for kind, each in _elements(inside) if kind == _TITLE), "")
        elif identity == _ATOM and depth < _DEEPEST:
            inner += _atom(inside, depth + 1)
    told = start if end is None else end
    chapter = {"start": start, "end": told, "time_base": _NANOSECONDS, "metadata": {"title": title.rstrip("\0")}}
    return [*([chapter] if is_shown else []), *inner]


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Returns the elements that stand one after another here: what they are, and what they hold."""
    place = 0
    while (head := _head(content[place : place + 12])) is not None:
        identity, length, head_bytes = head
        first = place + head_bytes
        place = len(content) if length is None else first + length
        yield identity, content[first:place]


def _head(content: bytes) -> tuple[int, int | None, int] | None:
    """Returns what an element is, how long what it holds is (None: it does not say), and how long its head is."""
    wide = _width(content)
    long = _width(content[wide:])
    if not wide or wide > 4 or not long or len(content) < wide + long:
        return None
    length = int.from_bytes(content[wide : wide + long], "big") & ((1 << 7 * long) - 1)
    is_unknown = length == (1 << 7 * long) - 1
    return int.from_bytes(content[:wide], "big"), None if is_unknown else length, wide + long


def _width(content: bytes) -> int:
    """How many bytes a number takes; 0 if this is not one."""
    return 9 - content[0].bit_length() if content and content[0] else 0


def _number(content: bytes) -> int:
    return int.from_bytes(content[:8], "big")
