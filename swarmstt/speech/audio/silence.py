"""Where nobody speaks: a measure of loudness that adapts to the recording, for cutting and for choosing clips.

Loudness is taken over frames of 20 ms, and judged in hops of 10 s against the last minute, so a noisy old recording,
hiss or a bed of music each get a threshold of their own. Hops lie at fixed samples of the book, so the answer does not
depend on the blocks in which the audio comes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swarmstt.core.speech.chunk_plan import Pause, QuietSpot
from swarmstt.speech.audio.downmix import Samples

Loudness = npt.NDArray[np.float64]
"""Decibels, one value for each frame; 0 is digital silence, about 90 the loudest there is."""

FRAME_SAMPLES = 320
HOP_FRAMES = 500
CONTEXT_HOPS = 6
SHORTEST_PAUSE_FRAMES = 12
"""0.24 s: longer than the closure of a plosive inside a word."""

LONGEST_PAUSE_FRAMES = 100
"""A longer silence is told in pieces, so that a chunk can end in the midst of one that lasts for minutes."""

_SPOT_FRAMES = 15  # the quietest 0.3 s ...
_SPOT_EVERY_FRAMES = 50  # ... of each second
_FLAT_DECIBELS = 6.0  # floor and speech nearer than this: noise or music alone, without pauses
_SILENT_DECIBELS = 25.0  # below this there is no speech at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became known: all pauses that end, and all quiet spots that lie, before `until_sample`."""

    until_sample: int
    pauses: list[Pause]
    spots: list[QuietSpot]


def frame_loudness(samples: Samples) -> Loudness:
    """The loudness of each 20 ms; a last frame that is not full is filled up with silence."""
    missing = -len(samples) % FRAME_SAMPLES
    padded = np.pad(samples, (0, missing)) if missing else samples
    frames = padded.reshape(-1, FRAME_SAMPLES).astype(np.float32)
    # The variance and not the square: many old digitisers add a constant offset.
    power = np.einsum("ij,ij->i", frames, frames) / FRAME_SAMPLES - frames.mean(axis=1) ** 2
    decibels: Loudness = 10.0 * np.log10(np.maximum(power, 0.0).astype(np.float64) + 1.0)
    return decibels


def pause_threshold(loudness: Loudness) -> float:
    """The loudness below which a frame counts as pause; -1 (nothing does) where there is only noise or music."""
    floor, speech = np.percentile(loudness, (8, 90))
    if speech < _SILENT_DECIBELS:
        return _SILENT_DECIBELS
    if speech - floor < _FLAT_DECIBELS:
        return -1.0
    # A third of the way up from the noise; yet not so low that only digital silence counts.
    return float(min(max(floor + 0.3 * (speech - floor), speech - 35.0), speech - 5.0))


class SilenceFinder:
    """Finds the pauses and the quiet spots of one book, in ascending order."""

    def __init__(self) -> None:
        self._waiting: list[Samples] = []
        self._waiting_samples = 0
        self._context: deque[Loudness] = deque(maxlen=CONTEXT_HOPS)
        self._frames_done = 0
        self._open_frame: int | None = None

    def feed(self, samples: Samples) -> list[Heard]:
        """Takes the next samples of the book; answers for each hop that they complete."""
        hop = HOP_FRAMES * FRAME_SAMPLES
        self._waiting.append(samples)
        self._waiting_samples += len(samples)
        if self._waiting_samples < hop:
            return []
        joined = np.concatenate(self._waiting)
        whole = len(joined) // hop * hop
        self._waiting = [joined[whole:].copy()]
        self._waiting_samples = len(joined) - whole
        return [self._judge(joined[start : start + hop]) for start in range(0, whole, hop)]

    def finish(self) -> Heard:
        """The book has ended: what its last samples hold."""
        start = self._frames_done * FRAME_SAMPLES
        total = start + self._waiting_samples
        heard = Heard(until_sample=total, pauses=[], spots=[])
        if self._waiting_samples:
            heard = self._judge(np.concatenate(self._waiting))
        pauses = heard.pauses + self._close(self._frames_done)
        bounded = [Pause(start_sample=p.start_sample, end_sample=min(p.end_sample, total)) for p in pauses]
        return Heard(until_sample=total, pauses=bounded, spots=[s for s in heard.spots if s.sample < total])

    def _judge(self, samples: Samples) -> Heard:
        loudness = frame_loudness(samples)
        self._context.append(loudness)
        quiet = loudness < pause_threshold(np.concatenate(self._context))
        spots = _quiet_spots(loudness, self._frames_done)
        pauses = self._runs(quiet)
        self._frames_done += len(loudness)
        until = self._frames_done if self._open_frame is None else self._open_frame
        return Heard(until_sample=until * FRAME_SAMPLES, pauses=pauses, spots=spots)

    def _runs(self, quiet: npt.NDArray[np.bool_]) -> list[Pause]:
        """The pauses that end in this hop; one that may go on stays open."""
        pauses: list[Pause] = []
        before = self._open_frame is not None
        changes = np.flatnonzero(np.diff(quiet, prepend=before))
        for change in changes.tolist():
            frame = self._frames_done + change
            if self._open_frame is None:
                self._open_frame = frame
            else:
                pauses += self._close(frame)
        return pauses + self._split(self._frames_done + len(quiet))

    def _close(self, end_frame: int) -> list[Pause]:
        pauses = self._split(end_frame)
        if self._open_frame is not None and end_frame - self._open_frame >= SHORTEST_PAUSE_FRAMES:
            pauses.append(_pause(self._open_frame, end_frame))
        self._open_frame = None
        return pauses

    def _split(self, end_frame: int) -> list[Pause]:
        """Tells the pieces of an open pause that are full; at least half a piece stays for its end."""
        pauses = []
        while self._open_frame is not None and end_frame - self._open_frame >= LONGEST_PAUSE_FRAMES * 3 // 2:
            pauses.append(_pause(self._open_frame, self._open_frame + LONGEST_PAUSE_FRAMES))
            self._open_frame += LONGEST_PAUSE_FRAMES
        return pauses


def _pause(start_frame: int, end_frame: int) -> Pause:
    return Pause(start_sample=start_frame * FRAME_SAMPLES, end_sample=end_frame * FRAME_SAMPLES)


def _quiet_spots(loudness: Loudness, first_frame: int) -> list[QuietSpot]:
    """The quietest 0.3 s inside each full second."""
    seconds = len(loudness) // _SPOT_EVERY_FRAMES
    rows = loudness[: seconds * _SPOT_EVERY_FRAMES].reshape(seconds, _SPOT_EVERY_FRAMES)
    sums = np.cumsum(np.pad(rows, ((0, 0), (1, 0))), axis=1)
    means = (sums[:, _SPOT_FRAMES:] - sums[:, :-_SPOT_FRAMES]) / _SPOT_FRAMES
    best = means.argmin(axis=1) if seconds else np.zeros(0, dtype=np.int64)
    spots = []
    for second, start in enumerate(best.tolist()):
        middle = (first_frame + second * _SPOT_EVERY_FRAMES + start) * FRAME_SAMPLES + _SPOT_FRAMES * FRAME_SAMPLES // 2
        spots.append(QuietSpot(sample=middle, loudness=round(float(means[second, start]), 6)))
    return spots
