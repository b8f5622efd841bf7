"""The answers that programs expect, field by field, made of what was heard.

Every number is the decoder's own. What nobody said (an older PC decoded that part, or a guest) is null, or counted
again from the words.
"""

from __future__ import annotations

import math
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.core.speech.scripts import joined
from swarmstt.core.transcript import Segment, WindowScore, Word

FRAMES_A_SECOND = 100
"""Whisper counts the place of a window in frames."""
_EDGE_SECONDS = 0.5
"""Words may begin or end a little outside of their window."""
OWNER = "swarmstt"
"""Whose the models are."""
UNKNOWN_SPEAKER = "unknown"
"""Nobody here tells voices apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A recording in words, in seconds from its start. `language` is a code, `language_name` its English name."""

    segments: tuple[Segment, ...]
    windows: tuple[WindowScore, ...]
    duration: float
    language: str
    language_name: str

    @property
    def text(self) -> str:
        return joined(segment.text for segment in self.segments)


def answer(heard: Heard, request: ProgramRequest) -> dict[str, Any]:
    """Returns the answer of a request for one of the formats that are JSON."""
    match request.answer_format:
        case "verbose_json":
            return _verbose(heard, request)
        case "diarized_json":
            return _diarized(heard, request)
        case "asr_json":
            return _asr(heard, request)
        case _:
            return _plain(heard, request)


def usage(heard: Heard) -> dict[str, Any]:
    return {"type": "duration", "seconds": heard.duration}


def _plain(heard: Heard, request: ProgramRequest) -> dict[str, Any]:
    """Text and usage alone, unless times were asked for by name."""
    more: dict[str, Any] = {}
    if request.segments:
        more["segments"] = segments_of(heard, words=request.words)
    if request.words:
        more["words"] = words_of(heard)
    return {"text": heard.text, "usage": usage(heard), **more}


def _verbose(heard: Heard, request: ProgramRequest) -> dict[str, Any]:
    found = {
        "task": request.task,
        "language": heard.language_name,
        "duration": heard.duration,
        "text": heard.text,
        "segments": segments_of(heard, words=request.words),
    }
    if request.words:
        found["words"] = words_of(heard)
    return {**found, "usage": usage(heard)}


def _diarized(heard: Heard, request: ProgramRequest) -> dict[str, Any]:
    return {
        "task": request.task,
        "duration": heard.duration,
        "text": heard.text,
        "segments": [segment_event(index, segment) for index, segment in enumerate(heard.segments)],
        "usage": usage(heard),
    }


def _asr(heard: Heard, request: ProgramRequest) -> dict[str, Any]:
    segments = segments_of(heard, words=request.words)
    return {"text": heard.text, "segments": segments, "language": heard.language}


def segment_event(index: int, segment: Segment) -> dict[str, Any]:
    """Returns a segment as it is told on the way, and in diarized_json."""
    return {
        "type": "transcript.text.segment",
        "id": f"seg_{index}",
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "speaker": UNKNOWN_SPEAKER,
    }


def words_of(heard: Heard) -> list[dict[str, Any]]:
    return [_word(word) for segment in heard.segments for word in segment.words]


def segments_of(heard: Heard, *, words: bool) -> list[dict[str, Any]]:
    """Returns the segments with what Whisper thinks of each: its likelihoods are those of the window that it is in, as
    with Whisper itself."""
    starts = [window.start for window in heard.windows]
    places = [_place(heard.windows, starts, segment) for segment in heard.segments]
    by_window = _texts(heard, places)
    found = []
    for index, (segment, place) in enumerate(zip(heard.segments, places, strict=True)):
        window = heard.windows[place] if place is not None else None
        made: dict[str, Any] = {
            "id": index,
            "seek": round((segment.start if window is None else window.start) * FRAMES_A_SECOND),
            "start": segment.start,
            "end": segment.end,
            "text": f" {segment.text}",
            "tokens": [ord(token) for word in segment.words for token in word.tokens],
            "temperature": 0.0,
            "avg_logprob": _average(segment.words) if window is None else window.average_log_probability,
            "compression_ratio": compression_ratio(segment.text if place is None else by_window[place]),
            "no_speech_prob": None if window is None else window.no_speech_probability,
        }
        if words:
            made["words"] = [_word(word) for word in segment.words]
        found.append(made)
    return found


def model_list(names: Iterable[str]) -> dict[str, Any]:
    """Returns what OpenAI's API answers for its models, each once."""
    return {"object": "list", "data": [model_of(name) for name in dict.fromkeys(names)]}


def model_of(name: str) -> dict[str, Any]:
    return {"id": name, "created": 0, "object": "model", "owned_by": OWNER}


def compression_ratio(text: str) -> float:
    """Returns how much smaller zlib makes a text, as Whisper measures whether it repeats itself."""
    data = text.encode("utf-8", "replace")
    return round(len(data) / len(zlib.compress(data)), 4) if data else 0.0


def _place(windows: Sequence[WindowScore], starts: Sequence[float], segment: Segment) -> int | None:
    """Which window a segment is in, by its middle; None if it is in none that anybody told of."""
    middle = (segment.start + segment.end) / 2
    place = bisect_right(starts, middle + _EDGE_SECONDS) - 1
    return place if place >= 0 and middle <= windows[place].end + _EDGE_SECONDS else None


def _texts(heard: Heard, places: Sequence[int | None]) -> dict[int, str]:
    """The text of each window."""
    texts: dict[int, list[str]] = {}
    for segment, place in zip(heard.segments, places, strict=True):
        if place is not None:
            texts.setdefault(place, []).append(segment.text)
    return {place: joined(each) for place, each in texts.items()}


def _average(words: Sequence[Word]) -> float | None:
    """The mean log probability of words of which each has its own; None without words."""
    if not words:
        return None
    return round(sum(math.log(min(1.0, max(word.probability, 1e-6))) for word in words) / len(words), 4)


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.text.strip(),
        "start": word.start,
        "end": word.end,
        "probability": round(word.probability, 4),
    }
