"""Cases of kinds that no mark was chosen by: `python -m tests.bench repeats --unseen` tries them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from swarmstt.speech.decoding.windows import Samples
from tests.bench.repetition import sounds
from tests.bench.repetition.cases import AFTER, BEFORE, Repetition
from tests.bench.repetition.sounds import clip, joined, say, times, varied

_OTHER = "en/librispeech-test-other/"


def _case(kind: str, phrase: str, turns: int, make: Callable[[], Samples], elsewhere: int = 0) -> Repetition:
    return Repetition(
        name=f"{phrase} x{turns} {kind}", kind=kind, phrase=phrase, turns=turns, make=make, elsewhere=elsewhere
    )


def _reader(phrase: str, name: str, turns: int, *, like: bool = True, pause: float = 0.35) -> Repetition:
    """A whole clip of another reader, so many times."""
    return _case("other reader", phrase, turns, lambda: (varied if like else times)(clip(_OTHER + name), turns, pause))


def _framed(said: Samples) -> Samples:
    return joined(say(BEFORE), said, say(AFTER), pause=0.6)


def _under(sound: Callable[[float], Samples], loud: float, said: Callable[[], Samples]) -> Callable[[], Samples]:
    def make() -> Samples:
        voice = _framed(said())
        return sounds.over(voice, sound(len(voice) / 16_000), loud)

    return make


def _hurrying() -> Samples:
    turns = [say("Hurry up!", float(speed)) for speed in np.linspace(0.8, 1.4, 14)]
    return _framed(joined(*turns, pause=0.25))


UNSEEN = (
    _reader("but behold these kine", "2414/2414-128291-0009.flac", 7),
    _reader("you didn't want to come", "3005/3005-163389-0007.flac", 12),
    _reader("when churchyards yawn", "533/533-1066-0000.flac", 5, like=False),
    _reader("the average man's a coward", "3005/3005-163389-0004.flac", 8),
    _reader("what do i here seek", "2414/2414-128291-0003.flac", 10, pause=0.8),
    _case(
        "under noise",
        "lord have mercy",
        12,
        _under(sounds.noise, 0.05, lambda: times(say("Lord have mercy."), 12, 0.3)),
    ),
    _case("under music", "never", 10, _under(sounds.music, 0.1, lambda: say("Never, " * 9 + "never."))),
    _case("under music", "come back", 8, _under(sounds.music, 0.1, lambda: times(say("Come back!"), 8, 0.4))),
    _case("refrain", "the rain came down", 6, lambda: say("The rain came down. Nobody spoke. " * 6)),
    _case("refrain", "row the boat", 8, lambda: _framed(say("Row the boat, and hold the rope, " * 8))),
    _case("growing faster", "hurry up", 14, _hurrying),
    _case("a word in it repeats", "no no yes", 6, lambda: _framed(say("No, no, yes, " * 6)), elsewhere=0),
    _case("laughter", "ha", 12, lambda: _framed(say("Ha, ha, ha, " * 4 + "he laughed."))),
    _case("far apart", "amen", 8, lambda: _framed(times(say("Amen."), 8, 2.5))),
    _case("far apart", "go home", 6, lambda: _framed(times(say("Go home."), 6, 1.8))),
    _case(
        "two speeds",
        "wait",
        12,
        lambda: _framed(joined(times(say("Wait!", 0.8), 6, 0.3), times(say("Wait!", 1.3), 6, 0.3), pause=0.3)),
    ),
)
