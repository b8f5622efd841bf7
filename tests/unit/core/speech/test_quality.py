from __future__ import annotations

from dataclasses import replace

import pytest

from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.quality import (
    Hypothesis,
    better,
    counted,
    judge,
    trusted,
    unheard_seconds,
    without_loop,
)
from swarmstt.core.transcript import Word


def hypothesis(
    text: str,
    *,
    seconds_each: float = 0.4,
    average_log_probability: float = -0.2,
    no_speech_probability: float = 0.0,
) -> Hypothesis:
    """The text's words one after the other from 0 s."""
    return Hypothesis(
        words=tuple(
            Word(start=index * seconds_each, end=(index + 1) * seconds_each, text=f" {word}", probability=0.9)
            for index, word in enumerate(text.split())
        ),
        average_log_probability=average_log_probability,
        no_speech_probability=no_speech_probability,
    )


PLAIN = "It was the best of times, it was the worst of times, it was the age of wisdom."


def test_a_hypothesis_that_covers_its_speech_is_good() -> None:
    assert judge(hypothesis(PLAIN), [(0.0, 7.5)]).fault is None


def test_the_rest_after_an_early_end_is_unfinished_from_the_last_word_on() -> None:
    verdict = judge(hypothesis(PLAIN), [(0.0, 7.0), (7.5, 20.0)])
    assert verdict.fault == "unfinished"
    assert verdict.at == pytest.approx(7.2)


HALF_A_WORD = "It was the best of times, it was the worst of ti"


def test_a_hypothesis_that_stops_within_a_sentence_is_trusted_up_to_its_last_pause() -> None:
    assert judge(hypothesis(HALF_A_WORD), [(0.0, 2.5), (2.8, 20.0)]).at == 2.5


def test_a_pause_far_back_is_not_gone_back_to() -> None:
    text = "It was the best of times, " + "it was the worst of times it was the age of wisdom it was the age of foo"
    verdict = judge(hypothesis(text, seconds_each=0.6), [(0.0, 3.7), (4.0, 30.0)])
    assert verdict.fault == "unfinished"
    assert verdict.at == pytest.approx(0.6 * len(text.split()))


def test_a_pause_in_the_half_said_word_is_none_to_go_back_to() -> None:
    assert judge(hypothesis(HALF_A_WORD), [(0.0, 4.7), (4.9, 20.0)]).at == pytest.approx(4.8)


def test_less_than_a_word_after_the_last_one_is_no_fault() -> None:
    assert judge(hypothesis(HALF_A_WORD), [(0.0, 5.3)]).fault is None
    assert judge(hypothesis(HALF_A_WORD), [(0.0, 5.5)]).fault == "unfinished"


def test_words_are_trusted_where_their_middle_is() -> None:
    assert trusted(hypothesis(PLAIN), 0.8).text == "It was"
    assert trusted(hypothesis(PLAIN), 0.5).text == "It"
    assert trusted(hypothesis(PLAIN), 0.0).words == ()


@pytest.mark.parametrize("starts_at", [4.3, 4.5, 4.6, 4.7, 4.8, 4.9, 5.0])
def test_the_half_said_word_is_kept_or_read_again_and_never_both(starts_at: float) -> None:
    """The pause is from 4.8 to 5.0 s; wherever alignment puts the word, it is not both trusted and read again."""
    half = Word(start=starts_at, end=starts_at + 0.4, text=" ti", probability=0.9)
    said = hypothesis("It was the best of times, it was the worst of", seconds_each=0.39)
    said = replace(said, words=(*said.words, half))
    at = judge(said, [(0.0, 2.3), (2.5, 4.8), (5.0, 20.0)]).at
    kept = trusted(said, at).words
    assert (half in kept) == (at >= half.end)
    assert kept[:11] == said.words[: len(kept[:11])]
    assert len(kept) >= 6


def test_speech_without_any_word_is_unfinished() -> None:
    verdict = judge(hypothesis(""), [(1.0, 4.0)])
    assert verdict.fault == "unfinished"
    assert verdict.at == 0.0


def test_a_hypothesis_in_the_wrong_language_is_foreign_whatever_else_is_wrong() -> None:
    foreign = replace(hypothesis("la la la la la la la la la", average_log_probability=-0.9), spoken="it")
    assert judge(foreign, [(0.0, 20.0)]).fault == "foreign"
    assert judge(replace(foreign, spoken=None), [(0.0, 20.0)]).fault == "loop"


def test_an_empty_hypothesis_of_no_speech_is_good() -> None:
    assert judge(hypothesis(""), []).fault is None


def test_silence_after_the_last_word_is_no_fault() -> None:
    assert judge(hypothesis(PLAIN), [(0.0, 6.5)]).fault is None


def test_a_word_that_swallowed_a_sentence_is_a_hole() -> None:
    words = (
        Word(start=0.0, end=0.5, text=" one", probability=0.9),
        Word(start=0.5, end=6.0, text=" two", probability=0.9),
        Word(start=6.0, end=6.5, text=" three", probability=0.9),
    )
    swallowed = Hypothesis(words=words, average_log_probability=-0.2, no_speech_probability=0.0)
    verdict = judge(swallowed, [(0.0, 6.5)])
    assert verdict.fault == "hole"
    assert verdict.at == 0.5
    assert judge(swallowed, [(0.0, 1.0), (5.8, 6.5)]).fault is None


def test_a_phrase_said_over_and_over_is_a_loop() -> None:
    verdict = judge(hypothesis("he said" + " no no" * 6), [])
    assert verdict.fault == "loop"


def test_rhetoric_is_no_loop() -> None:
    assert judge(hypothesis("never, never, never, never give in"), []).fault is None
    assert judge(hypothesis("tear down the fence, tear down the fence, tear down the fence"), []).fault is None


def test_text_that_compresses_too_well_is_a_loop() -> None:
    text = " ".join(f"and then the man with the hat went to town {number}" for number in "abcdefghijklmnop")
    assert judge(hypothesis(text), []).fault == "loop"


def test_text_in_silence_is_invented_only_if_it_is_not_believed_either() -> None:
    silent = hypothesis("Thank you.", average_log_probability=-1.2, no_speech_probability=0.8)
    assert judge(silent, []).fault == "invented"
    sure = hypothesis("Thank you.", average_log_probability=-0.3, no_speech_probability=0.8)
    assert judge(sure, []).fault is None


def test_text_that_is_not_believed_is_doubtful() -> None:
    assert judge(hypothesis(PLAIN, average_log_probability=-1.4), [(0.0, 6.5)]).fault == "doubtful"


def test_more_speech_heard_is_better_than_a_little_more_certainty() -> None:
    speech = [(0.0, 12.0)]
    short = hypothesis("it was the best of times", average_log_probability=-0.15)
    whole = hypothesis(PLAIN, seconds_each=0.65, average_log_probability=-0.3)
    assert better(short, whole, speech) is whole
    assert better(whole, short, speech) is whole


def test_the_first_of_two_equal_readings_is_kept() -> None:
    first, second = hypothesis(PLAIN), hypothesis(PLAIN)
    assert better(first, second, [(0.0, 6.5)]) is first


def test_any_text_is_better_than_a_loop() -> None:
    looping = hypothesis("no " * 30)
    assert better(looping, hypothesis("no, he said"), [(0.0, 12.0)]).text == "no, he said"


def test_a_loop_is_said_once() -> None:
    trimmed = without_loop(hypothesis("and so he went home" + " and so" * 9 + " to sleep"))
    assert trimmed.text == "and so he went home and so to sleep"


def test_a_phrase_whose_sound_repeats_is_no_loop() -> None:
    echoes = [Echo(start=0.8, end=5.6, difference=0.1, again_after=0.4)]
    assert judge(hypothesis("he said" + " no no" * 6), [(0.0, 5.6)], echoes).fault is None


def test_a_hypothesis_is_counted_by_its_sound() -> None:
    echoes = [Echo(start=at / 10, end=(at + 1) / 10, difference=0.1, again_after=0.4) for at in range(16, 44)]
    few = hypothesis("he said no no no", seconds_each=0.8)
    assert counted(few, echoes).text == "he said" + " no" * 7
    assert judge(counted(few, echoes), [(0.0, 4.4)], echoes).fault is None


def test_unheard_speech_counts_before_between_and_after_words() -> None:
    words = (
        Word(start=1.0, end=2.0, text=" a", probability=1.0),
        Word(start=3.0, end=4.0, text=" b", probability=1.0),
    )
    assert unheard_seconds(words, [(0.0, 6.0)]) == pytest.approx(1.0 + 1.0 + 2.0)
