"""What comes out of speech: words, segments, and the transcript of one chunk."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word with its leading space, in seconds from the start of the chunk (or, merged, of the book).

    `tokens`: what Whisper wrote it with, each as the character of its number, which all of its 51,866 have; none if
    nobody said so.
    """

    start: float
    end: float
    text: str
    probability: float
    tokens: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A sentence or clause of a few seconds; `text` is its words joined and stripped."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordless:
    """A stretch in which somebody speaks, and for which no words were found, in seconds from the start of the chunk."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowScore:
    """How likely the words of one window are by Whisper itself; the window in seconds from the start of the chunk (or,
    merged, of the book)."""

    start: float
    end: float
    average_log_probability: float
    no_speech_probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTranscript:
    """What one chunk says. Times count from the start of the chunk, ascend, and lie in 0..duration (seconds).

    `wordless` and `windows`: none also if an older version decoded it. `windows` are those with words, in order.
    """

    language: str
    duration: float
    segments: tuple[Segment, ...]
    wordless: tuple[Wordless, ...] = ()
    windows: tuple[WindowScore, ...] = ()
