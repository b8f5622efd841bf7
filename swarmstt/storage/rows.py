"""Between values and what a database row holds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import msgpack

from swarmstt.core.books import BookSettings, Chapter, Gap
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.ids import BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOutput:
    """Where and how a book's transcript is written: a folder, formats, and the line options of subtitles."""

    folder: str
    name: str
    formats: tuple[str, ...] = ("txt", "vtt", "srt", "tsv", "json")
    word_timestamps: bool = False
    max_line_width: int | None = None
    max_line_count: int | None = None
    max_words_per_line: int | None = None
    highlight_words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRecord:
    """All that is kept of a book beside its chunks."""

    book_id: BookId
    fingerprint: str
    filename: str
    sources: tuple[str, ...]
    uploaded: bool
    settings: BookSettings
    output: BookOutput
    added_at: str
    state: str = "open"
    reason: str | None = None
    language: str | None = None
    paused: bool = False
    read_whole: bool = False
    title: str | None = None
    author: str | None = None
    chapters: tuple[Chapter, ...] = ()
    damages: tuple[Gap, ...] = ()
    estimated_seconds: float = 0.0
    completed_at: str | None = None
    files: tuple[str, ...] = field(default=())


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def record_from_row(row: dict[str, Any]) -> BookRecord:
    output = json.loads(row["output"])
    return BookRecord(
        book_id=BookId(row["book_id"]),
        fingerprint=row["fingerprint"],
        filename=row["filename"],
        sources=tuple(json.loads(row["sources"])),
        uploaded=bool(row["uploaded"]),
        settings=BookSettings(**json.loads(row["settings"])),
        output=BookOutput(**{**output, "formats": tuple(output["formats"])}),
        added_at=row["added_at"],
        state=row["state"],
        reason=row["reason"],
        language=row["language"],
        paused=bool(row["paused"]),
        read_whole=bool(row["read_whole"]),
        title=row["title"],
        author=row["author"],
        chapters=tuple(Chapter(**each) for each in json.loads(row["chapters"])),
        damages=tuple(Gap(**each) for each in json.loads(row["damages"])),
        estimated_seconds=row["estimated_seconds"],
        completed_at=row["completed_at"],
        files=tuple(json.loads(row["files"])),
    )


def row_from_record(record: BookRecord) -> dict[str, Any]:
    """The parameters of the query add_book."""
    return {
        "book_id": record.book_id,
        "fingerprint": record.fingerprint,
        "filename": record.filename,
        "sources": to_json(record.sources),
        "uploaded": record.uploaded,
        "settings": to_json(asdict(record.settings)),
        "output": to_json(asdict(record.output)),
        "state": record.state,
        "language": record.language,
        "added_at": record.added_at,
    }


def pack_transcript(transcript: ChunkTranscript) -> bytes:
    segments = [
        [s.start, s.end, s.text, [[w.start, w.end, w.text, w.probability] for w in s.words]]
        for s in transcript.segments
    ]
    packed: bytes = msgpack.packb([transcript.language, transcript.duration, segments])
    return packed


def unpack_transcript(data: bytes) -> ChunkTranscript:
    language, duration, segments = msgpack.unpackb(data)
    return ChunkTranscript(
        language=language,
        duration=duration,
        segments=tuple(
            Segment(
                start=start,
                end=end,
                text=text,
                words=tuple(Word(start=w[0], end=w[1], text=w[2], probability=w[3]) for w in words),
            )
            for start, end, text, words in segments
        ),
    )
