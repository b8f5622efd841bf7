from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.decoding.windows import (
    FRAME_SAMPLES,
    LONGEST_SAMPLES,
    Span,
    Window,
    find_speech,
    plan_windows,
)


def frames_of(*runs: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Probabilities from (seconds, probability) runs."""
    return np.concatenate(
        [np.full(round(seconds * SAMPLE_RATE / FRAME_SAMPLES), value, dtype=np.float32) for seconds, value in runs]
    )


def windows_of(probabilities: npt.NDArray[np.float32]) -> list[Window]:
    sample_count = len(probabilities) * FRAME_SAMPLES
    return plan_windows(find_speech(probabilities, sample_count), probabilities, sample_count)


def test_no_speech_makes_no_windows() -> None:
    assert windows_of(frames_of((20, 0.1))) == []
    assert find_speech(np.zeros(0, dtype=np.float32), 0) == []


def test_speech_ends_only_below_the_lower_mark_and_after_a_pause() -> None:
    probabilities = np.array([0.1, 0.6, 0.4, 0.2, 0.2, 0.6, 0.2, 0.2, 0.2, 0.2], dtype=np.float32)
    assert find_speech(probabilities, 10 * FRAME_SAMPLES) == [Span(FRAME_SAMPLES, 6 * FRAME_SAMPLES)]


def test_speech_up_to_the_end_stops_with_the_audio() -> None:
    assert find_speech(np.array([0.9, 0.9], dtype=np.float32), 700) == [Span(0, 700)]


def test_a_short_chunk_is_one_window_with_a_margin() -> None:
    (window,) = windows_of(frames_of((2, 0.0), (6, 0.9), (2, 0.0)))
    (piece,) = window.pieces
    (speech,) = window.speech
    assert piece.start == speech.start - 0.4 * SAMPLE_RATE
    assert piece.end == speech.end + 0.4 * SAMPLE_RATE


def test_long_silence_between_speech_is_left_out() -> None:
    (window,) = windows_of(frames_of((5, 0.9), (10, 0.0), (5, 0.9)))
    assert len(window.pieces) == 2
    assert window.sample_count == pytest.approx(10.8 * SAMPLE_RATE, abs=2 * FRAME_SAMPLES)


def test_windows_are_cut_in_the_longest_pauses() -> None:
    sentence = [(4.0, 0.9), (0.15, 0.0), (4.0, 0.9), (0.7, 0.0)]
    windows = windows_of(frames_of(*sentence * 8))
    pauses = [after.speech[0].start - before.speech[-1].end for before, after in pairwise(windows)]
    assert pauses
    assert all(pause > 0.6 * SAMPLE_RATE for pause in pauses)


def test_a_place_in_a_window_is_a_place_in_the_chunk() -> None:
    window = Window(pieces=(Span(100, 200), Span(500, 600)), speech=(Span(110, 190), Span(510, 590)))
    assert [window.chunk_sample(place) for place in (0, 100, 101, 200, 999)] == [100, 200, 501, 600, 600]
    assert window.cut(np.arange(1000, dtype=np.float32)).tolist() == [*range(100, 200), *range(500, 600)]


THREE_SECOND_PARTS = Window(
    pieces=(Span(0, 10 * SAMPLE_RATE),),
    speech=(
        Span(SAMPLE_RATE, 3 * SAMPLE_RATE),
        Span(4 * SAMPLE_RATE, 6 * SAMPLE_RATE),
        Span(7 * SAMPLE_RATE, 9 * SAMPLE_RATE),
    ),
)


def test_what_follows_a_place_begins_in_the_pause_there() -> None:
    rest = THREE_SECOND_PARTS.after(round(5.9 * SAMPLE_RATE))
    assert rest == Window(
        pieces=(Span(round(6.5 * SAMPLE_RATE), 10 * SAMPLE_RATE),), speech=THREE_SECOND_PARTS.speech[2:]
    )
    assert THREE_SECOND_PARTS.after(round(9.5 * SAMPLE_RATE)) is None


def test_what_follows_a_place_inside_speech_begins_there() -> None:
    window = Window(pieces=(Span(0, 10 * SAMPLE_RATE),), speech=(Span(100, 9 * SAMPLE_RATE),))
    rest = window.after(4 * SAMPLE_RATE)
    assert rest is not None
    assert rest.speech == (Span(4 * SAMPLE_RATE, 9 * SAMPLE_RATE),)


def test_a_window_is_parted_in_the_pause_nearest_its_middle_or_without_one_there() -> None:
    halves = THREE_SECOND_PARTS.parted()
    assert halves is not None
    assert [half.speech for half in halves] == [THREE_SECOND_PARTS.speech[:2], THREE_SECOND_PARTS.speech[2:]]
    whole = Window(pieces=(Span(0, 1000),), speech=(Span(50, 900),)).parted()
    assert whole is not None
    assert [half.speech for half in whole] == [(Span(50, 500),), (Span(500, 900),)]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0.05, 50), st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.95])), max_size=30))
def test_windows_hold_all_speech_once_in_order_and_are_never_too_long(runs: list[tuple[float, float]]) -> None:
    probabilities = frames_of(*runs) if runs else np.zeros(0, dtype=np.float32)
    sample_count = len(probabilities) * FRAME_SAMPLES
    windows = windows_of(probabilities)
    pieces = [piece for window in windows for piece in window.pieces]
    assert all(before.end <= after.start for before, after in pairwise(pieces))
    assert all(0 <= piece.start < piece.end <= sample_count for piece in pieces)
    assert all(window.sample_count <= LONGEST_SAMPLES for window in windows)
    for span in find_speech(probabilities, sample_count):
        held = sum(max(0, min(piece.end, span.end) - max(piece.start, span.start)) for piece in pieces)
        assert held == span.length
