"""Utterances that were passed over, and the words that are found in them."""

from __future__ import annotations

from dataclasses import replace

from swarmstt.core.speech.echoes import Echo
from swarmstt.core.speech.lost import (
    around,
    found,
    likely_language,
    lost_utterances,
    sounds_like_others,
    with_said_again,
    with_utterance,
)
from swarmstt.core.speech.quality import Hypothesis
from swarmstt.core.transcript import Word

ENGLISH = ((0.0, 3.0),)
GERMAN = ((4.0, 5.9), (6.1, 7.7))
MORE = ((9.0, 12.0),)
SPEECH = (*ENGLISH, *GERMAN, *MORE)


def words(text: str, start: float, end: float) -> tuple[Word, ...]:
    each = (end - start) / len(text.split())
    return tuple(
        Word(start=start + at * each, end=start + (at + 1) * each, text=f" {word}", probability=0.9)
        for at, word in enumerate(text.split())
    )


HEARD = (*words("in being rather modern it was.", 0.0, 3.0), *words("For although the Chinese took", 9.0, 12.0))
FOUND = words("Der hinter diesem Portal liegende Raum", 4.0, 7.7)


def stretched(word: Word, start: float, end: float) -> Word:
    """Alignment gives the speech that was passed over to a word beside it."""
    return replace(word, start=start, end=end)


def text(said: tuple[Word, ...]) -> str:
    return "".join(word.text for word in said).strip()


def hypothesis(said: tuple[Word, ...], likelihood: float = -0.3, no_speech: float = 0.0) -> Hypothesis:
    return Hypothesis(words=said, average_log_probability=likelihood, no_speech_probability=no_speech)


def test_an_utterance_without_words_is_lost_and_others_are_not() -> None:
    assert lost_utterances(HEARD, SPEECH) == [GERMAN]
    assert lost_utterances((*HEARD[:6], *FOUND, *HEARD[6:]), SPEECH) == []


def test_an_utterance_in_one_stretched_word_is_lost() -> None:
    late = (*HEARD[:6], stretched(HEARD[6], 4.0, 9.3), *HEARD[7:])
    early = (*HEARD[:5], stretched(HEARD[5], 2.5, 7.7), *HEARD[6:])
    assert lost_utterances(late, SPEECH) == [GERMAN]
    assert lost_utterances(early, SPEECH) == [GERMAN]


def test_the_end_of_an_utterance_is_lost() -> None:
    begun = (*HEARD[:6], *words("Der hinter diesem", 4.0, 5.9), *HEARD[6:])
    assert lost_utterances(begun, SPEECH) == [GERMAN]


def test_words_that_are_found_stand_between_the_others_and_a_stretched_word_where_it_is_said() -> None:
    late = (*HEARD[:6], stretched(HEARD[6], 4.0, 9.3), *HEARD[7:])
    said = with_utterance(late, GERMAN, FOUND, SPEECH)
    assert (
        text(said)
        == "in being rather modern it was. Der hinter diesem Portal liegende Raum For although the Chinese took"
    )
    assert said[12].text == " For"
    assert said[12].start == 9.0
    early = (*HEARD[:5], stretched(HEARD[5], 2.5, 7.7), *HEARD[6:])
    said = with_utterance(early, GERMAN, FOUND, SPEECH)
    assert (
        text(said)
        == "in being rather modern it was. Der hinter diesem Portal liegende Raum For although the Chinese took"
    )
    assert said[5].end == 3.0


def test_what_was_begun_of_an_utterance_is_not_said_twice() -> None:
    begun = (*HEARD[:6], *words("Der", 3.4, 4.0), *words("hinter diesem", 4.0, 5.9), stretched(HEARD[6], 6.0, 9.3))
    said = with_utterance((*begun, *HEARD[7:]), GERMAN, FOUND, SPEECH)
    assert (
        text(said)
        == "in being rather modern it was. Der hinter diesem Portal liegende Raum For although the Chinese took"
    )


def test_what_is_found_must_be_more_than_there_was_and_likely() -> None:
    assert found(hypothesis(FOUND), GERMAN, HEARD)
    assert not found(hypothesis(FOUND), GERMAN, (*HEARD, *FOUND))
    assert not found(hypothesis(()), GERMAN, HEARD)
    assert not found(hypothesis(FOUND, no_speech=0.8), GERMAN, HEARD)
    assert not found(hypothesis(FOUND[:1]), GERMAN, HEARD)


def test_a_turn_with_speech_and_sound_of_its_own_is_said_once_more() -> None:
    turns = (*FOUND, *words("Der hinter diesem Portal liegende Raum", 9.0, 12.0))
    again = hypothesis(words("Der hinter diesem Portal liegende Raum", 0.0, 3.0))
    assert not found(again, ENGLISH, turns)
    assert with_said_again(turns, again, ENGLISH, SPEECH) == (*again.words, *turns)
    unlikely = replace(again, average_log_probability=-0.9)
    assert with_said_again(turns, unlikely, ENGLISH, SPEECH) is turns
    assert with_said_again(FOUND, hypothesis(FOUND), GERMAN, SPEECH) is FOUND
    beside = around(ENGLISH, SPEECH)
    assert beside == ((0.0, 3.0), (4.0, 5.9), (6.1, 7.7), (9.0, 11.0))
    alike, other = (Echo(start=0.0, end=3.0, difference=difference) for difference in (0.2, 0.7))
    assert (sounds_like_others(ENGLISH, [alike]), sounds_like_others(ENGLISH, [other])) == (True, False)


def test_a_turn_of_what_is_said_again_is_not_found_once_more() -> None:
    crammed = (*words("Der hinter diesem Portal liegende Raum", 0.0, 3.0), *words("and so on", 9.0, 12.0))
    assert not found(hypothesis(FOUND), GERMAN, crammed)
    assert found(hypothesis(words("Der hinter jenem Tor liegende Raum", 4.0, 7.7)), GERMAN, crammed)


def test_less_is_believed_each_time_that_a_person_has_it_tried_again() -> None:
    doubtful = hypothesis(FOUND, -0.7)
    assert [found(doubtful, GERMAN, HEARD, tries) for tries in range(3)] == [False, True, True]
    assert [found(hypothesis(FOUND, -0.9), GERMAN, HEARD, tries) for tries in range(4)] == [False, False, True, True]


def test_an_utterance_is_cut_at_shorter_pauses_when_it_is_tried_again() -> None:
    speech = (*ENGLISH, (3.3, 6.5), *MORE)
    assert lost_utterances(HEARD, speech) == [((0.0, 3.0), (3.3, 6.5))]
    assert lost_utterances(HEARD, speech, tries=1) == [((3.3, 6.5),)]


def test_an_utterance_is_read_in_its_own_language_if_that_is_sure_and_later_in_the_next() -> None:
    sure, doubtful = [("de", 0.9), ("nl", 0.1)], [("de", 0.6), ("nl", 0.3), ("en", 0.1)]
    assert likely_language(sure, "en") == "de"
    assert [likely_language(doubtful, "en", tries) for tries in range(6)] == ["en", "de", "de", "nl", "en", "en"]
