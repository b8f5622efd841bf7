"""The text of a book as it was written, if that is not as it was heard: in its ebook's words, or with other names."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from swarmstt.core.speech.paragraphs import paragraph_starts
from swarmstt.storage.rows import BookRecord
from swarmstt.web.api.views import SegmentView

TRANSCRIPT = "transcript.json"


def is_as_written(record: BookRecord) -> bool:
    """Says if a finished book's text differs from what its chunks say."""
    options = record.output.options
    has_ebook = record.ebook is not None and record.ebook.report is not None and not options.keep_heard
    return has_ebook or options.names is not None or bool(record.edits.respellings)


def written_segments(folder: Path, first_seconds: float, last_seconds: float) -> list[SegmentView] | None:
    """Reads the segments that begin there from the node's own copy of the transcript; None if it cannot be read. Called
    in a thread."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        document: dict[str, Any] = json.loads((folder / TRANSCRIPT).read_text(encoding="utf-8"))
        whole = [
            {
                "start": segment["start"],
                "end": segment["end"],
                "text": segment["text"],
                "words": [
                    {"start": word["start"], "end": word["end"], "word": word["word"]}
                    for word in segment.get("words", ())
                ],
            }
            for segment in document["segments"]
        ]
        return in_paragraphs(whole, first_seconds, last_seconds)
    return None


def in_paragraphs(segments: list[dict[str, Any]], first_seconds: float, last_seconds: float) -> list[SegmentView]:
    """Returns those of these segments, in order, that begin there, each with whether it begins a paragraph: what is
    before them decides that too."""
    starts = paragraph_starts(segments)
    return [
        cast(SegmentView, {**segment, "paragraph": begins})
        for segment, begins in zip(segments, starts, strict=True)
        if first_seconds <= segment["start"] < last_seconds
    ]
