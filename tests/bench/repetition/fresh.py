"""A second set of kinds that no mark was chosen by, with sounds over which Whisper may loop: `repeats --fresh`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, lfilter

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.speech.decoding.windows import Samples
from tests.bench.repetition import sounds
from tests.bench.repetition.cases import AFTER, BEFORE, LJ, NoRepetition, Repetition
from tests.bench.repetition.sounds import clip, joined, say, times, varied

_OTHER = "en/librispeech-test-other/"
_LOOP_SECONDS = 40


def _case(kind: str, phrase: str, turns: int, make: Callable[[], Samples]) -> Repetition:
    return Repetition(name=f"{phrase} x{turns} {kind}", kind=kind, phrase=phrase, turns=turns, make=make)


def _framed(said: Samples) -> Samples:
    return joined(say(BEFORE), said, say(AFTER), pause=0.6)


def _told(kind: str, phrase: str, turns: int, text: str, *, pause: float, speed: float = 1.0) -> Repetition:
    """Turn for turn by a synthetic voice."""
    return _case(kind, phrase, turns, lambda: _framed(times(say(text, speed), turns, pause)))


def _between(first: int, said: Callable[[], Samples]) -> Callable[[], Samples]:
    """Between two clips of one reader."""
    return lambda: joined(clip(LJ.format(first)), said(), clip(LJ.format(first + 1)), pause=0.5)


def _under_music() -> Samples:
    voice = _framed(times(say("Hold the line."), 8, 0.5))
    return sounds.over(voice, sounds.music(len(voice) / SAMPLE_RATE, seed=7), 0.1)


FRESH = (
    _told("cheers", "hip hip hooray", 6, "Hip, hip, hooray!", pause=0.5),
    _told("a station's name", "london calling", 7, "This is London calling.", pause=1.0),
    _case("counting out", "eeny meeny miny mo", 5, lambda: _framed(say("Eeny, meeny, miny, mo. " * 5))),
    _case("question and answer", "who is there", 5, lambda: _framed(say("Knock, knock. Who is there? " * 5))),
    _case("fast, in one breath", "alas", 8, lambda: _framed(say("Alas, " * 7 + "alas!", 1.4))),
    _told("advertising", "pay later", 9, "Buy now, pay later.", pause=0.25, speed=1.2),
    _case("under music", "hold the line", 8, _under_music),
    _case(
        "reader, varied",
        "that was so",
        6,
        _between(20, lambda: varied(clip(f"{_OTHER}2414/2414-128291-0008.flac", 0.6, 1.9), 6, 0.3)),
    ),
    _case(
        "reader", "hand", 9, _between(22, lambda: times(clip(f"{_OTHER}1998/1998-15444-0007.flac", 2.0, 2.9), 9, 0.2))
    ),
    _case(
        "reader, varied",
        "me that news",
        7,
        _between(30, lambda: varied(clip(f"{_OTHER}3080/3080-5032-0003.flac", 1.54, 2.6), 7, 0.4)),
    ),
    _case("reader, far apart", "workhouse", 5, lambda: times(clip(f"{_OTHER}1688/1688-142285-0009.flac"), 5, 1.5)),
    _case("reader", "happened to me", 10, lambda: varied(clip(f"{_OTHER}2414/2414-128291-0000.flac"), 10, 0.2)),
)


def _reader() -> Samples:
    read = joined(*[clip(LJ.format(number)) for number in range(40, 47)], pause=0.3)
    return read[: _LOOP_SECONDS * SAMPLE_RATE]


def _seconds() -> Samples:
    return (np.arange(_LOOP_SECONDS * SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)


def _chopped() -> Samples:
    """A voice of which every second fifth of a second is missing."""
    return np.asarray(_reader() * (_seconds()[: len(_reader())] % 0.4 < 0.2), dtype=np.float32)


def _narrow() -> Samples:
    numerator, denominator = butter(4, (0.04, 0.09), "bandpass")
    return np.asarray(3 * lfilter(numerator, denominator, _reader()), dtype=np.float32)


def _beeps() -> Samples:
    return np.asarray(0.3 * np.sin(2 * np.pi * 425 * _seconds()) * (_seconds() % 1.0 < 0.3), dtype=np.float32)


def _ticks() -> Samples:
    clicks = np.random.default_rng(2).normal(0, 0.6, len(_seconds()))
    return np.where(_seconds() * 2 % 1 < 0.004, clicks, 0).astype(np.float32)


def _swells() -> Samples:
    return np.asarray(sounds.noise(_LOOP_SECONDS, 5) * (0.5 + 0.5 * np.sin(2.1 * _seconds())), dtype=np.float32)


def _begun_later(samples: Samples, count: int) -> Samples:
    """Its end stands before its beginning."""
    return np.concatenate((samples[len(samples) - count :], samples[: len(samples) - count]))


def _crowd() -> Samples:
    return np.asarray(0.4 * sum(_begun_later(_reader(), shift * 40_000) for shift in range(6)), dtype=np.float32)


def _german() -> Samples:
    return clip("de/andiefreude.mp3", 0.0, 45.0)


def _spanish() -> Samples:
    return clip("es/aeneas_es.mp3", 20.0, 60.0)


_SOUNDS: dict[str, Callable[[], Samples]] = {
    "beeps": _beeps,
    "ticks": _ticks,
    "a voice in pieces": _chopped,
    "a voice in a narrow band": _narrow,
    "quick music": lambda: sounds.music(50, seed=11, beat=0.23),
    "noise that swells": _swells,
    "a German poem": _german,
    "a German poem, backwards": lambda: sounds.backwards(_german()),
    "Spanish snippets": lambda: sounds.snippets(_spanish(), 0.25, seed=9),
    "fast Spanish": lambda: sounds.faster(_spanish(), 190),
    "a crowd": _crowd,
    "words far apart": lambda: joined(*[clip(LJ.format(number), 0.2, 0.9) for number in range(50, 56)], pause=9.0),
}

FRESH_SOUNDS = tuple(NoRepetition(name=name, language="en", make=make) for name, make in _SOUNDS.items())
"""Nothing is said five times in a row in them."""
