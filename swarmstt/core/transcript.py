"""What comes out of speech: words, segments, and the transcript of one chunk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word with its leading space, in seconds from the start of the chunk (or, merged, of the book)."""

    start: float
    end: float
    text: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A sentence or clause of a few seconds; `text` is its words joined and stripped."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTranscript:
    """What one chunk says. Times count from the start of the chunk, ascend, and lie in 0..duration (seconds)."""

    language: str
    duration: float
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOptions:
    """How every chunk of a book is decoded: decided once per book, the same on every PC.

    `language` is a Whisper code such as "en"; `task` is "transcribe" or "translate".
    """

    language: str
    task: str = "transcribe"
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5
