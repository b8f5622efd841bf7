"""How a window's speech resembles itself: what is really said again sounds like what was said before.

Cepstra of 20 ms, as recognizers of single words had them: each stretch of 0.6 s is looked for in all the other speech
of the window, a little faster or slower (dynamic time warping). No model is asked, so the values are the same for all.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from faster_whisper.feature_extractor import FeatureExtractor

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.echoes import Echo
from swarmstt.speech.decoding.windows import Samples, Window

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_FRAME_SAMPLES = 320
_FRAME_SECONDS = _FRAME_SAMPLES / SAMPLE_RATE
_CEPSTRA = 13
_STRETCH_FRAMES = 30
_LEAST_STRETCH_FRAMES = 8
_STEP_FRAMES = 5
_LEAST_SHIFT_FRAMES = 8
"""Nobody says anything again within 0.16 s."""

_ALIKE = 0.4
"""Speech this alike is a turn: counted so, synthetic and human phrases of one to twelve words, 5 to 40 times, came to
0.9 to 1.1 of their turns."""

_NOTHING = 9.0

_BLOCK_FRAMES = 64
_STRETCHES_AT_ONCE = 16
"""Few enough to stay in a processor's caches."""


def echoes_of(window: Window, samples: Samples) -> tuple[Echo, ...]:
    """What of the window's speech is heard again, in seconds of the chunk, step by step."""
    cepstra, places = _speech_cepstra(window, samples)
    count = len(cepstra)
    length = min(_STRETCH_FRAMES, count // 3)
    if length < _LEAST_STRETCH_FRAMES:
        return ()
    differences = _differences(cepstra)
    usual = float(np.median(differences))
    if usual <= 0.0:
        return ()
    nearest, again = np.full(count, _NOTHING), dict[int, float]()
    for start, costs, origins in _all_matches(differences / usual, length):
        nearest[start : start + length] = np.minimum(
            nearest[start : start + length], _least(costs, origins, start, length)
        )
        step = _next_turn(costs, origins, start, length)
        if step is not None:
            again[start] = step * _FRAME_SECONDS
    steps = range(0, count, _STEP_FRAMES)
    return tuple(echo for start in steps for echo in _echoes(start, nearest, again.get(start), places))


def _speech_cepstra(window: Window, samples: Samples) -> tuple[Floats, Floats]:
    """The cepstra of the window's frames in which somebody speaks, each as wide as the others; where they begin, in
    seconds of the chunk."""
    mel = FeatureExtractor()(window.cut(samples), padding=0)
    pairs = mel[:, : mel.shape[1] // 2 * 2].reshape(mel.shape[0], -1, 2).mean(axis=2).T
    bands = np.arange(mel.shape[0]) + 0.5
    cepstra = pairs @ np.cos(np.pi / mel.shape[0] * np.outer(bands, np.arange(_CEPSTRA)))
    chunk = np.concatenate([np.arange(piece.start, piece.end) for piece in window.pieces])[::_FRAME_SAMPLES]
    starts = chunk[: len(cepstra)]
    middles = starts + _FRAME_SAMPLES // 2
    spoken = np.zeros(len(starts), dtype=bool)
    for span in window.speech:
        spoken |= (middles >= span.start) & (middles < span.end)
    heard = cepstra[: len(starts)][spoken].astype(np.float64)
    return heard / (heard.std(axis=0) + 1e-6) if len(heard) else heard, starts[spoken] / SAMPLE_RATE


def _differences(cepstra: Floats) -> Floats:
    """How far each frame is from each other, some rows at a time: all at once took 13 times the memory."""
    blocks = (cepstra[first : first + _BLOCK_FRAMES, None] for first in range(0, len(cepstra), _BLOCK_FRAMES))
    return np.concatenate([np.linalg.norm(each - cepstra[None], axis=2) for each in blocks])


def _all_matches(costs: Floats, length: int) -> Iterator[tuple[int, Floats, Places]]:
    """The matches of each stretch of so many frames, and where it starts. Many at once: one by one took most of the
    time for calling numpy."""
    starts = range(0, len(costs) - length + 1, _STEP_FRAMES)
    for first in range(0, len(starts), _STRETCHES_AT_ONCE):
        some = starts[first : first + _STRETCHES_AT_ONCE]
        means, origins = _matches(np.stack([costs[start : start + length] for start in some], axis=1))
        yield from zip(some, means, origins, strict=True)


def _matches(costs: Floats) -> tuple[Floats, Places]:
    """For each stretch and frame: the mean cost of the best match that ends there, up to twice as fast or slow; where
    it begins. `costs`: row by row of the stretches, for each stretch, frame by frame."""
    length, stretch_count, count = costs.shape
    sums, before = costs[0], np.full_like(costs[0], np.inf)
    origins = np.tile(np.arange(count), (stretch_count, 1))
    origins_before = np.zeros_like(origins)
    for row in range(1, length):
        ways = np.full((3, stretch_count, count), np.inf)
        begins = np.zeros((3, stretch_count, count), dtype=np.int64)
        ways[0, :, 1:] = sums[:, :-1] + costs[row, :, 1:]
        begins[0, :, 1:] = origins[:, :-1]
        ways[1, :, 1:] = before[:, :-1] + costs[row - 1, :, 1:] + costs[row, :, 1:]
        begins[1, :, 1:] = origins_before[:, :-1]
        ways[2, :, 2:] = sums[:, :-2] + (costs[row, :, 1:-1] + costs[row, :, 2:]) / 2
        begins[2, :, 2:] = origins[:, :-2]
        best = ways.argmin(axis=0)[None]
        before, origins_before = sums, origins
        sums = np.take_along_axis(ways, best, axis=0)[0]
        origins = np.take_along_axis(begins, best, axis=0)[0]
    return sums / length, origins


def _least(costs: Floats, origins: Places, start: int, length: int) -> float:
    """The cost of the best match that is not the stretch itself."""
    ends = np.arange(len(costs))
    apart = (origins >= start + length * 0.7) | (ends <= start + length * 0.3)
    return float(np.where(apart, costs, _NOTHING).min())


def _next_turn(costs: Floats, origins: Places, start: int, length: int) -> int | None:
    """How many frames away the nearest stretch is that is alike."""
    ends = np.arange(len(costs))
    own = start + length - 1
    later = (origins >= start + _LEAST_SHIFT_FRAMES) & (ends >= own + _LEAST_SHIFT_FRAMES)
    earlier = (origins <= start - _LEAST_SHIFT_FRAMES) & (ends <= own - _LEAST_SHIFT_FRAMES)
    others = np.where(later | earlier, costs, _NOTHING)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(others, 6, constant_values=_NOTHING), 13).min(axis=1)
    turns = np.flatnonzero((others <= _ALIKE) & (others <= around))
    return int(np.abs(turns - own).min()) if len(turns) else None


def _echoes(start: int, nearest: Floats, again: float | None, places: Floats) -> Iterator[Echo]:
    """Of the frames of one step: one echo, or several with pauses between them."""
    frames = np.arange(start, min(start + _STEP_FRAMES, len(places)))
    pauses = np.flatnonzero(np.diff(places[frames]) > 1.5 * _FRAME_SECONDS) + 1
    for part in np.split(frames, pauses):
        yield Echo(
            start=round(float(places[part[0]]), 3),
            end=round(float(places[part[-1]]) + _FRAME_SECONDS, 3),
            difference=round(float(np.median(nearest[part])), 3),
            again_after=again,
        )
