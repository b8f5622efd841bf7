"""The process that writes transcripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from swarmstt.core.books import SAMPLE_RATE, BookOutput, ChunkSpan
from swarmstt.core.speech.merge import BookFacts, ChunkOutcome
from swarmstt.core.transcript import ChunkTranscript, Segment
from swarmstt.ids import BookId, ChunkId
from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS
from swarmstt.speech.transcripts.writer import write_book

BOOK = BookId("a1b2c3d4")
FACTS = BookFacts(
    book_id=BOOK,
    filename="book.mp3",
    completed_at="2024-01-15T10:30:00+00:00",
    language="en",
    model="base",
    model_hash="a" * 64,
)


async def outcomes(*texts: str | None) -> AsyncIterator[ChunkOutcome]:
    """Chunks of ten seconds; None is a gap."""
    for index, text in enumerate(texts):
        samples = 10 * SAMPLE_RATE
        span = ChunkSpan(chunk_id=ChunkId(BOOK, index), start_sample=index * samples, sample_count=samples)
        if text is None:
            yield ChunkOutcome(span=span, gap_reason="it could not be decoded")
        else:
            segments = (Segment(start=0.0, end=9.0, text=text, words=()),)
            yield ChunkOutcome(span=span, transcript=ChunkTranscript(language="en", duration=10.0, segments=segments))


async def test_a_gap_that_is_filled_keeps_the_name_of_the_book(tmp_path: Path) -> None:
    own = BookOutput(folder=str(tmp_path / "own"), name="transcript", formats=tuple(FORMATS), options=OutputOptions())
    wished = BookOutput(folder=str(tmp_path / "out"), name="book", formats=("txt",))
    for texts in (("Call me", None), ("Call me", "Ishmael.")):
        _, files = (await write_book(FACTS, outcomes(*texts), (own, wished))).files
        assert files == [tmp_path / "out" / "book.txt"]
    assert files[0].read_text(encoding="utf-8") == "Call me Ishmael.\n"
    assert list((tmp_path / "out").iterdir()) == files
