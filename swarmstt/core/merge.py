"""From the transcripts of a book's chunks to the transcript of the book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from swarmstt.core.books import SAMPLE_RATE, Chapter, ChunkSpan, Gap
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.errors import SwarmError
from swarmstt.ids import BookId


class MergeError(SwarmError):
    """The chunks of the book do not fit together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkOutcome:
    """What became of a chunk: a transcript, or the reason why it is a gap."""

    span: ChunkSpan
    transcript: ChunkTranscript | None = None
    gap_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFacts:
    """What the transcript says of the book besides its words. `completed_at`: ISO 8601 with an offset; `model_hash`:
    the SHA-256 of the weights, since a name can mean one model here and another there."""

    book_id: BookId
    filename: str
    completed_at: str
    language: str
    model: str
    model_hash: str
    title: str | None = None
    author: str | None = None
    chapters: tuple[Chapter, ...] = ()
    damages: tuple[Gap, ...] = ()
    """Stretches whose audio could not be read."""


class Merge:
    """Takes the outcomes of a book's chunks one after the other, so that no more than the words themselves is held.

    MergeError where a chunk is missing, out of order, or not where the one before it ended.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.gaps: list[Gap] = []
        self.chunk_count = 0
        self._end_sample = 0

    @property
    def duration(self) -> float:
        """Seconds of audio merged so far."""
        return _milliseconds(self._end_sample / SAMPLE_RATE)

    def add(self, outcome: ChunkOutcome) -> None:
        span = outcome.span
        if span.chunk_id.index != self.chunk_count or span.start_sample != self._end_sample:
            raise MergeError(f"Chunk {self.chunk_count} was expected at sample {self._end_sample}, not {span}.")
        self.chunk_count += 1
        self._end_sample = span.start_sample + span.sample_count
        if outcome.transcript is not None:
            self.segments += shifted(outcome.transcript, span)
        elif outcome.gap_reason is not None:
            start = _milliseconds(span.start_seconds)
            self.gaps.append(Gap(start=start, end=self.duration, reason=outcome.gap_reason))
        else:
            raise MergeError(f"Chunk {span.chunk_id} has neither a transcript nor a reason for a gap.")

    def document(self, facts: BookFacts) -> dict[str, Any]:
        """The transcript in the shape that is promised outside, with the times of each word."""
        gaps = sorted([*self.gaps, *facts.damages], key=lambda gap: (gap.start, gap.end))
        return {
            "book_id": facts.book_id,
            "filename": facts.filename,
            "completed_at": facts.completed_at,
            "total_chunks": self.chunk_count,
            "segments": [_segment(segment) for segment in self.segments],
            "full_text": " ".join(segment.text for segment in self.segments if segment.text),
            "duration": self.duration,
            "language": facts.language,
            "model": facts.model,
            "model_hash": facts.model_hash,
            "title": facts.title,
            "author": facts.author,
            "chapters": [{"title": c.title, "start": c.start, "end": c.end} for c in facts.chapters],
            "gaps": [{"start": gap.start, "end": gap.end, "reason": gap.reason} for gap in gaps],
        }


def shifted(transcript: ChunkTranscript, span: ChunkSpan) -> Iterator[Segment]:
    """The segments of a chunk in seconds of the book, kept inside the chunk."""
    start, end = span.start_seconds, span.end_seconds

    def place(seconds: float) -> float:
        return _milliseconds(min(end, start + max(0.0, seconds)))

    for segment in transcript.segments:
        words = tuple(
            Word(start=place(word.start), end=place(word.end), text=word.text, probability=word.probability)
            for word in segment.words
        )
        yield Segment(start=place(segment.start), end=place(segment.end), text=segment.text.strip(), words=words)


def _segment(segment: Segment) -> dict[str, Any]:
    words = [
        {"start": word.start, "end": word.end, "word": word.text, "probability": round(word.probability, 3)}
        for word in segment.words
    ]
    return {"start": segment.start, "end": segment.end, "text": segment.text, "words": words}


def _milliseconds(seconds: float) -> float:
    """Finer is noise, and would differ in the last digits between PCs."""
    return round(seconds, 3)
