"""Names that are spelled in several ways."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.core.speech.names import (
    NameSpellings,
    Spelling,
    asked_spellings,
    is_alike,
    name_spellings,
    names_with,
    respelled,
)


def segment(number: int, text: str) -> dict[str, Any]:
    words = [{"start": number, "end": number, "word": f" {word}", "probability": 1.0} for word in text.split()]
    return {"start": float(number), "end": number + 1.0, "text": text, "words": words}


BOOK = [
    *(segment(number, "They saw that Armstrong was there.") for number in range(41)),
    segment(100, "They saw Armstein's dog."),
    segment(200, "Then old Armstein came."),
    segment(300, "And Armstein left."),
    *(segment(400 + number, "They saw Anna and Annie.") for number in range(5)),
    segment(500, "The army and Army."),
]


def test_a_rare_spelling_is_shown_with_where_it_is() -> None:
    [found] = name_spellings(BOOK)
    assert found == NameSpellings(
        name="Armstrong", count=41, others=(Spelling(name="Armstein", count=3, places=(100.0, 200.0, 300.0)),)
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Armstrong", "Armstein", True),
        ("Lyonette", "Lionette", True),
        ("Weena", "Wiena", True),
        ("Marian", "Marianne", False),
        ("Morlock", "Morlocks", False),
        ("Smith", "Jones", False),
        ("Kate", "Cate", False),
    ],
)
def test_what_may_be_one_name(one: str, other: str, alike: bool) -> None:
    assert is_alike(one, other) == alike


@pytest.mark.parametrize(
    ("names", "spellings"),
    [
        ("Armstrong", {"Armstein": "Armstrong"}),
        ("Armstein=Armstrong", {"Armstein": "Armstrong"}),
        ("Armstein = Ermstein , Anna", {"Armstein": "Ermstein"}),
        ("Armstrongg", {"Armstein": "Armstrongg"}),
        ("Anna", {}),
        ("Armstein=Armstrong,Armstrong=Ermstein", {"Armstein": "Ermstein"}),
        ("a=b,b=a", {"a": "b", "b": "a"}),
        ("=, a=, =b,,", {}),
    ],
)
def test_what_a_person_asks_for(names: str, spellings: dict[str, str]) -> None:
    found = asked_spellings(names, BOOK)
    assert {wrong: right for wrong, right in found.items() if wrong != "Armstrong"} == spellings


@pytest.mark.parametrize(
    ("names", "spellings"),
    [
        (None, {"Armstrong": "Armstein"}),
        ("Armstrong", {"Armstrong": "Armstein"}),
        ("Armstein=Armstrong", {"Armstrong": "Armstein"}),
        ("Armstein = Ermstein, Ermstein = Armstrong", {"Armstrong": "Armstein"}),
        ("Armstrong=Ermstein", {"Armstrong": "Armstein"}),
        ("Ermstein=Armstrong", {"Ermstein": "Armstein", "Armstrong": "Armstein"}),
        ("a=b,b=a", {"a": "b", "b": "a", "Armstrong": "Armstein"}),
    ],
)
def test_what_is_set_right_later_counts_more(names: str | None, spellings: dict[str, str]) -> None:
    assert asked_spellings(names_with(names, {"Armstrong": "Armstein"}) or "", BOOK) == spellings


def test_only_those_words_are_changed_in_text_and_words() -> None:
    changed = list(respelled(BOOK, {"Armstein": "Armstrong"}))
    assert changed[41]["text"] == "They saw Armstrong's dog."
    assert [word["word"] for word in changed[41]["words"]] == [" They", " saw", " Armstrong's", " dog."]
    assert [one["text"] for one in changed[:41]] == [one["text"] for one in BOOK[:41]]
    assert [(one["start"], one["end"]) for one in changed] == [(one["start"], one["end"]) for one in BOOK]
    assert list(respelled(BOOK, {})) == BOOK
    assert list(respelled(BOOK, {"Nobody": "Somebody", "Anna": "Anna"})) == BOOK
    assert next(respelled([segment(0, "Armsteiner a.b")], {"Armstein": "X", "a.b": "c"}))["text"] == "Armsteiner c"


def test_a_segment_that_was_changed_says_so_wherever_its_text_is_from() -> None:
    heard, printed = segment(0, "Armstein came."), {**segment(1, "Armstein left."), "text_from": "ebook"}
    other = {**segment(2, "Anna stayed."), "text_from": "ebook"}
    changed = list(respelled([heard, printed, other], {"Armstein": "Armstrong"}))
    assert [each["text_from"] for each in changed] == ["edited", "edited", "ebook"]
    assert "text_from" not in heard
