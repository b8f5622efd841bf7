"""What a person, a script or a guest asks of a node, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from swarmstt.core.books import OutputOptions
from swarmstt.core.transcript import Segment
from swarmstt.ids import BookId


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOptions:
    """How a book is to be done; None: as the node is set. `output_dir` is a folder on the node's PC; `alone`: on
    that PC only; `first`: before the books that are there."""

    model: str | None = None
    language: str | None = None
    task: str = "transcribe"
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5
    chunk_seconds: float = 300.0
    output_dir: str | None = None
    formats: tuple[str, ...] = ("txt", "vtt", "srt", "tsv", "json")
    output: OutputOptions = OutputOptions()
    alone: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedBook:
    """A book that was taken. `known`: it had been added before, by the name `filename`, and is not decoded again;
    `given` is what it is called where it was found now."""

    book_id: BookId
    filename: str
    given: str
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestTranscript:
    """What a guest decoded; times in seconds from the chunk's start."""

    language: str
    duration: float
    segments: tuple[Segment, ...]
