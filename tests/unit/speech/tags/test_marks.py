"""Chapters from the marks in files, whatever these say."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.books import Chapter
from swarmstt.speech.tags.marks import MOST_CHAPTERS, marks_of, ordered_chapters


def chapter(title: str, start: float, end: float = 0.0) -> Chapter:
    return Chapter(title=title, start=start, end=end)


def test_marks_without_sense_are_left_out() -> None:
    base = Fraction(1, 1000)
    raw = [
        {"start": 5000, "end": 9000, "time_base": base, "metadata": {"TITLE": "Two\n"}},
        {"start": 0, "end": 5000, "time_base": base, "metadata": {}},
        {"start": -(2**63), "end": 0, "time_base": base, "metadata": {"title": "Never"}},
    ]
    found = marks_of(raw)
    assert [(mark.title, mark.start, mark.end) for mark in found] == [("", 0.0, 5.0), ("Two", 5.0, 9.0)]
    assert len(marks_of([raw[1]] * 20_000)) == MOST_CHAPTERS


chapters = st.builds(Chapter, title=st.text(max_size=3), start=st.floats(0, 5000), end=st.floats(-10, 6000))


@given(st.lists(chapters, max_size=20), st.floats(1, 4000))
def test_chapters_ascend_inside_the_book(found: list[Chapter], total: float) -> None:
    ordered = ordered_chapters(found, total)
    assert all(0 <= chapter.start < chapter.end <= total and chapter.title for chapter in ordered)
    assert all(before.end <= after.start for before, after in pairwise(ordered))
    assert all(math.isfinite(chapter.end) for chapter in ordered)


def test_a_chapter_without_an_end_lasts_to_the_next() -> None:
    found = [Chapter(title="One", start=0.0, end=0.0), Chapter(title="", start=10.0, end=99.0)]
    expected = [Chapter(title="One", start=0.0, end=10.0), Chapter(title="Chapter 2", start=10.0, end=30.0)]
    assert ordered_chapters(found, 30.0) == expected


def named(*found: Chapter, total: float = 30.0) -> list[tuple[str, float, float]]:
    return [(each.title, each.start, each.end) for each in ordered_chapters(found, total)]


def test_a_part_that_begins_with_its_first_chapter_is_in_that_chapters_title() -> None:
    found = [chapter("Part One", 0, 20), chapter("Chapter 1", 0, 10), chapter("Chapter 2", 10, 20)]
    assert named(*found) == [("Part One: Chapter 1", 0, 10), ("Chapter 2", 10, 20)]


def test_a_chapter_without_length_gives_its_title_to_the_next_one() -> None:
    found = [chapter("Opening", 0, 5), chapter("Dedication", 5, 5), chapter("Part", 5, 25), chapter("One", 5, 25)]
    assert named(*found, total=25) == [("Opening", 0, 5), ("Dedication: Part: One", 5, 25)]


def test_at_the_very_end_to_the_last_one() -> None:
    assert named(chapter("One", 0, 30), chapter("The End", 30, 30)) == [("One: The End", 0, 30)]


def test_a_title_that_is_there_twice_is_said_once() -> None:
    assert named(chapter("One", 0, 0), chapter("One", 0, 30)) == [("One", 0, 30)]
