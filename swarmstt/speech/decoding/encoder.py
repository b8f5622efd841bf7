"""What Whisper's encoder hears in windows of audio, one at a time: eight at once took 1.5 times as long on a CPU, since
their attention outgrows the caches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper.audio import pad_or_trim

from swarmstt.speech.decoding.windows import Samples, Window

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

Heard = npt.NDArray[np.float32]
"""An array (clips, time, features)."""

FRAME_SAMPLES = 160
"""Whisper's spectrogram has 100 frames a second."""

MOST_FRAMES = 3000

_LEAST_FRAMES = 1500
_SILENT_FRAMES = 200
"""The encoder hears at least 15 s, and at least two seconds of silence after a clip that leaves room for them. Of short
clips tiny.en lost whole sentences in 4 of 63 with one second and no least, base half the words in one of 62 with two
seconds and no least; with both, neither model did so in any of 247."""
_SECOND_HEARD = 50
"""So long is what the encoder makes of a second."""


class HeardWindows:
    """What the model heard in the newest windows that may be looked at again, `most` of them."""

    def __init__(self, model: WhisperModel, most: int) -> None:
        self._model = model
        self._most = most
        self._heard: dict[Window, Heard] = {}

    def of(self, window: Window, samples: Samples, *, again: bool) -> Heard:
        """What the model hears in one window. `again`: the same may be asked for once more."""
        heard = self._heard.pop(window, None)
        if heard is None:
            heard = encode(self._model, [window.cut(samples)])
        if again:
            self._heard[window] = heard
            while len(self._heard) > self._most:
                del self._heard[next(iter(self._heard))]
        return heard


def encode(model: WhisperModel, clips: Sequence[Samples]) -> npt.NDArray[np.float32]:
    """What the model hears in clips of at most 30 s: an array (clips, time, features).

    Of the silence that fills a clip up to 30 s the encoder hears the beginning only, and a second of that is repeated:
    its work grows faster than what it hears (whisper.cpp's `audio_ctx` shortens it too), and the words are as good.
    """
    heard = [np.asarray(model.encode(_features(model, clip)).to_device(ctranslate2.Device.cpu)) for clip in clips]
    return np.concatenate([_filled_up(each) for each in heard])


def _features(model: WhisperModel, clip: Samples) -> npt.NDArray[np.float32]:
    """The spectrogram of a clip and the silence after it, of an even number of frames: the encoder joins two."""
    spoken = len(clip) // (2 * FRAME_SAMPLES) * 2
    frames = min(max(spoken + _SILENT_FRAMES, _LEAST_FRAMES), MOST_FRAMES)
    features: npt.NDArray[np.float32] = pad_or_trim(model.feature_extractor(clip)[..., :-1], frames)
    return features


def _filled_up(heard: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """As long as what the model hears in 30 s: what it heard last, which is silence, again and again."""
    silence, missing = heard[:, -_SECOND_HEARD:], MOST_FRAMES // 2 - heard.shape[1]
    return np.concatenate([heard, np.resize(silence, (1, missing, heard.shape[2]))], axis=1)
