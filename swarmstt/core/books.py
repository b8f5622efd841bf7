"""What a person asked for, and its state: the values that books and chunks are made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

from swarmstt.codec import UNSAID_IF_NONE
from swarmstt.ids import ChunkId
from swarmstt.options import DecodeOptions, OutputOptions

SAMPLE_RATE = 16_000
"""Samples a second of all audio in the program: what Whisper takes."""


UNKNOWN_ENGINE = "unknown"
"""Stands for the engine of a chunk whose helper did not say what it decoded with."""


BESIDE = "beside the audio"
"""Is in each note about files that were to be written there."""


class BookState(Enum):
    """The state of a book."""

    OPEN = "open"
    """Its audio is being read, or some chunk of it has no transcript yet."""
    MERGING = "merging"
    """Every chunk has a transcript or is a gap; the files are being written."""
    DONE = "done"
    """The transcript is written."""
    FAILED = "failed"
    """Its audio could not be read, or its transcript not be written; the reason is kept."""


class ChunkState(Enum):
    """The state of a chunk; the values are those of the HTTP API."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    """A gap: nobody could decode it. A person can have it tried again."""


Grain = Literal["fine", "soon_fine"]
"""How books are cut that are long enough for it: `soon_fine` from ten minutes on, `fine` from an hour on, as
an earlier version did."""

ChoiceReason = Literal["in_time", "gpu", "fastest", "length_unknown", "nobody"]
"""Why a model was chosen: it is done in time; there is a GPU; none is done in time; how long the book is cannot be
told; nobody is there to say how fast it would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """Why a book has the model that was chosen for it. `expected_seconds`: in which it would be done, as it was known
    then. `better`: a model that would have been chosen and could not be had."""

    reason: ChoiceReason
    within_hours: float
    expected_seconds: float | None = None
    better: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSettings:
    """What decides the words of a book, apart from its audio.

    `model` is a name or folder, `model_hash` the SHA-256 of its weights: a helper must run that very model.
    `decode.language` None: it is detected. `chunk_seconds` is the largest size of a chunk. `chosen`: why it is that
    model, if the program chose it; that decides no words. `grain` None: the book is of an earlier version, which cut
    coarsely, and it keeps its cuts, since other ones would cost it the chunks that are done. `languages`: the codes of
    those that it may be in, if somebody said so and `decode.language` is None. `names`: those of the ebook with which
    it was added, to be expected after a person's own hot words. A book is known without them: with an ebook that comes
    later it is the same book, and nothing is decoded again.
    """

    model: str
    model_hash: str
    decode: DecodeOptions = DecodeOptions()
    chunk_seconds: float = 300.0
    chosen: ModelChoice | None = None
    grain: Grain | None = field(default=None, metadata=UNSAID_IF_NONE)
    languages: tuple[str, ...] | None = field(default=None, metadata=UNSAID_IF_NONE)
    names: tuple[str, ...] | None = field(default=None, metadata=UNSAID_IF_NONE)

    def decode_options(self, language: str) -> DecodeOptions:
        """Returns the options of every chunk, once the language of the book is known."""
        hotwords = ", ".join([*filter(None, [self.decode.hotwords]), *(self.names or ())]) or None
        return replace(self.decode, language=language, hotwords=hotwords)


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
        """Returns its end, exactly where the next chunk starts: start and length added would round differently."""
        return (self.start_sample + self.sample_count) / SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of a book without words because something went wrong; in seconds of the book."""

    start: float
    end: float
    reason: str


ChapterSource = Literal["tags", "files", "cue", "found", "edited"]
"""Where a chapter is from: marks in a file, the files of a folder, a cue sheet, what is said, or a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter; in seconds of the book. `certainty`, 0..1, is of those that were found in what is said."""

    title: str
    start: float
    end: float
    source: ChapterSource = "tags"
    certainty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSound:
    """The sound of one file of a book: its digest, the bytes of it, and where it begins, in seconds of the book."""

    digest: str
    byte_count: int
    start: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDescription:
    """What a book's files say of it. `sound` is empty until all of it was read, and for a book with damage: a mended
    copy is another book."""

    title: str | None = None
    author: str | None = None
    narrator: str | None = None
    series: str | None = None
    chapters: tuple[Chapter, ...] = ()
    damages: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    estimated_seconds: float = 0.0
    sound: tuple[FileSound, ...] = ()
    content_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who decoded a chunk, with what, and in how many seconds.

    `engine` names the library that decoded it and its version: with another version a few words of the same audio may
    come out differently. Guests and earlier versions of this program do not say.
    """

    helper_name: str
    model: str
    device: str
    compute_type: str
    processing_seconds: float
    engine: str = UNKNOWN_ENGINE
