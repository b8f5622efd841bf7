"""Title, author and chapters as FFmpeg takes them: `ffmpeg -i book.m4b -i book.ffmetadata -map_chapters 1 …`."""

from __future__ import annotations

import re
from typing import Any

from swarmstt.options import OutputOptions

_SPECIAL = re.compile(r"([=;#\\])")


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes a section for each chapter, in milliseconds. A chapter that takes no time is left out: FFmpeg would refuse
    the file."""
    lines = [";FFMETADATA1"]
    lines += [
        f"{name}={_escaped(value)}"
        for name, value in (
            ("title", document.get("title")),
            ("artist", document.get("author")),
            ("composer", document.get("narrator")),
        )
        if value
    ]
    for chapter in document.get("chapters") or ():
        start, end = round(chapter["start"] * 1000), round(chapter.get("end", chapter["start"]) * 1000)
        if end > start:
            title = _escaped(chapter["title"])
            lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={title}"]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
