"""FLAC there and back, and what is refused of what comes from the network."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from swarmstt.errors import InputError
from swarmstt.speech.audio import flac
from tests.unit.speech.media import voice


def other_flac(rate: int, layout: str, sample_format: str = "s16") -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout=layout)
        stream.codec_context.format = sample_format
        kind, width = ("s16", np.int16) if sample_format == "s16" else ("s32", np.int32)
        values = np.zeros((1, 4096 * (2 if layout == "stereo" else 1)), dtype=width)
        frame = av.AudioFrame.from_ndarray(values, format=kind, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


@pytest.mark.parametrize("sample_count", [1, 4095, 4096, 4097, 160_000])
def test_samples_survive_the_way(sample_count: int) -> None:
    samples = voice(10)[:sample_count]
    decoded = flac.decode(flac.encode(samples), sample_count)
    assert decoded.dtype == np.float32
    assert np.array_equal(np.round(decoded * 32768).astype(np.int16), samples)


def test_the_loudest_samples_survive() -> None:
    samples = np.array([-32768, 32767] * 5000, dtype=np.int16)
    assert np.array_equal(flac.decode(flac.encode(samples), 10_000) * 32768, samples)


def test_the_same_samples_give_the_same_bytes() -> None:
    assert flac.encode(voice(3)) == flac.encode(voice(3))


@pytest.mark.parametrize("expected", [15_999, 16_001, 100, 1_000_000])
def test_another_length_is_refused(expected: int) -> None:
    with pytest.raises(InputError, match="instead of"):
        flac.decode(flac.encode(voice(1)), expected)


@pytest.mark.parametrize("expected", [0, -1, flac.MOST_SAMPLES + 1])
def test_an_impossible_length_is_refused(expected: int) -> None:
    with pytest.raises(InputError, match="not possible"):
        flac.decode(flac.encode(voice(1)), expected)


@pytest.mark.parametrize("content", [b"", b"RIFFxxxxWAVE", b"fLaC", b"fLaC" + bytes(400), b"fLaC" + b"\xff" * 400])
def test_what_is_not_flac_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        flac.decode(content, 16_000)


def test_a_flac_that_was_cut_off_is_refused() -> None:
    content = flac.encode(voice(5))
    with pytest.raises(InputError):
        flac.decode(content[: len(content) // 2], 5 * 16_000)


def test_more_bytes_than_the_samples_could_take_are_refused() -> None:
    with pytest.raises(InputError, match="expected"):
        flac.decode(flac.encode(voice(1)) + bytes(2**21), 16_000)


@pytest.mark.parametrize("shape", [(44_100, "mono", "s16"), (16_000, "stereo", "s16"), (16_000, "mono", "s32")])
def test_another_kind_of_flac_is_refused(shape: tuple[int, str, str]) -> None:
    with pytest.raises(InputError, match="16 kHz mono"):
        flac.decode(other_flac(*shape), 4096)


def test_only_mono_samples_are_encoded() -> None:
    with pytest.raises(ValueError, match="one dimension"):
        flac.encode(np.zeros((2, 10), dtype=np.int16))
