"""What a person, a script or a guest asks of a node, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from swarmstt.codec import called
from swarmstt.core.books import UNKNOWN_ENGINE
from swarmstt.core.transcript import Segment, WindowScore, Wordless
from swarmstt.ids import BookId
from swarmstt.options import REQUEST, DecodeOptions, OutputOptions, option
from swarmstt.output_formats import USUAL_FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOptions:
    """How a book is to be done; None: as the node is set. `done_within_hours` counts for the model "auto". `output_dir`
    is a folder on the node's PC, and `ebook` an EPUB there; `local_only`: on that PC only; `first`: before the books
    that are there."""

    model: str | None = None
    decode: DecodeOptions = DecodeOptions()
    chunk_seconds: float = 300.0
    done_within_hours: float = field(default=12.0, metadata=called("done_within"))
    output_dir: str | None = None
    formats: tuple[str, ...] = USUAL_FORMATS
    ebook: str | None = None
    output: OutputOptions = OutputOptions()
    local_only: bool = field(default=False, metadata=called("alone"))
    first: bool = option(False, "before the books that are there", group=REQUEST)
    one_book: bool = option(False, "all paths are one book, in this order", group=REQUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedBook:
    """A book that was taken. `known`: it had been added before, by the name `filename`, and is not decoded again;
    `given` is its name in the place where it was found now."""

    book_id: BookId
    filename: str
    given: str
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestTranscript:
    """What a guest decoded; times in seconds from the chunk's start. `engine`: as in Provenance."""

    language: str
    duration: float
    segments: tuple[Segment, ...]
    engine: str = UNKNOWN_ENGINE
    wordless: tuple[Wordless, ...] = ()
    windows: tuple[WindowScore, ...] = ()
