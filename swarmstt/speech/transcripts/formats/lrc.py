"""Lyrics with times (LRC), which players of music show."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues

_LONG_PAUSE_SECONDS = 5.0
"""A line is shown until the next one; an empty one takes it away."""


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes a line for each segment and gap. Players know hours in it only where they are needed."""
    segments = cues.plain(cues.with_gaps(document))
    lines = [
        f"[{name}:{_tag(value)}]"
        for name, value in (("ti", document.get("title")), ("ar", document.get("author")))
        if value
    ]
    for segment, after in pairwise([*segments, None]):
        assert segment is not None
        lines.append(f"[{clock(segment['start'])}]{segment['text']}")
        if after is not None and after["start"] - segment["end"] >= _LONG_PAUSE_SECONDS:
            lines.append(f"[{clock(segment['end'])}]")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def forms_before(document: dict[str, Any], options: OutputOptions) -> set[bytes]:
    """Makes what earlier versions made, which did not say where something is missing."""
    return {render({**document, "gaps": []}, options)}


def clock(seconds: float) -> str:
    """Writes a moment as minutes, seconds and hundredths, from an hour on with hours."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours = f"{minutes // 60:02}:" if minutes >= 60 else ""
    return f"{hours}{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"


def _tag(text: str) -> str:
    return " ".join(text.replace("[", "(").replace("]", ")").split())
