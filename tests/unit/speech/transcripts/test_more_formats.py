"""Formats for players, podcasts and chapter editors, and text to read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from swarmstt.options import OutputOptions
from swarmstt.speech.tags.cue_sheets import of_tag
from swarmstt.speech.transcripts.formats import lrc, render

PLAIN = OutputOptions()


def segment(start: float, end: float, text: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text}


DOCUMENT: dict[str, Any] = {
    "book_id": "a1b2c3d4",
    "filename": "emma.mp3",
    "title": 'Emma = "a novel"',
    "author": "Jane Austen",
    "narrator": "Elizabeth Klett",
    "duration": 7300.0,
    "files": ["emma.mp3"],
    "segments": [
        segment(0.0, 1.5, "Chapter one."),
        segment(3.0, 6.0, "Emma Woodhouse was handsome."),
        segment(6.4, 8.0, "And clever."),
        segment(10.0, 12.0, "She was the youngest."),
        segment(3700.0, 3702.5, "Mr. Weston"),
        segment(3704.0, 3706.0, "came at last."),
    ],
    "chapters": [
        {"title": "I; One", "start": 0.0, "end": 3600.0},
        {"title": "II", "start": 3600.0, "end": 7300.0},
        {"title": "Nothing", "start": 7300.0, "end": 7300.0},
    ],
}


def text_of(name: str, options: OutputOptions = PLAIN, **changes: Any) -> str:
    return render({**DOCUMENT, **changes}, name, options).decode("utf-8")


def test_text_has_chapters_and_paragraphs() -> None:
    assert text_of("txt") == (
        "I; One\n\nChapter one.\n\nEmma Woodhouse was handsome. And clever.\n\nShe was the youngest.\n\n"
        "II\n\nMr. Weston came at last.\n"
    )
    assert text_of("txt", chapters=[], segments=DOCUMENT["segments"][:1]) == "Chapter one.\n"
    assert text_of("txt", segments=[]) == ""


def test_text_may_have_a_line_for_each_segment() -> None:
    lines = text_of("txt", OutputOptions(txt_lines="segment")).splitlines()
    assert lines == [each["text"] for each in DOCUMENT["segments"]]


def test_a_long_paragraph_ends_at_the_next_sentence() -> None:
    segments = [segment(2.0 * number, 2.0 * number + 1.9, "x" * 99 + ".") for number in range(40)]
    paragraphs = text_of("txt", chapters=[], segments=segments).split("\n\n")
    assert [len(each.strip()) for each in paragraphs] == [1514, 1514, 1009]


def test_lyrics_have_hours_from_an_hour_on() -> None:
    assert text_of("lrc").splitlines() == [
        '[ti:Emma = "a novel"]',
        "[ar:Jane Austen]",
        "[00:00.00]Chapter one.",
        "[00:03.00]Emma Woodhouse was handsome.",
        "[00:06.40]And clever.",
        "[00:10.00]She was the youngest.",
        "[00:12.00]",
        "[01:01:40.00]Mr. Weston",
        "[01:01:44.00]came at last.",
    ]
    assert [lrc.clock(each) for each in (59.994, 59.996, 3599.996)] == ["00:59.99", "01:00.00", "01:00:00.00"]


def test_podcasts_get_who_speaks() -> None:
    found = json.loads(text_of("podcast"))
    assert found["version"] == "1.0.0"
    assert found["segments"][1] == {
        "speaker": "Elizabeth Klett",
        "startTime": 3.0,
        "endTime": 6.0,
        "body": "Emma Woodhouse was handsome.",
    }
    assert "speaker" not in json.loads(text_of("podcast", narrator=None))["segments"][0]


def test_chapters_for_ffmpeg() -> None:
    assert text_of("ffmetadata").splitlines() == [
        ";FFMETADATA1",
        'title=Emma \\= "a novel"',
        "artist=Jane Austen",
        "composer=Elizabeth Klett",
        *("[CHAPTER]", "TIMEBASE=1/1000", "START=0", "END=3600000", "title=I\\; One"),
        *("[CHAPTER]", "TIMEBASE=1/1000", "START=3600000", "END=7300000", "title=II"),
    ]


def test_a_cue_sheet_is_read_back_as_it_was_meant() -> None:
    marks = [(mark.title, mark.start) for mark in of_tag(text_of("cue", chapters=DOCUMENT["chapters"][:2]))]
    assert marks == [("I; One", 0.0), ("II", 3600.0)]
    assert "TITLE \"Emma = 'a novel'\"" in text_of("cue")


@pytest.mark.parametrize(("count", "by_file"), [(2, True), (3, False)])
def test_a_cue_sheet_of_several_files(count: int, by_file: bool) -> None:
    files = [f"CD 1/{number}.mp3" for number in range(count)]
    lines = text_of("cue", files=files, chapters=DOCUMENT["chapters"][:2]).splitlines()
    named = [line for line in lines if line.startswith("FILE")]
    assert named == ['FILE "0.mp3" MP3', 'FILE "1.mp3" MP3'][: 2 if by_file else 1]
    assert lines[-1].strip() == ("INDEX 01 00:00:00" if by_file else "INDEX 01 60:00:00")
