"""Which of two hypotheses to go on with, if something is said over and over."""

from __future__ import annotations

from dataclasses import replace

from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.quality import Hypothesis, judge
from swarmstt.core.speech.searches import better_heard, hears_more, repeats_doubtfully
from tests.unit.core.speech.test_quality import PLAIN, hypothesis

SPEECH = [(0.0, 10.0)]


def heard(seconds: float, again_after: float | None, difference: float = 0.1) -> list[Echo]:
    """Echoes of a tenth of a second each."""
    return [
        Echo(start=at / 10, end=(at + 1) / 10, difference=difference, again_after=again_after)
        for at in range(round(seconds * 10))
    ]


def stretched(text: str, *spans: tuple[float, float]) -> Hypothesis:
    """Words at these times; those beyond take no time at the end."""
    plain = hypothesis(text)
    last = spans[-1][1]
    times = [*spans, *[(last, last)] * (len(plain.words) - len(spans))]
    words = tuple(replace(word, start=start, end=end) for word, (start, end) in zip(plain.words, times, strict=True))
    return replace(plain, words=words)


def test_what_the_sound_counts_as_it_is_written_needs_no_second_look() -> None:
    echoes = heard(10.0, 1.0)
    assert not repeats_doubtfully(hypothesis(PLAIN), echoes)
    assert not repeats_doubtfully(hypothesis("never " * 10, seconds_each=1.0), echoes)
    assert repeats_doubtfully(hypothesis("never " * 6, seconds_each=1.6), echoes)
    assert repeats_doubtfully(hypothesis("never " * 6, seconds_each=1.6), heard(10.0, None))


def test_turns_that_only_one_of_two_has_are_kept_if_the_sound_cannot_count_them() -> None:
    echoes = heard(4.2, None, 0.3)
    few, many = (hypothesis("printed " + "books " * turns, seconds_each=0.6) for turns in (4, 6))
    speech = [(0.0, 3.4)]
    assert better_heard(few, many, speech, echoes) == many
    assert better_heard(many, few, speech, echoes) == many


def test_what_loops_nowhere_is_gone_on_with_even_if_it_is_not_finished() -> None:
    echoes = heard(10.0, None, 0.2)
    looping = stretched("so it went " + "nobody spoke " * 20, *[(at * 0.5, at * 0.5 + 0.5) for at in range(20)])
    unfinished = hypothesis("the rain came down nobody spoke " * 3, seconds_each=0.45)
    assert judge(looping, SPEECH, echoes).fault == "loop"
    assert judge(unfinished, SPEECH, echoes).fault == "unfinished"
    assert better_heard(looping, unfinished, SPEECH, echoes) == unfinished
    assert better_heard(looping, hypothesis("the rain"), SPEECH, echoes) is looping


def test_what_leaves_less_speech_without_words_is_better_even_if_it_stops_early() -> None:
    passed_over = stretched("the wind. Nobody answered", (0.0, 0.5), (0.5, 1.0), (1.0, 5.5), (5.5, 10.0))
    echoes = heard(8.5, 0.75)
    laughing = hypothesis("the wind. " + "ha " * 10, seconds_each=0.7)
    assert better_heard(passed_over, laughing, SPEECH, echoes) == laughing
    assert better_heard(laughing, passed_over, SPEECH, echoes) is laughing
    assert hears_more(laughing, passed_over, SPEECH)
    assert not hears_more(laughing, laughing, SPEECH)


def test_what_is_written_in_two_ways_and_not_as_often_as_it_is_said_is_miscounted() -> None:
    echoes = [Echo(start=at / 10, end=(at + 1) / 10, difference=0.1, again_after=2.0) for at in range(100)]
    speech = [(0.0, 10.0)]
    few = hypothesis("row your boat along " * 3 + "row row your boat", seconds_each=0.5)
    few = replace(few, words=(*few.words[:-1], replace(few.words[-1], end=10.0)))
    many = hypothesis("row your boat along " * 5, seconds_each=0.5)
    assert judge(few, speech, echoes).fault == "miscounted"
    assert better_heard(few, many, speech, echoes) == many


def test_words_for_speech_that_had_none_are_better_heard_if_they_are_believed() -> None:
    speech = [(0.0, 12.0)]
    few = hypothesis("it was the best of times", average_log_probability=-0.1)
    many = hypothesis(PLAIN, seconds_each=0.65, average_log_probability=-0.6)
    assert better_heard(few, many, speech, ()) == many
    assert better_heard(many, few, speech, ()) == many
    assert better_heard(few, replace(many, average_log_probability=-1.2), speech, ()) is few
    assert better_heard(few, hypothesis("no " * 30), speech, ()) is few
