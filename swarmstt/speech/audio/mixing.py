"""From frames of any rate and number of channels to one or two channels at 16 kHz.

Mono and stereo are resampled as they are. Of more channels FFmpeg's own mix is taken if the file says where they
belong; it leaves out a channel for low frequencies, so all are mixed if that leaves hardly anything of a voice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.containers.frames import channels_of

Raw = npt.NDArray[np.int16] | npt.NDArray[np.float32]
"""Samples of shape (samples, 1 or 2): whole numbers, or between -1 and 1 if the file holds finer ones."""

_PLAIN = frozenset({"mono", "stereo", "1 channels", "2 channels"})
_UNNAMED = re.compile(r"\d+ channels|ambisonic .*")
_LEFT_OUT = 0.01
"""FFmpeg's mix has less than this part of the loudest channel's power: it leaves that channel out."""

_LEAST_NUMBERS = 0.5
"""Of a frame's samples, so many must be numbers, or it is told as damaged."""

_CANCELLED = 0.05
_KEPT_POWER = 0.9


class Unusable(Exception):  # noqa: N818
    """No sound can have frames of this kind."""


class Mixing:
    """The frames of one kind that follow one another."""

    def __init__(self, frame: Any) -> None:
        """Unusable if frames like this one cannot be sound."""
        layout, self._channel_count = frame.layout.name, int(frame.layout.nb_channels)
        self._mixes = layout not in _PLAIN
        self._names_channels = not self._mixes or (self._channel_count > 2 and not _UNNAMED.fullmatch(layout))
        self._named = _resampler(frame, _is_fine(frame)) if self._names_channels else None
        self._all = _AllChannels(self._channel_count) if self._mixes else None
        self._all_resampler = _mono_resampler(frame.sample_rate) if self._mixes else None
        self._floor = frame.format.packed.name == "s32" and frame.sample_rate == SAMPLE_RATE

    def feed(self, frame: Any) -> list[Raw]:
        """Takes a frame of this kind, None at the end; returns the blocks that it completes."""
        named = [] if self._named is None else [_raw(each) for each in self._named.resample(frame)]
        if self._all is None or self._all_resampler is None:
            return [self._rounded(block) for block in named]
        mixed = None if frame is None else self._all.mixed(frame)
        everything: list[Raw] = [_raw(each) for each in self._all_resampler.resample(mixed)]
        if self._named is None:
            return everything
        if len(named) != len(everything):
            return named
        return [self._fuller(each, other) for each, other in zip(named, everything, strict=True)]

    def _fuller(self, named: Raw, everything: Raw) -> Raw:
        power = float(np.square(named.astype(np.float64) / 2**15).mean(axis=0).max())
        assert self._all is not None
        return everything if power < _LEFT_OUT * self._all.loudest_power else named

    def _rounded(self, block: Raw) -> Raw:
        if self._floor and block.dtype == np.float32:  # as FFmpeg itself cuts 24 bits down to 16
            floored: Raw = (np.floor(block * np.float32(2**15)) / np.float32(2**15)).astype(np.float32)
            return floored
        return block


class _AllChannels:
    """Mixes all channels alike, or takes the loudest if they cancel one another."""

    def __init__(self, channel_count: int) -> None:
        self._powers = np.zeros(channel_count)
        self._mixed_power = 0.0

    @property
    def loudest_power(self) -> float:
        return float(self._powers.max())

    def mixed(self, frame: Any) -> Any:
        samples = channels_of(frame)
        mean = samples.mean(axis=0, dtype=np.float64)
        kept = _KEPT_POWER ** (frame.samples / max(1, frame.sample_rate) * 10)
        self._powers = kept * self._powers + (1 - kept) * np.square(samples, dtype=np.float64).mean(axis=1)
        self._mixed_power = kept * self._mixed_power + (1 - kept) * float(np.square(mean).mean())
        # Voices that have nothing in common leave their powers' sum, divided by the number of channels twice.
        unlike = float(self._powers.sum()) / len(self._powers) ** 2
        chosen = samples[int(self._powers.argmax())] if self._mixed_power < _CANCELLED * unlike else mean
        mono = av.AudioFrame.from_ndarray(chosen.astype(np.float32)[None, :], format="flt", layout="mono")
        mono.sample_rate = frame.sample_rate
        mono.pts = None
        return mono


def to_samples(block: Raw, gain: float = 1.0) -> npt.NDArray[np.int16]:
    """A block as whole numbers, made louder by this."""
    if block.dtype == np.int16 and gain == 1.0:
        whole: npt.NDArray[np.int16] = block.astype(np.int16, copy=False)
        return whole
    scaled = np.multiply(block, np.float32(gain if block.dtype == np.int16 else gain * 2**15), dtype=np.float32)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -(2**15), 2**15 - 1, out=scaled)
    clipped: npt.NDArray[np.int16] = scaled.astype(np.int16)
    return clipped


def is_no_number(frame: Any, codec: str) -> bool:
    """Says if a frame of floats, as they stand in the file, mostly has none: silence takes their place. What other
    codecs make of a frame always are numbers."""
    return codec.startswith("pcm_f") and bool(np.isfinite(frame.to_ndarray()).mean() < _LEAST_NUMBERS)


def _raw(frame: Any) -> Raw:
    block: Raw = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    if block.dtype == np.float32 and not np.isfinite(block).all():
        np.nan_to_num(block, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return block


def _is_fine(frame: Any) -> bool:
    """Says if a frame's samples are finer than 16 bits. FFmpeg mixes more than two channels otherwise then."""
    return bool(frame.layout.nb_channels <= 2 and frame.format.bytes > 2)


def _resampler(frame: Any, is_fine: bool) -> Any:
    layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
    made = [_new(layout, is_fine) for _ in range(2)]
    try:
        made[0].resample(frame)
    except (av.FFmpegError, ValueError) as error:
        raise Unusable from error
    return made[1]


def _mono_resampler(rate: int) -> Any:
    if not 1_000 <= rate <= 1_000_000:
        raise Unusable
    return _new("mono", True)


def _new(layout: str, is_fine: bool) -> Any:
    # A frame size of one second: the fewer objects, the faster.
    return av.AudioResampler(
        format="flt" if is_fine else "s16", layout=layout, rate=SAMPLE_RATE, frame_size=SAMPLE_RATE
    )


def kind_of(frame: Any) -> Sequence[object]:
    """What frames must have in common to be of one kind."""
    return (frame.format.name, frame.layout.name, frame.sample_rate)


def mixing_for(frame: Any) -> Mixing | None:
    """Returns what mixes frames like this one; None if they cannot be sound."""
    try:
        return Mixing(frame)
    except Unusable:
        return None


def rest_of(mixing: Mixing | None, part_read: float | None) -> Iterator[tuple[Raw, float | None]]:
    """Returns the blocks that are left at the end of frames of one kind."""
    if mixing is not None:
        for block in mixing.feed(None):
            yield block, part_read


def silent_blocks(seconds: float, part_read: float | None) -> Iterator[tuple[Raw, float | None]]:
    """Returns silence, in blocks of a second."""
    left = round(seconds * SAMPLE_RATE)
    while left > 0:
        yield np.zeros((min(left, SAMPLE_RATE), 1), dtype=np.int16), part_read
        left -= SAMPLE_RATE
