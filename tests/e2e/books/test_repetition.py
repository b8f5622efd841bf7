"""Words that are really said over and over stay, and loops of Whisper's go: with real Whisper, from file to text."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from swarmstt.core.speech.repetition import repeats
from swarmstt.core.transcript import Word
from tests.e2e.support.home import Home
from tests.e2e.support.voice import SENTENCES, Voice, record

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.long]

REPEATED = (
    ("never", 5, "Thou wilt come no more. Never, never, never, never, never. Pray you undo this button."),
    ("knock", 6, "She stood before the door and listened. " + "Knock. " * 6 + "Nobody answered, and she went away."),
    ("lord have mercy", 6, "The priest began the litany. " + "Lord have mercy. " * 6 + "Then everybody was silent."),
)


@pytest.fixture(scope="module")
def told(new_home: Callable[[str], Home], voice: Voice) -> dict[str, str]:
    """What was written of a book of phrases that repeat, and of speech that was played backwards."""
    home = new_home("repetition")
    sounds = {
        "phrases": voice.say(*[text for _, _, text in REPEATED], pause_seconds=2.0),
        "backwards": _backwards(voice.say(*SENTENCES[:8], pause_seconds=0.2)),
    }
    files = [record(home.root / "in" / f"{name}.mp3", sound) for name, sound in sounds.items()]
    home.transcribe("--beam_size", "5", *files)
    return {name: str(home.transcript(name)["full_text"]) for name in sounds}


def _backwards(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    return np.ascontiguousarray(samples[::-1])


@pytest.mark.parametrize(("phrase", "turns"), [row[:2] for row in REPEATED])
def test_no_turn_of_what_is_really_said_is_lost(told: dict[str, str], phrase: str, turns: int) -> None:
    bare = " ".join(re.findall("[a-z]+", told["phrases"].casefold()))
    assert turns <= bare.count(phrase) <= turns + 1, told["phrases"]


def test_a_loop_over_speech_that_does_not_repeat_is_written_once(told: dict[str, str]) -> None:
    words = [Word(start=0.0, end=0.0, text=word, probability=0.0) for word in told["backwards"].split()]
    assert words
    assert repeats(words) == [], told["backwards"]
