"""Chapters as a cue sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from swarmstt.options import OutputOptions

_FRAMES_A_SECOND = 75


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes a track for each chapter. If each file of the book is a chapter, each track has its file; else the times
    count from the beginning of the book, whose first file is named."""
    chapters = document.get("chapters") or [{"title": document.get("title") or "", "start": 0.0}]
    files = document.get("files") or [document.get("filename") or ""]
    by_file = 1 < len(files) == len(chapters)
    lines = [
        f'{name} "{_quoted(value)}"'
        for name, value in (("PERFORMER", document.get("author")), ("TITLE", document.get("title")))
        if value
    ]
    for number, chapter in enumerate(chapters, start=1):
        if by_file or number == 1:
            lines.append(_file(files[number - 1]))
        lines += _track(number, chapter["title"], 0.0 if by_file else chapter["start"])
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _file(name: str) -> str:
    path = PurePath(name)
    kind = {".mp3": "MP3", ".aiff": "AIFF", ".aif": "AIFF"}.get(path.suffix.lower(), "WAVE")
    return f'FILE "{_quoted(path.name)}" {kind}'


def _track(number: int, title: str, start: float) -> Iterator[str]:
    yield f"  TRACK {number:02} AUDIO"
    yield f'    TITLE "{_quoted(title)}"'
    yield f"    INDEX 01 {_clock(start)}"


def _clock(seconds: float) -> str:
    frames = round(seconds * _FRAMES_A_SECOND)
    whole, rest = divmod(frames, _FRAMES_A_SECOND)
    return f"{whole // 60:02}:{whole % 60:02}:{rest:02}"


def _quoted(text: str) -> str:
    """A cue sheet has no sign to write a quotation mark."""
    return " ".join(text.replace('"', "'").split())
