"""Where a chunk's speech is, and how it is packed into windows for Whisper, which hears at most 30 s at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.decoding.quiet import levelled

Samples = npt.NDArray[np.float32]

FRAME_SAMPLES = 512
"""Silero judges frames of 32 ms."""

LONGEST_SAMPLES = 30 * SAMPLE_RATE
SPEECH_STARTS = 0.5
SPEECH_ENDS = 0.35
"""Silero's own two marks: speech begins above the first and lasts until it falls below the second."""

SHORTEST_PAUSE_FRAMES = 3
"""96 ms: shorter dips are inside words."""

MARGIN_SAMPLES = SAMPLE_RATE * 2 // 5
"""0.4 s of what lies around speech stays with it: soft beginnings and ends score low."""

_BEFORE_SAMPLES = SAMPLE_RATE // 4
_AFTER_SAMPLES = SAMPLE_RATE
"""How far a pause may begin before or after the end of a word to be taken for the pause that follows it."""

_PAUSE_WORTH = 2.0
_LONG_PAUSE_SAMPLES = SAMPLE_RATE * 3 // 5


class Span(NamedTuple):
    """Samples `start` up to `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """At most 30 s of audio for one hypothesis: `pieces` of the chunk, joined. `speech` lies inside the pieces.

    Both ascend, in samples of the chunk.
    """

    pieces: tuple[Span, ...]
    speech: tuple[Span, ...]

    @property
    def sample_count(self) -> int:
        return sum(piece.length for piece in self.pieces)

    def cut(self, samples: Samples) -> Samples:
        """The window's audio."""
        return np.concatenate([samples[piece.start : piece.end] for piece in self.pieces])

    def chunk_sample(self, window_sample: float) -> float:
        """Where in the chunk a place of the window's audio is."""
        passed = 0
        for piece in self.pieces:
            if window_sample <= passed + piece.length or piece is self.pieces[-1]:
                return min(piece.start + window_sample - passed, piece.end)
            passed += piece.length
        raise AssertionError("a window has at least one piece")

    def after(self, sample: int) -> Window | None:
        """What follows a sample of the chunk, cut in a pause if one is there; None if no speech follows."""
        return self._split(self._pause_near(sample, _BEFORE_SAMPLES, _AFTER_SAMPLES))[1]

    def parted(self, sample: int | None = None) -> tuple[Window, Window] | None:
        """Two windows, cut near a sample of the chunk or the middle; None if one of them would hold no speech."""
        reach = self.sample_count // 4
        at = round(self.chunk_sample(self.sample_count / 2)) if sample is None else sample
        first, second = self._split(self._pause_near(at, reach, reach))
        return (first, second) if first is not None and second is not None else None

    def _pause_near(self, sample: int, before: int, after: int) -> int:
        """The middle of the nearest pause that begins within reach of a sample; the sample itself without one."""
        pauses = [Span(first.end, second.start) for first, second in pairwise(self.speech)]
        near = [pause for pause in pauses if -before <= pause.start - sample <= after]
        best = min(near, key=lambda pause: abs(pause.start - sample), default=Span(sample, sample))
        return (best.start + best.end) // 2

    def _split(self, sample: int) -> tuple[Window | None, Window | None]:
        return self._clipped(0, sample), self._clipped(sample, self.pieces[-1].end)

    def _clipped(self, start: int, end: int) -> Window | None:
        speech = _clip(self.speech, start, end)
        return Window(pieces=_clip(self.pieces, start, end), speech=speech) if speech else None


def speech_probabilities(samples: Samples) -> npt.NDArray[np.float32]:
    """How likely each frame of 512 samples holds speech."""
    from faster_whisper.vad import get_vad_model  # loads onnxruntime

    padded = np.pad(levelled(samples), (0, -len(samples) % FRAME_SAMPLES))
    if not len(padded):
        return np.zeros(0, dtype=np.float32)
    return np.asarray(get_vad_model()(padded), dtype=np.float32).reshape(-1)


def find_speech(probabilities: npt.NDArray[np.float32], sample_count: int) -> list[Span]:
    """Stretches of speech between pauses of at least 96 ms."""
    found: list[Span] = []
    start: int | None = None
    quiet = 0
    for index, probability in enumerate(probabilities.tolist()):
        if start is None:
            if probability >= SPEECH_STARTS:
                start, quiet = index, 0
        elif probability >= SPEECH_ENDS:
            quiet = 0
        else:
            quiet += 1
            if quiet == SHORTEST_PAUSE_FRAMES:
                found.append(Span(start * FRAME_SAMPLES, (index + 1 - quiet) * FRAME_SAMPLES))
                start = None
    if start is not None:
        found.append(Span(start * FRAME_SAMPLES, (len(probabilities) - quiet) * FRAME_SAMPLES))
    return [Span(span.start, min(span.end, sample_count)) for span in found]


def plan_windows(
    speech: list[Span],
    probabilities: npt.NDArray[np.float32],
    sample_count: int,
    *,
    longest_samples: int = LONGEST_SAMPLES,
) -> list[Window]:
    """Packs speech into as few windows as will do, cut in its longer pauses."""
    if not speech:
        return []
    room = longest_samples - 2 * MARGIN_SAMPLES
    short = [part for span in speech for part in _split_long(span, probabilities, room)]
    padded = _with_margins(short, sample_count)
    groups = _group(padded, short, longest_samples)
    return [Window(pieces=_joined(padded[first:end]), speech=tuple(short[first:end])) for first, end in groups]


def window_of(speech: Sequence[Span], sample_count: int) -> Window:
    """One window with just this speech and what lies around it, without its long pauses. It may be too long."""
    return Window(pieces=_joined(_with_margins(list(speech), sample_count)), speech=tuple(speech))


def _split_long(span: Span, probabilities: npt.NDArray[np.float32], longest: int) -> list[Span]:
    """Speech without a pause is cut where it is least certainly speech."""
    parts: list[Span] = []
    while span.length > longest:
        first = (span.start + longest // 2) // FRAME_SAMPLES
        last = (span.start + longest) // FRAME_SAMPLES
        at = (first + int(np.argmin(probabilities[first:last]))) * FRAME_SAMPLES
        parts.append(Span(span.start, at))
        span = Span(at, span.end)
    return [*parts, span]


def _with_margins(speech: list[Span], sample_count: int) -> list[Span]:
    """Each stretch with up to 0.4 s around it; two share a shorter pause between them."""
    starts = [max(0, speech[0].start - MARGIN_SAMPLES)]
    ends = []
    for before, after in pairwise(speech):
        pause = after.start - before.end
        ends.append(before.end + min(MARGIN_SAMPLES, pause // 2))
        starts.append(after.start - min(MARGIN_SAMPLES, pause - pause // 2))
    ends.append(min(sample_count, speech[-1].end + MARGIN_SAMPLES))
    return [Span(start, end) for start, end in zip(starts, ends, strict=True)]


def _group(padded: list[Span], speech: list[Span], longest: int) -> list[tuple[int, int]]:
    """Which stretches make a window: the cheapest of all ways, counting windows and short pauses cut in."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(padded) + 1):
        choices: list[tuple[float, int]] = []
        length = 0
        for first in range(end - 1, -1, -1):
            length += padded[first].length
            if length > longest and choices:
                break
            choices.append((best[first][0] + 1.0 + _cut_cost(speech, first), first))
        best.append(min(choices))
    groups: list[tuple[int, int]] = []
    end = len(padded)
    while end:
        groups.append((best[end][1], end))
        end = best[end][1]
    return groups[::-1]


def _cut_cost(speech: list[Span], first: int) -> float:
    if first == 0:
        return 0.0
    pause = speech[first].start - speech[first - 1].end
    return _PAUSE_WORTH * (1.0 - min(pause, _LONG_PAUSE_SAMPLES) / _LONG_PAUSE_SAMPLES)


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Stretches that touch as one."""
    pieces = [spans[0]]
    for span in spans[1:]:
        if span.start == pieces[-1].end:
            pieces[-1] = Span(pieces[-1].start, span.end)
        else:
            pieces.append(span)
    return tuple(pieces)


def _clip(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """What of the spans lies between two samples."""
    clipped = (Span(max(span.start, start), min(span.end, end)) for span in spans)
    return tuple(span for span in clipped if span.length > 0)
