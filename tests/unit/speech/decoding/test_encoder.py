"""What the encoder is given of a clip, and what stands for the silence that it is not given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ctranslate2
import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.decoding.encoder import MOST_FRAMES, HeardWindows, encode
from swarmstt.speech.decoding.windows import Span, Window

FEATURES = 4


class FakeModel:
    """Makes of each two frames of a spectrogram their number, counted from 0."""

    def __init__(self) -> None:
        self.heard_frames: list[int] = []

    def feature_extractor(self, clip: Any) -> Any:
        return np.ones((80, len(clip) // 160 + 1), dtype=np.float32)

    def encode(self, features: Any) -> Any:
        frames = features.shape[1]
        self.heard_frames.append(frames)
        counted = np.repeat(np.arange(frames // 2, dtype=np.float32), FEATURES).reshape(1, frames // 2, FEATURES)
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(counted))
        return SimpleNamespace(to_device=lambda device: view)


@pytest.mark.parametrize(
    ("seconds", "frames"),
    [(0.0, 1500), (13.0, 1500), (14.0, 1600), (14.03, 1602), (27.99, 2998), (29, 3000), (30, 3000)],
)
def test_a_clip_and_two_seconds_of_silence_are_encoded(seconds: float, frames: int) -> None:
    model: Any = FakeModel()
    encode(model, [np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)])
    assert model.heard_frames == [frames]


def test_the_silence_is_repeated_up_to_thirty_seconds() -> None:
    model: Any = FakeModel()
    short, whole = (np.zeros(seconds * SAMPLE_RATE, dtype=np.float32) for seconds in (14, 30))
    heard = encode(model, [short, whole])
    assert heard.shape == (2, MOST_FRAMES // 2, FEATURES)
    assert heard[0, :, 0].tolist() == [*range(800), *(list(range(750, 800)) * 14)]
    assert heard[1, :, FEATURES - 1].tolist() == list(range(1500))


def test_what_was_heard_of_the_newest_windows_is_not_made_twice() -> None:
    model: Any = FakeModel()
    samples = np.zeros(40 * SAMPLE_RATE, dtype=np.float32)
    spans = [Span(start * SAMPLE_RATE, (start + 5) * SAMPLE_RATE) for start in (0, 10, 20)]
    first, second, third = (Window(pieces=(span,), speech=(span,)) for span in spans)
    heard = HeardWindows(model, 2)
    before = [heard.of(each, samples, again=True) for each in (first, second, third)]
    assert len(model.heard_frames) == 3
    assert np.array_equal(heard.of(third, samples, again=False), before[2])
    assert np.array_equal(heard.of(second, samples, again=False), before[1])
    assert len(model.heard_frames) == 3
    heard.of(first, samples, again=False)
    heard.of(third, samples, again=False)
    assert len(model.heard_frames) == 5
