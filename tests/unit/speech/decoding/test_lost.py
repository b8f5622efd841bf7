"""An utterance that was passed over is read alone, and in another way each time that a person asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.speech.quality import Hypothesis
from swarmstt.core.transcript import Word
from swarmstt.options import DecodeOptions
from swarmstt.speech.decoding import lost
from swarmstt.speech.decoding.sharing import Alone, Searches
from swarmstt.speech.decoding.whisper import Look
from swarmstt.speech.decoding.windows import Samples

SPEECH = [(0.0, 2.0), (3.0, 6.0), (6.3, 8.0), (9.0, 12.0)]
HEARD = [
    Word(start=at, end=at + 0.5, text=f" {text}", probability=0.9)
    for at, text in ((0, "one"), (1, "two"), (9, "six"), (10, "seven"), (11, "eight"))
]


@pytest.fixture
def likelihood() -> float:
    return -0.9


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, likelihood: float) -> list[Look]:
    """The looks that are taken; all are answered with three German words, so likely."""
    taken: list[Look] = []

    class Scripted:
        def __init__(self, *_: object, searches: Searches) -> None:
            self._searches = searches

        def hypotheses(self, wanted: Sequence[Look], samples: Samples) -> list[Hypothesis]:
            self._searches.give_way()
            taken.extend(wanted)
            spans = [
                (look.window.speech[0].start / SAMPLE_RATE, look.window.speech[-1].end / SAMPLE_RATE) for look in wanted
            ]
            return [
                Hypothesis(
                    words=tuple(
                        Word(
                            start=start + at * (end - start) / 3,
                            end=start + (at + 1) * (end - start) / 3,
                            text=text,
                            probability=0.9,
                        )
                        for at, text in enumerate((" drei", " vier", " fünf"))
                    ),
                    average_log_probability=likelihood,
                    no_speech_probability=0.0,
                )
                for start, end in spans
            ]

    monkeypatch.setattr(lost, "Whisper", Scripted)
    monkeypatch.setattr(lost, "encode", lambda model, clips: np.zeros((1, 1, 1), dtype=np.float32))
    monkeypatch.setattr(lost, "languages", lambda model, heard: [("de", 0.7), ("nl", 0.2), ("en", 0.1)])
    return taken


def read(tries: int, *, multilingual: bool = True, searches: Searches | None = None) -> str:
    model: Any = SimpleNamespace(model=SimpleNamespace(is_multilingual=multilingual))
    samples = np.zeros(12 * SAMPLE_RATE, dtype=np.float32)
    words = lost.with_lost_utterances(HEARD, SPEECH, model, samples, DecodeOptions(language="en"), tries, searches)
    return "".join(word.text for word in words).strip()


@pytest.mark.parametrize("likelihood", [-2.0])
def test_each_try_reads_it_in_one_more_way(looks: list[Look], likelihood: float) -> None:
    ways = []
    for tries in range(4):
        known = len(looks)
        looks.clear()
        read(tries)
        ways.append(tuple((look.language, look.timed, look.window.speech) for look in looks[known:]))
        assert len(looks) > known
    assert len(set(ways)) == 4
    assert [way[0][0] for way in ways] == ["en", "de", "de", "nl"]


def test_before_its_language_is_heard_and_before_it_is_read_others_may_come_first(looks: list[Look]) -> None:
    class Polite(Alone):
        count = 0

        def give_way(self) -> None:
            self.count += 1

    polite = Polite()
    words = read(2, searches=polite)
    assert polite.count == 2 * len(looks)
    assert words == read(2)


def test_what_an_earlier_way_found_stays(looks: list[Look]) -> None:
    assert read(2) == read(3)
    assert looks


def test_the_same_try_reads_it_alike(looks: list[Look]) -> None:
    assert read(1) == read(1)
    assert looks[: len(looks) // 2] == looks[len(looks) // 2 :]


def test_unlikely_words_are_taken_only_if_a_person_asks_again(looks: list[Look]) -> None:
    assert read(0) == "one two six seven eight"
    assert read(2) == "one two drei vier fünf six seven eight"
    assert looks


def test_a_model_that_knows_one_language_reads_in_that(looks: list[Look]) -> None:
    read(1, multilingual=False)
    assert {look.language for look in looks} == {"en"}


def test_nothing_is_read_again_where_no_words_are_missing(looks: list[Look]) -> None:
    model: Any = SimpleNamespace()
    assert (
        lost.with_lost_utterances(HEARD[:2], SPEECH[:1], model, np.zeros(1, np.float32), DecodeOptions(language="en"))
        == HEARD[:2]
    )
    assert looks == []
