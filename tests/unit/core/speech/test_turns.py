"""As many turns of a phrase as the sound has, and where they are said."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.speech.echoes import Echo, turns_heard
from swarmstt.core.speech.turns import as_heard, miscounted
from swarmstt.core.transcript import Word


def said(text: str, *, start: float = 0.0, seconds_each: float = 0.4) -> tuple[Word, ...]:
    return tuple(
        Word(start=start + at * seconds_each, end=start + (at + 1) * seconds_each, text=f" {word}", probability=0.9)
        for at, word in enumerate(text.split())
    )


def heard(start: float, seconds: float, difference: float, again_after: float | None = None) -> list[Echo]:
    """Echoes of a tenth of a second each."""
    return [
        Echo(start=start + at / 10, end=start + (at + 1) / 10, difference=difference, again_after=again_after)
        for at in range(round(seconds * 10))
    ]


def text(words: tuple[Word, ...]) -> str:
    return "".join(word.text for word in words).strip()


def test_turns_that_whisper_left_out_are_put_in_where_they_are_said() -> None:
    words = said("he said knock knock knock and went", seconds_each=0.8)
    echoes = [*heard(0.0, 1.6, 0.7), *heard(1.6, 2.4, 0.1, 0.4), *heard(4.0, 1.6, 0.7)]
    after = as_heard(words, echoes)
    assert text(after) == "he said" + " knock" * 6 + " and went"
    assert [word.start for word in after[2:8]] == pytest.approx([1.6, 2.0, 2.4, 2.8, 3.2, 3.6])
    assert after[-2:] == words[-2:]


def test_turns_that_nobody_says_go() -> None:
    words = said("no " * 42, seconds_each=0.15)
    assert text(as_heard(words, heard(0.0, 6.4, 0.1, 0.32))) == ("no " * 20).strip()


def test_what_whisper_looped_over_after_the_turns_is_left_without_words() -> None:
    words = said("never " * 30)
    after = as_heard(words, [*heard(0.0, 4.0, 0.1, 0.4), *heard(5.0, 7.0, 0.7)])
    assert len(after) == 10
    assert after[-1].end == pytest.approx(4.0)


def test_the_ends_of_a_run_reach_to_the_pause_beside_them() -> None:
    turns = [*heard(0.0, 0.3, 0.6), *heard(0.3, 3.2, 0.1, 0.4), *heard(3.5, 0.5, 0.45)]
    assert turns_heard(0.0, 10.0, [*turns, *heard(4.5, 0.3, 0.35), *heard(4.8, 2.0, 0.7)]) == pytest.approx(10.0)


def test_a_turn_that_is_not_heard_next_makes_no_turn_of_two() -> None:
    echoes = [*heard(0.0, 4.0, 0.2, 0.8), *heard(4.0, 2.4, 0.3, 1.6), *heard(6.4, 1.6, 0.2, 0.8)]
    assert turns_heard(0.0, 8.0, echoes) == pytest.approx(10.0)


def test_turns_that_grow_faster_are_counted_each_at_its_pace() -> None:
    echoes = [*heard(0.0, 6.0, 0.1, 0.6), *heard(6.0, 6.0, 0.1, 0.4)]
    assert turns_heard(0.0, 12.0, echoes) == pytest.approx(25.0, abs=0.5)


def test_a_last_turn_that_is_cut_short_stays_so() -> None:
    words = said("hold the rope row the boat, " * 6 + "hold the rope. And she went")
    echoes = [*heard(0.0, 11.2, 0.1, 2.4), *heard(11.2, 6.0, 0.7)]
    after = text(as_heard(words, echoes))
    assert after == "hold the rope row the boat, " * 4 + "hold the rope. And she went"


def test_a_dash_after_turns_that_go_is_of_those() -> None:
    words = said("ha " * 30 + "-", seconds_each=0.2)
    assert text(as_heard(words, heard(0.0, 4.0, 0.1, 0.4))) == ("ha " * 10).strip()


def test_one_turn_more_or_less_than_counted_stays_if_it_may_be_said() -> None:
    words = said("five " * 7)
    assert as_heard(words, heard(0.0, 2.6, 0.1, 0.4)) == words


def test_the_last_turn_keeps_its_full_stop_and_all_turns_all_their_words() -> None:
    words = said("Left, right, left, right, left, right.")
    assert (
        text(as_heard(words, heard(0.0, 4.0, 0.1, 0.8)))
        == "Left, right, left, right, left, right, left, right, left, right."
    )


def test_a_word_that_says_one_thing_twice_is_two_turns_of_the_sound() -> None:
    words = said("haha haha haha", seconds_each=0.6)
    assert as_heard(words, heard(0.0, 1.8, 0.1, 0.3)) == words
    assert text(as_heard(words, heard(0.0, 3.0, 0.1, 0.3))) == "haha haha haha haha haha"


def test_a_phrase_that_repeats_a_word_within_is_not_counted_by_that_word() -> None:
    words = said("no no yes " * 4)
    assert as_heard(words, heard(0.0, 4.8, 0.1, 0.4)) == words
    assert not miscounted(words, heard(0.0, 4.8, 0.1, 0.4))


def test_two_phrases_are_counted_each_in_its_own_speech() -> None:
    words = said("knock knock knock who is there knock knock knock knock go away")
    echoes = [*heard(0.0, 1.2, 0.1, 0.3), *heard(1.2, 1.2, 0.7), *heard(2.4, 1.6, 0.1, 0.4), *heard(4.0, 0.8, 0.7)]
    assert text(as_heard(words, echoes)) == "knock knock knock knock who is there knock knock knock knock go away"


def test_speech_that_is_alike_by_chance_is_not_counted() -> None:
    assert turns_heard(0.0, 20.0, [*heard(0.0, 1.0, 0.45), *heard(1.0, 0.4, 0.3, 5.0), *heard(2.0, 18.0, 0.7)]) is None
    assert turns_heard(0.0, 20.0, ()) is None


texts = st.lists(st.sampled_from(["a", "b", "no", "—"]), max_size=40).map(" ".join)
sounds = st.lists(st.tuples(st.sampled_from([0.1, 0.45, 0.7]), st.sampled_from([None, 0.3, 0.8])), max_size=20).map(
    lambda steps: [echo for at, (d, again) in enumerate(steps) for echo in heard(at * 0.9, 0.8, d, again)]
)


@given(texts, sounds)
def test_no_other_word_comes_or_goes_and_the_order_stays(spoken: str, echoes: list[Echo]) -> None:
    words = said(spoken)
    after = as_heard(words, echoes)
    assert {word.text for word in after} == {word.text for word in words}
    assert all(word.start <= word.end for word in after)
    assert all(first.start <= second.start + 1e-6 for first, second in pairwise(after))
