"""From the transcripts of a book's chunks to the transcript of the book."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from swarmstt.codec import to_plain
from swarmstt.core.books import SAMPLE_RATE, Chapter, ChunkSpan, Gap
from swarmstt.core.speech.doubt import Likelihood
from swarmstt.core.speech.scripts import joined
from swarmstt.core.speech.segments import segments_of, text_language
from swarmstt.core.speech.text.borders import with_joined_borders
from swarmstt.core.speech.text.centuries import with_written_centuries
from swarmstt.core.transcript import ChunkTranscript, Segment, WindowScore, Wordless
from swarmstt.errors import SwarmError
from swarmstt.ids import BookId
from swarmstt.phrases import NO_SPEECH, WORDS_MISSING

_LEAST_WITHOUT_WORDS_SECONDS = 10.0
"""A book that is shorter may well hold a sound of something."""


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
    the SHA-256 of the weights, since a name can mean one model here and another there; `engines`: all that its chunks
    were decoded with (`Provenance.engine`), each once."""

    book_id: BookId
    filename: str
    completed_at: str
    language: str
    model: str
    model_hash: str
    engines: tuple[str, ...] = ()
    title: str | None = None
    author: str | None = None
    task: str = "transcribe"
    language_is_given: bool = False
    """Nobody looked which language is spoken: a person said it, or the model knows no other."""
    narrator: str | None = None
    series: str | None = None
    files: tuple[str, ...] = ()
    """The audio, in the order in which it was read."""
    chapters: tuple[Chapter, ...] = ()
    chapters_are_given: bool = False
    """A person said which they are: none are looked for."""
    damages: tuple[Gap, ...] = ()
    """Stretches whose audio could not be read."""
    notes: tuple[str, ...] = ()
    """Sentences about its files that a person should know."""


class Merge:
    """Takes the outcomes of a book's chunks one after the other, so that no more than the words themselves is held.

    MergeError where a chunk is missing, out of order, or not where the one before it ended.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.gaps: list[Gap] = []
        self.windows: list[WindowScore] = []
        self.chunk_count = 0
        self._likelihood = Likelihood()
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
        self._likelihood.add(outcome.transcript)
        if outcome.transcript is not None:
            self.segments += shifted(outcome.transcript, span)
            self.gaps += wordless_gaps(outcome.transcript.wordless, span)
            self.windows += [
                replace(each, start=each.start + span.start_seconds, end=each.end + span.start_seconds)
                for each in outcome.transcript.windows
            ]
        elif outcome.gap_reason is not None:
            start = _milliseconds(span.start_seconds)
            self.gaps.append(Gap(start=start, end=self.duration, reason=outcome.gap_reason))
        else:
            raise MergeError(f"Chunk {span.chunk_id} has neither a transcript nor a reason for a gap.")

    def document(self, facts: BookFacts) -> dict[str, Any]:
        """The transcript in the shape that is promised outside, with the times of each word. Its sentences are those of
        the text of a whole chapter, whatever chunks it was decoded in."""
        segments = list(self.whole_sentences(facts))
        doubt = self._likelihood.doubt(facts.language, self.duration) if facts.language_is_given else None
        gaps = sorted([*self.gaps, *facts.damages, *([doubt] if doubt else [])], key=lambda gap: (gap.start, gap.end))
        return {
            "book_id": facts.book_id,
            "filename": facts.filename,
            "completed_at": facts.completed_at,
            "total_chunks": self.chunk_count,
            "segments": [plain_segment(segment) for segment in segments],
            "full_text": joined(segment.text for segment in segments),
            "duration": self.duration,
            "language": facts.language,
            "model": facts.model,
            "model_hash": facts.model_hash,
            "engine": list(facts.engines),
            "title": facts.title,
            "author": facts.author,
            "narrator": facts.narrator,
            "series": facts.series,
            "files": list(facts.files),
            "chapters": [plain_chapter(chapter) for chapter in facts.chapters],
            "gaps": [{"start": gap.start, "end": gap.end, "reason": gap.reason} for gap in gaps],
            "notes": [*(note for note in facts.notes if note != NO_SPEECH), *self._no_speech(segments)],
        }

    def _no_speech(self, segments: Sequence[Segment]) -> list[str]:
        """What to say of a book without any word, if no gap says why."""
        return [NO_SPEECH] if not segments and not self.gaps and self.duration >= _LEAST_WITHOUT_WORDS_SECONDS else []

    def whole_sentences(self, facts: BookFacts) -> Iterator[Segment]:
        """The segments of the whole book, whose sentences go on from one chunk to the next."""
        marks = [chapter.start for chapter in facts.chapters] + [gap.end for gap in self.gaps]
        language = text_language(facts.language, facts.task)
        segments = with_joined_borders(self.segments, self.windows)
        if language == "en":
            segments = with_written_centuries(segments)
        return whole_sentences(segments, marks, self.duration, language)


def whole_sentences(
    segments: Sequence[Segment], marks: Iterable[float], until: float, language: str
) -> Iterator[Segment]:
    """The segments of words that follow one another between two marks, made again of all of them: sentences go on from
    one chunk to the next. Those of a guest that sends no words stay as they are. No segment ends behind `until`."""
    ordered = sorted(marks)
    for (_, has_words), group in groupby(segments, key=lambda segment: (_place(ordered, segment), bool(segment.words))):
        if has_words:
            yield from segments_of([word for segment in group for word in segment.words], until, language)
        else:
            yield from group


def _place(marks: list[float], segment: Segment) -> int:
    """Says behind how many of these marks, in order, most of a segment lies."""
    return bisect_right(marks, (segment.start + segment.end) / 2)


def wordless_gaps(wordless: Sequence[Wordless], span: ChunkSpan) -> list[Gap]:
    """The stretches of a chunk whose words are missing as gaps of the book."""
    return [
        Gap(
            start=_milliseconds(span.start_seconds + each.start),
            end=_milliseconds(min(span.end_seconds, span.start_seconds + each.end)),
            reason=WORDS_MISSING,
        )
        for each in wordless
    ]


def shifted(transcript: ChunkTranscript, span: ChunkSpan) -> Iterator[Segment]:
    """The segments of a chunk in seconds of the book, kept inside the chunk."""
    start, end = span.start_seconds, span.end_seconds

    def place(seconds: float) -> float:
        return _milliseconds(min(end, start + max(0.0, seconds)))

    for segment in transcript.segments:
        words = tuple(replace(word, start=place(word.start), end=place(word.end)) for word in segment.words)
        yield Segment(start=place(segment.start), end=place(segment.end), text=segment.text.strip(), words=words)


def plain_chapter(chapter: Chapter) -> dict[str, Any]:
    """Returns a chapter in the shape of the transcript's JSON: only those that were found say how sure they are."""
    return {name: value for name, value in to_plain(chapter).items() if name != "certainty" or value is not None}


def plain_segment(segment: Segment) -> dict[str, Any]:
    """Returns a segment of a book in the shape of the transcript's JSON."""
    words = [
        {"start": word.start, "end": word.end, "word": word.text, "probability": round(word.probability, 3)}
        for word in segment.words
    ]
    return {"start": segment.start, "end": segment.end, "text": segment.text, "words": words}


def _milliseconds(seconds: float) -> float:
    """Finer is noise, and would differ in the last digits between PCs."""
    return round(seconds, 3)
