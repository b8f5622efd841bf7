"""What is read again where words were skipped, and what of it goes between the words."""

from __future__ import annotations

from collections.abc import Sequence

from swarmstt.core.speech.missing.pace import Sound, Unaccounted
from swarmstt.core.speech.missing.skipped import bounds, is_confirmed, mended, skipped
from swarmstt.core.speech.quality import Hypothesis
from swarmstt.core.transcript import Word

_SAID = """it was the best of times it was the worst of times it was the age of wisdom it was the age of
foolishness"""
TEXT = _SAID.split()


def spoken(texts: Sequence[str], start: float = 0.0) -> tuple[Word, ...]:
    """Words of 0.3 s, one after the other."""
    return tuple(
        Word(start=start + 0.3 * at, end=start + 0.3 * (at + 1), text=f" {text}", probability=0.9)
        for at, text in enumerate(texts)
    )


def heard(words: Sequence[Word], sureness: float = -0.2) -> Hypothesis:
    return Hypothesis(words=tuple(words), average_log_probability=sureness, no_speech_probability=0.0)


WHOLE = spoken(TEXT)
SOUND = Sound(speech=((0.0, WHOLE[-1].end),))
LACKING = (*WHOLE[:8], Word(start=2.4, end=4.5, text=" age", probability=0.9), *WHOLE[15:])
"""Without "the worst of times it was the": the word after it has their time."""


def texts(words: Sequence[Word]) -> list[str]:
    return [word.text.strip() for word in words]


def place() -> Unaccounted:
    [found] = skipped(LACKING, SOUND)
    return found


def test_what_is_found_goes_between_the_words() -> None:
    better = mended(LACKING, place(), heard(WHOLE[3:20]), [(WHOLE[3].start, WHOLE[19].end)], SOUND)
    assert better is not None
    assert texts(better) == TEXT
    assert skipped(better, SOUND) == []


def test_what_was_said_twice_and_written_once_is_written_twice() -> None:
    said = [*TEXT[:8], "age", "age", "age", *TEXT[15:]]
    whole = spoken(said)
    once = (
        *whole[:9],
        Word(start=whole[9].start, end=whole[11].end, text=f" {said[11]}", probability=0.9),
        *whole[12:],
    )
    sound = Sound(speech=((0.0, whole[-1].end),))
    stretched = Unaccounted(start=whole[9].start, end=whole[11].end, seconds=0.6, score=2.0)
    better = mended(once, stretched, heard(whole[4:18]), [(whole[4].start, whole[17].end)], sound)
    assert better is not None
    assert texts(better) == said


def test_other_words_stay_as_they_were() -> None:
    again = [*WHOLE[3:17], *spoken(["wisdoms", "it"], WHOLE[17].start), *WHOLE[19:20]]
    better = mended(LACKING, place(), heard(again), [(WHOLE[3].start, WHOLE[19].end)], SOUND)
    assert better is not None
    assert texts(better) == TEXT


def test_nothing_is_taken_that_is_not_believed() -> None:
    read = [(WHOLE[3].start, WHOLE[19].end)]
    assert mended(LACKING, place(), heard(WHOLE[3:20], sureness=-1.2), read, SOUND) is None
    assert mended(LACKING, place(), heard(()), read, SOUND) is None
    looped = [*WHOLE[3:8], *spoken(["age"] * 20, 2.4), *WHOLE[15:20]]
    assert mended(LACKING, place(), heard(looped), read, SOUND) is None


def test_nothing_is_taken_if_the_second_reading_has_no_more() -> None:
    same = [*WHOLE[3:8], *LACKING[8:13]]
    assert mended(LACKING, place(), heard(same), [(WHOLE[3].start, WHOLE[19].end)], SOUND) is None


def test_the_same_words_again_confirm_the_first() -> None:
    same = [*WHOLE[3:8], *LACKING[8:13]]
    assert is_confirmed(LACKING, heard(same), [(WHOLE[3].start, WHOLE[19].end)])
    assert not is_confirmed(LACKING, heard(WHOLE[3:20]), [(WHOLE[3].start, WHOLE[19].end)])


def test_nothing_is_taken_without_words_on_both_sides_that_both_readings_have() -> None:
    again = spoken(["quite", "other", "words", "than", "those", "that", "were", "there"], 2.4)
    assert mended(LACKING, place(), heard(again), [(0.9, 6.0)], SOUND) is None


def test_what_lacks_at_the_beginning_needs_words_behind_it_only() -> None:
    lacking = (Word(start=0.0, end=2.4, text=" was", probability=0.9), *WHOLE[8:])
    [found] = skipped(lacking, SOUND)
    better = mended(lacking, found, heard(WHOLE[:15]), [(0.0, WHOLE[14].end)], SOUND)
    assert better is not None
    assert texts(better) == TEXT


def test_what_sounds_like_syllables_outside_of_speech_counts_for_nothing() -> None:
    """A word is stretched over music that was left out."""
    last = WHOLE[-1].end
    stretched = (*WHOLE[:-1], Word(start=WHOLE[-1].start, end=last + 60, text=" foolishness", probability=0.9))
    later = spoken(TEXT, last + 60)
    speech = ((0.0, last), (last + 60, later[-1].end))
    syllables = [word.start + 0.1 for word in (*WHOLE, *later)]
    music = [last + 0.5 + 0.25 * number for number in range(236)]
    words = [*stretched, *later]
    assert skipped(words, Sound(speech=speech, nuclei=tuple(sorted([*syllables, *music])))) == []


def test_a_phrase_beside_a_long_pause_is_read_again_with_words_on_both_sides() -> None:
    speech = [(0.0, 8.0), (8.4, 12.0), (72.0, 73.0), (73.5, 90.0)]
    found = Unaccounted(start=10.0, end=73.0, seconds=2.0, score=2.0)
    assert bounds(found, speech, 4.0) == ((6.0, 8.0), (8.4, 12.0), (72.0, 73.0), (73.5, 77.0))


def test_what_is_too_long_to_be_read_at_once_is_not_looked_for() -> None:
    far = Word(start=45.0, end=45.3, text=" far", probability=0.9)
    assert skipped([*WHOLE[:3], far], Sound(speech=((0.0, 45.3),))) == []


def test_what_is_read_again_begins_and_ends_in_pauses_that_are_near() -> None:
    speech = [(0.0, 4.0), (4.5, 8.0), (8.4, 14.0), (14.5, 20.0), (20.5, 40.0)]
    found = Unaccounted(start=10.0, end=12.0, seconds=1.0, score=1.0)
    assert bounds(found, speech, 4.0) == ((4.5, 8.0), (8.4, 14.0), (14.5, 16.0))
    assert bounds(found, speech, 7.0) == ((3.0, 4.0), (4.5, 8.0), (8.4, 14.0), (14.5, 20.0))
    wide = Unaccounted(start=1.0, end=35.0, seconds=30.0, score=9.0)
    read = bounds(wide, speech, 4.0)
    assert read[-1][1] - read[0][0] <= 34.0
