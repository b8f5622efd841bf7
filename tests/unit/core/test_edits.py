"""What a person changes of a book: its chapters, and how names are spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.books import Chapter
from swarmstt.core.edits import Respelling, WantedChapter, edited_chapters, respellings_of
from swarmstt.errors import InputError

FOUND = Chapter(title="Chapter one", start=0.0, end=30.0, source="found", certainty=0.8)


def wanted(*chapters: tuple[str, float]) -> list[WantedChapter]:
    return [WantedChapter(title=title, start=start) for title, start in chapters]


def test_chapters_are_put_in_order_and_one_that_is_as_it_was_says_where_it_is_from() -> None:
    edited = edited_chapters(wanted(("The end", 60.0), ("Chapter one", 0.0)), [FOUND], 100.0)
    assert edited == (
        Chapter(title="Chapter one", start=0.0, end=60.0, source="found", certainty=0.8),
        Chapter(title="The end", start=60.0, end=100.0, source="edited"),
    )
    [renamed] = edited_chapters(wanted(("One", 0.0)), [FOUND], 100.0)
    assert renamed == Chapter(title="One", start=0.0, end=100.0, source="edited")
    assert edited_chapters([], [FOUND], 100.0) == ()
    finer = Chapter(title="Chapter two", start=30.00049, end=100.0, source="found", certainty=0.8)
    [kept] = edited_chapters(wanted(("Chapter two", 30.00049)), [finer], 100.0)
    assert (kept.start, kept.source) == (30.0, "found"), "the start of a book's file may be finer than is kept"


@pytest.mark.parametrize(
    ("chapters", "reason"),
    [
        ((("One", 5.0), ("Two", 5.0001)), "One and Two would begin at the same time"),
        ((("One", 5.0), ("Two", 100.0)), "Two would begin after the end of the book"),
    ],
)
def test_chapters_that_cannot_be_are_refused(chapters: tuple[tuple[str, float], ...], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        edited_chapters(wanted(*chapters), [], 100.0)


@given(st.lists(st.floats(0.0, 99.9), max_size=20, unique_by=lambda start: round(start, 3)))
def test_chapters_follow_one_another_to_the_end(starts: list[float]) -> None:
    edited = edited_chapters(wanted(*((f"Chapter at {start}", start) for start in starts)), [], 100.0)
    assert len(edited) == len(starts)
    assert [each.end for each in edited] == [*(each.start for each in edited[1:]), 100.0][: len(edited)]
    assert all(each.start < each.end for each in edited)


def test_names_that_would_become_one_another_are_refused() -> None:
    assert respellings_of({"Armstein": "Armstrong", "Anna": "Anna"}) == (
        Respelling(heard="Armstein", name="Armstrong"),
    )
    assert len(respellings_of({"a": "b", "b": "c"})) == 2
    for circle in ({"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}):
        with pytest.raises(InputError, match=r"(\w+) would become \w+, and that would become \1 again: choose one"):
            respellings_of(circle)
