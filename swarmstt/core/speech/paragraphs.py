"""A transcript as readable text: its segments in chapters and paragraphs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PAUSE_SECONDS = 1.2
"""Readers pause longer between paragraphs than between sentences."""
_LONG_CHARACTERS, _LONG_PAUSE_SECONDS = 700, 0.6
"""A paragraph that is long ends at a shorter pause."""
_LONGEST_CHARACTERS = 1500
_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")
_CLOSING = "\"'”’»)]}」』"

Segments = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ReadableChapter:
    """A chapter, its title empty if it has none, and its paragraphs as lists of segments."""

    title: str
    paragraphs: list[Segments]


def readable_chapters(document: dict[str, Any]) -> list[ReadableChapter]:
    """Returns the segments of a transcript in chapters and paragraphs: sentences and pauses decide. A chapter without
    any text is left out."""
    chapters = document.get("chapters") or []
    starts = [chapter["start"] for chapter in chapters]
    grouped: dict[int, Segments] = {}
    for segment in document["segments"]:
        if segment["text"].strip():
            middle = (segment["start"] + segment["end"]) / 2
            grouped.setdefault(max(0, bisect_right(starts, middle) - 1), []).append(segment)
    return [
        ReadableChapter(chapters[place]["title"] if chapters else "", list(_paragraphs(segments)))
        for place, segments in grouped.items()
    ]


def _paragraphs(segments: Sequence[dict[str, Any]]) -> Iterator[Segments]:
    paragraph: Segments = []
    length = 0
    for segment in segments:
        if paragraph and _parts(paragraph[-1], segment, length):
            yield paragraph
            paragraph, length = [], 0
        paragraph.append(segment)
        length += len(segment["text"])
    if paragraph:
        yield paragraph


def _parts(before: dict[str, Any], after: dict[str, Any], length: int) -> bool:
    if not before["text"].rstrip().rstrip(_CLOSING).endswith(_ENDS):
        return False
    pause = after["start"] - before["end"]
    is_long = length >= _LONG_CHARACTERS and pause >= _LONG_PAUSE_SECONDS
    return bool(pause >= PAUSE_SECONDS or is_long or length >= _LONGEST_CHARACTERS)
