"""What a person asked for, and where it stands: the values that books and chunks are made of."""

from dataclasses import dataclass
from enum import Enum

from swarmstt.core.leases import LeaseState
from swarmstt.core.transcript import DecodeOptions
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId

SAMPLE_RATE = 16_000
"""Samples a second of all audio in the program: what Whisper takes."""


class BookState(Enum):
    """Where a book stands."""

    OPEN = "open"
    """Its audio is being read, or some chunk of it has no transcript yet."""
    MERGING = "merging"
    """Every chunk has a transcript or is a gap; the files are being written."""
    DONE = "done"
    """The transcript is written."""
    FAILED = "failed"
    """Its audio could not be read, or its transcript not be written; the reason is kept."""


class ChunkState(Enum):
    """Where a chunk stands; the values are those of the HTTP API."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    """A gap: nobody could decode it. A person can have it tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSettings:
    """What decides the words of a book, apart from its audio.

    `model` is a name or folder, `model_hash` the SHA-256 of its weights: a helper must run that very model.
    `language` None: it is detected. `chunk_seconds` is the largest size of a chunk.
    """

    model: str
    model_hash: str
    language: str | None = None
    task: str = "transcribe"
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5
    chunk_seconds: float = 300.0

    def decode_options(self, language: str) -> DecodeOptions:
        return DecodeOptions(
            language=language,
            task=self.task,
            initial_prompt=self.initial_prompt,
            hotwords=self.hotwords,
            beam_size=self.beam_size,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How a book's files look. The line options are for SRT and VTT; None leaves each segment one cue."""

    word_timestamps: bool = False
    max_line_width: int | None = None
    max_line_count: int | None = None
    max_words_per_line: int | None = None
    highlight_words: bool = False

    @property
    def arranges_words(self) -> bool:
        """Whether cues are built of words."""
        return bool(self.max_line_width or self.max_line_count or self.max_words_per_line or self.highlight_words)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOutput:
    """Where a book's transcript goes: `<folder>/<name>.<format>` for each format."""

    folder: str
    name: str
    formats: tuple[str, ...]
    options: OutputOptions = OutputOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSpan:
    """A stretch of a book in samples from its start."""

    chunk_id: ChunkId
    start_sample: int
    sample_count: int

    @property
    def seconds(self) -> float:
        return self.sample_count / SAMPLE_RATE

    @property
    def start_seconds(self) -> float:
        return self.start_sample / SAMPLE_RATE

    @property
    def end_seconds(self) -> float:
        """Not start and length added, which would round otherwise than the start of the chunk behind it."""
        return (self.start_sample + self.sample_count) / SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of a book without words because something went wrong; in seconds of the book."""

    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter; in seconds of the book."""

    title: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who decoded a chunk, with what, and in how many seconds."""

    helper_name: str
    model: str
    device: str
    compute_type: str
    processing_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChunk:
    """A chunk as the store remembers it."""

    span: ChunkSpan
    state: ChunkState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLease:
    """A lease as the store remembers it; `reason` says why a failed one failed."""

    lease_id: LeaseId
    chunk_id: ChunkId
    helper_id: HelperId
    helper_name: str
    state: LeaseState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """A book as the store remembers it: what a restarted coordinator begins with."""

    book_id: BookId
    settings: BookSettings
    state: BookState
    language: str | None
    paused: bool
    read_whole: bool
    chunks: tuple[StoredChunk, ...]
    leases: tuple[StoredLease, ...] = ()
    reason: str | None = None
    alone: bool = False
