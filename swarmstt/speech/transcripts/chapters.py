"""The chapters of a transcript whose files name none: found in what is said, or in the ebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from swarmstt.codec import to_plain
from swarmstt.core.books import Chapter
from swarmstt.core.ebooks.clips import Clip
from swarmstt.core.ebooks.report import EbookReport
from swarmstt.core.speech.found_chapters import found_chapters, parts_by_pauses

_READ_SHARE = 0.5
_FIRST_SECONDS = 60.0
"""What is said before the first chapter belongs to it if it is shorter."""


def heard_chapters(document: dict[str, Any], language: str) -> tuple[Chapter, ...]:
    """Finds the announced chapters of a transcript, or else the parts that long pauses set apart; none if its files
    name some. `language`: of the text."""
    if document["chapters"]:
        return ()
    segments, duration = document["segments"], document["duration"]
    found = found_chapters(segments, duration, language) or parts_by_pauses(
        segments, duration, document.get("gaps", ())
    )
    return tuple(
        Chapter(title=each.title, start=each.start, end=each.end, source="found", certainty=each.certainty)
        for each in found
    )


def printed_chapters(
    document: dict[str, Any], titles: Sequence[str], clips: Sequence[Clip], report: EbookReport
) -> tuple[Chapter, ...]:
    """Finds the chapters by the documents of the ebook that its table of contents names, and that were read; none if
    the book's files name some. `titles` are those of all documents; `clips` are in the order of their times."""
    if document["chapters"]:
        return ()
    found = {each.number: each.found for each in report.documents}
    starts: dict[int, float] = {}
    for clip in clips:
        if titles[clip.document] and found.get(clip.document, 0.0) >= _READ_SHARE:
            starts.setdefault(clip.document, clip.begin_seconds)
    if len(starts) < 2:
        return ()
    numbers = sorted(starts, key=lambda number: starts[number])
    begins = [starts[number] for number in numbers]
    begins[0] = 0.0 if begins[0] < _FIRST_SECONDS else begins[0]
    return tuple(
        Chapter(
            title=titles[number],
            start=round(start, 3),
            end=round(end, 3),
            source="found",
            certainty=round(found[number], 2),
        )
        for number, start, end in zip(numbers, begins, [*begins[1:], document["duration"]], strict=True)
    )


def with_chapters(document: dict[str, Any], chapters: Sequence[Chapter]) -> dict[str, Any]:
    """Returns the transcript with these chapters, if there are any."""
    return {**document, "chapters": [to_plain(chapter) for chapter in chapters]} if chapters else document
