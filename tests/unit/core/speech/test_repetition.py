"""Real repetition and loops. `repetitions.json` has what tiny.en and base wrote of sounds of both kinds, and how those
sounds resemble themselves; `python -m tests.bench repeats` makes the sounds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.repetition import Repeat, kept_turns, loop, repeats, repeats_itself, without_loops
from swarmstt.core.speech.turns import as_heard
from swarmstt.core.transcript import Word

RECORDED = json.loads(Path(__file__).with_name("repetitions.json").read_text(encoding="utf-8"))


def said(text: str, seconds_each: float = 0.4) -> tuple[Word, ...]:
    """The text's words one after the other from 0 s."""
    return tuple(
        Word(start=index * seconds_each, end=(index + 1) * seconds_each, text=f" {word}", probability=0.9)
        for index, word in enumerate(text.split())
    )


def heard(start: float, end: float, difference: float, again_after: float | None = None) -> list[Echo]:
    """Echoes of a tenth of a second each."""
    steps = round((end - start) * 10)
    return [
        Echo(start=start + at / 10, end=start + (at + 1) / 10, difference=difference, again_after=again_after)
        for at in range(steps)
    ]


def recorded(record: Any) -> tuple[tuple[Word, ...], list[Echo]]:
    words = tuple(Word(start=start, end=end, text=text, probability=0.9) for start, end, text in record["words"])
    echoes = [
        Echo(start=start + at / 10, end=min(end, start + (at + 1) / 10), difference=difference, again_after=again)
        for start, end, difference, again in record["echoes"]  # those that are the same are recorded as one
        for at in range(math.ceil((end - start) * 10 - 0.01))
    ]
    return words, echoes


def name(record: Any) -> str:
    return f"{record['sound']} {record['model']} {record['language']}"


def trusted_until(words: tuple[Word, ...], echoes: list[Echo]) -> float:
    found = loop(words, echoes)
    assert found is not None
    return found[1]


def longest(words: tuple[Word, ...]) -> int:
    """The turns of the phrase that is said most often."""
    return max((len(each.turns) for each in repeats(words)), default=0)


@pytest.mark.parametrize("record", RECORDED["real"], ids=name)
def test_no_turn_that_is_said_is_lost(record: Any) -> None:
    words, echoes = recorded(record)
    left = without_loops(as_heard(words, echoes), echoes)
    assert longest(left) >= min(longest(words), 0.9 * record["turns"])  # a window need not have all of forty
    assert longest(left) <= 1.1 * record["turns"] + 1


@pytest.mark.parametrize("record", RECORDED["loops"], ids=name)
def test_a_loop_is_said_once(record: Any) -> None:
    words, echoes = recorded(record)
    assert as_heard(words, echoes) == words
    assert loop(words, echoes) is not None
    assert repeats(without_loops(words, echoes)) == []


def test_there_are_as_many_of_both_kinds() -> None:
    assert len(RECORDED["real"]) >= 30
    assert len(RECORDED["loops"]) >= 30


SIX = "she listened knock knock knock knock knock knock and went"


def test_turns_that_sound_alike_stay() -> None:
    words = said(SIX)
    echoes = [*heard(0.0, 0.8, 0.7), *heard(0.8, 3.2, 0.2, 0.4), *heard(3.2, 4.0, 0.7)]
    assert loop(words, echoes) is None
    assert without_loops(words, echoes) == words


def test_turns_over_speech_that_does_not_repeat_are_a_loop_up_to_the_end_of_the_first() -> None:
    assert trusted_until(said(SIX), heard(0.0, 4.0, 0.65)) == pytest.approx(1.2)
    assert without_loops(said(SIX), heard(0.0, 4.0, 0.65)) == (*said(SIX)[:3], *said(SIX)[8:])


def test_turns_without_any_speech_are_a_loop() -> None:
    assert loop(said(SIX), heard(10.0, 14.0, 0.1, 0.4)) is not None


def test_a_turn_or_two_beside_their_speech_stay() -> None:
    words = said("never " * 10)
    assert without_loops(words, [*heard(0.0, 3.2, 0.2, 0.4), *heard(3.2, 4.0, 0.7)]) == words


def test_a_streak_of_turns_that_take_no_time_goes() -> None:
    timed = said("nobody spoke " * 3, seconds_each=0.5)
    timeless = tuple(Word(start=3.0, end=3.0, text=word.text, probability=0.9) for word in timed)
    assert without_loops((*timed, *timeless), heard(0.0, 3.2, 0.2)) == timed
    assert without_loops((*timed, *timeless[:4]), heard(0.0, 3.2, 0.2)) == (*timed, *timeless[:4])


def test_more_words_than_anybody_can_say_in_the_time_are_too_many() -> None:
    words = said("8 " * 46, seconds_each=0.3)
    assert len(without_loops(words, heard(0.0, 1.2, 0.2))) == 21


def test_text_that_compresses_too_well_is_a_loop_unless_the_sound_repeats() -> None:
    words = said(" ".join(f"and then the man with the hat went to town {number}" for number in "abcdefghijklmnop"))
    assert loop(words, heard(0.0, 70.0, 0.65)) is not None
    assert loop(words, heard(0.0, 70.0, 0.2)) is None


def test_a_long_phrase_of_a_language_without_spaces_repeats() -> None:
    phrase = [f" {letter}" for letter in "4月1日のラインバイブルを取り組み合わせるのが"]
    words = tuple(Word(start=0.0, end=0.0, text=text, probability=0.5) for text in phrase * 5)
    assert repeats(words) == [Repeat(start=0, end=len(words), size=len(phrase))]


def test_the_sound_is_asked_about_what_is_said_three_times() -> None:
    assert repeats_itself(said("no no no"))
    assert not repeats_itself(said("it was very very good"))


texts = st.lists(st.sampled_from(["a", "b", "c", "no", "—"]), max_size=60).map(" ".join)
sounds = st.lists(st.tuples(st.sampled_from([0.1, 0.7]), st.sampled_from([None, 0.3, 0.8])), max_size=30).map(
    lambda steps: [e for at, (d, again) in enumerate(steps) for e in heard(at * 0.8, at * 0.8 + 0.8, d, again)]
)


@given(texts, sounds)
def test_trimming_ends_adds_no_word_and_keeps_the_order(text: str, echoes: list[Echo]) -> None:
    words = said(text)
    after = without_loops(words, echoes)
    assert set(after) <= set(words)
    assert [word.start for word in after] == sorted(word.start for word in after)
    assert all(all(kept_turns(after, each, echoes)) for each in repeats(after))


@given(texts)
def test_without_sound_nothing_repeats(text: str) -> None:
    assert repeats(without_loops(said(text), ())) == []
    if not repeats(said(text)):
        assert without_loops(said(text), ()) == said(text)
