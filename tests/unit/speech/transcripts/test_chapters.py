"""Chapters of books whose files name none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmstt.core.books import Chapter
from swarmstt.core.ebooks.order import EbookOrder
from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts.read_along import ReadAlongBook
from tests.support.ebooks import paragraphs, write_epub

FIRST = "It was a long and dreary night, and nobody came at all, so they went on and slept until the morning."
SECOND = "Then the sun rose over the hills, and all of them walked down to the river to wash their faces."


def segment(start: float, text: str) -> dict[str, Any]:
    return {"start": start, "end": start + len(text.split()) / 2, "text": text}


def document(*segments: dict[str, Any], chapters: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "book_id": "a1b2c3d4",
        "filename": "a.mp3",
        "completed_at": "2024-01-15T10:30:00+00:00",
        "duration": 100.0,
        "chapters": list(chapters),
        "segments": list(segments),
        "full_text": "",
    }


ANNOUNCED = (
    segment(1.0, "Chapter one."),
    segment(4.0, FIRST),
    segment(30.0, "Chapter two."),
    segment(34.0, SECOND),
)
OWN = {"title": "Disc 1", "start": 0.0, "end": 100.0, "source": "files"}


def test_they_are_found_in_what_is_said() -> None:
    book = ReadAlongBook(document(*ANNOUNCED), None, "en")
    assert [(each.title, each.start, each.source) for each in book.chapters] == [
        ("Chapter one", 0.0, "found"),
        ("Chapter two", 29.5, "found"),
    ]
    [first, _] = book.document(OutputOptions())["chapters"]
    assert first == {"title": "Chapter one", "start": 0.0, "end": 29.5, "source": "found", "certainty": 1.0}


def test_none_are_looked_for_if_a_person_wants_none() -> None:
    book = ReadAlongBook(document(*ANNOUNCED), None, "en", finds_chapters=False)
    assert book.chapters == ()
    assert book.document(OutputOptions())["chapters"] == []


def test_those_of_its_files_stay() -> None:
    book = ReadAlongBook(document(*ANNOUNCED, chapters=(OWN,)), None, "en")
    assert book.chapters == ()
    assert book.document(OutputOptions())["chapters"] == [OWN]


@pytest.mark.parametrize("has_own", [False, True])
def test_an_ebook_says_where_chapters_begin_and_what_they_are_called(tmp_path: Path, has_own: bool) -> None:
    chapters = [
        ("Title", "<p>Nobody reads this.</p>"),
        ("The Night", paragraphs(FIRST)),
        ("The Day", paragraphs(SECOND)),
    ]
    path = write_epub(tmp_path / "book.epub", chapters)
    heard = document(segment(2.0, FIRST), segment(50.0, SECOND), chapters=(OWN,) if has_own else ())
    book = ReadAlongBook(heard, EbookOrder(path=str(path), name="book.epub"), "en")
    found = (
        Chapter(title="The Night", start=0.0, end=49.94, source="found", certainty=0.91),
        Chapter(title="The Day", start=49.94, end=100.0, source="found", certainty=0.91),
    )
    assert book.chapters == (() if has_own else found)


def test_names_are_set_right_if_that_is_asked_for() -> None:
    said = [segment(float(3 * number), "They saw that Armstrong was there.") for number in range(9)]
    book = ReadAlongBook(document(*said, segment(90.0, "They saw Armstein too.")), None, "en")
    [found] = book.document(OutputOptions())["names"]
    assert (found["name"], found["others"]) == ("Armstrong", [{"name": "Armstein", "count": 1, "places": [90.0]}])
    changed = book.document(OutputOptions(names="Armstrong"))
    assert changed["segments"][-1]["text"] == "They saw Armstrong too."
    assert [each.get("text_from") for each in changed["segments"][-2:]] == [None, "edited"]
    assert changed["full_text"].endswith("They saw Armstrong too.")
    assert "names" not in changed
