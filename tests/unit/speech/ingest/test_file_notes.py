"""Notes of many files that are alike."""

from __future__ import annotations

from swarmstt.speech.ingest.file_notes import MOST_NOTES, FileNotes


def quiet(number: int, decibels: int = 30) -> tuple[str, list[str]]:
    name = f"Track {number}.mp3"
    return name, [f"{name} is very quiet: it was made {decibels} dB louder to be understood."]


def test_of_many_that_are_alike_a_few_are_named_and_the_others_counted() -> None:
    notes = FileNotes()
    told = [note for number in range(1, 501) for note in notes.told(*quiet(number, 20 + number % 9))]
    assert told == [note for number in (1, 2, 3) for note in quiet(number, 20 + number % 9)[1]]
    assert notes.rest() == [f"The same goes for 497 more of its files: {told[0]}"]


def test_notes_of_other_kinds_are_told_whatever_there_was_before() -> None:
    notes = FileNotes()
    for number in range(9):
        notes.told(*quiet(number))
    assert notes.told("film.mkv", ["Of film.mkv track 2 (ger) is transcribed."])
    assert len(notes.rest()) == 1


def test_a_few_are_all_told_and_nothing_is_left() -> None:
    notes = FileNotes()
    assert all(notes.told(*quiet(number)) for number in range(3))
    assert notes.rest() == []


def test_there_is_an_end_of_notes() -> None:
    notes = FileNotes()
    words = [f"{chr(97 + one)}{chr(97 + two)}" for one in range(26) for two in range(26)]
    assert len([note for word in words for note in notes.told("a.mp3", [f"a.mp3 is {word}."])]) == MOST_NOTES
