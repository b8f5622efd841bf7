"""Chapters that are announced, and sentences that only speak of chapters."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.core.speech.found_chapters import found_chapters, parts_by_pauses


def said(*lines: tuple[float, str]) -> list[dict[str, Any]]:
    """Sentences, each after a pause of so many seconds; a word takes half a second."""
    segments, at = [], 0.0
    for pause, text in lines:
        start = at + pause
        at = start + max(1, len(text.split())) / 2
        segments.append({"start": start, "end": at, "text": text})
    return segments


def chapter(announcement: str, *, pause: float = 2.0) -> list[tuple[float, str]]:
    return [
        (pause, announcement),
        (1.5, "It was a long and dreary night, and nobody came at all."),
        (0.4, "So they slept."),
    ]


def titles(segments: list[dict[str, Any]], language: str = "en") -> list[str]:
    return [each.title for each in found_chapters(segments, segments[-1]["end"] + 5, language)]


@pytest.mark.parametrize(
    ("language", "announcements"),
    [
        ("en", ["Prologue.", "Chapter One.", "Chapter 2.", "Chapter the third.", "CHAPTER IV", "Epilogue."]),
        ("de", ["Erstes Kapitel.", "Zweites Kapitel.", "Kapitel 3.", "Kapitel einundzwanzig."]),
        ("fr", ["Chapitre premier.", "Chapitre deux.", "Chapitre III."]),
        ("es", ["Capítulo primero.", "Capítulo 2.", "Capítulo tercero."]),
        ("it", ["Capitolo primo.", "Capitolo due.", "Capitolo 3."]),
        ("pt", ["Capítulo um.", "Capítulo dois.", "Capítulo 3."]),
        ("nl", ["Hoofdstuk een.", "Tweede hoofdstuk.", "Hoofdstuk 3."]),
        ("sv", ["Kapitel ett.", "Andra kapitlet.", "Kapitel 3."]),
        ("da", ["Kapitel et.", "Andet kapitel.", "Kapitel 3."]),
        ("no", ["Kapittel en.", "Andre kapittel.", "Kapittel 3."]),
        ("pl", ["Rozdział pierwszy.", "Rozdział drugi.", "Rozdział 3."]),
        ("cs", ["Kapitola první.", "Druhá kapitola.", "Kapitola 3."]),
        ("ru", ["Глава первая.", "Глава вторая.", "Глава 3."]),
        ("uk", ["Розділ перший.", "Розділ другий.", "Розділ 3."]),
        ("tr", ["Birinci bölüm.", "Bölüm iki.", "Bölüm 3."]),
        ("fi", ["Ensimmäinen luku.", "Luku kaksi.", "Luku 3."]),
        ("ar", ["الفصل الأول.", "الفصل الثاني.", "الفصل 3."]),
        ("hu", ["Első fejezet.", "Második fejezet.", "3. fejezet."]),
        ("el", ["Κεφάλαιο πρώτο.", "Δεύτερο κεφάλαιο.", "Κεφάλαιο τρία."]),
        ("ro", ["Capitolul unu.", "Capitolul al doilea.", "Al treilea capitol."]),
        ("id", ["Bab satu.", "Bab kedua.", "Bab 3."]),
    ],
)
def test_announcements_are_chapters(language: str, announcements: list[str]) -> None:
    segments = said(*(line for text in announcements for line in chapter(text)))
    expected = [text.rstrip(".") for text in announcements if "einund" not in text]
    assert titles(segments, language) == expected


def test_they_cover_the_whole_book_and_say_how_sure_they_are() -> None:
    segments = said(
        *chapter("Chapter one.", pause=1.5), *chapter("Chapter two."), *chapter("Chapter three.", pause=0.5)
    )
    first, second, third = found_chapters(segments, 60.0, "en")
    assert (first.start, third.end) == (0.0, 60.0)
    assert first.end == second.start == pytest.approx(segments[3]["start"] - 0.5)
    assert second.end == third.start < segments[6]["start"]
    assert second.certainty == 1.0
    assert third.certainty == 0.8


def test_a_name_that_follows_belongs_to_the_title() -> None:
    lines = [(2.0, "Chapter one."), (0.8, "The Carpet-Bag."), (1.5, "I stuffed a shirt or two into it, and left.")]
    assert titles(said(*lines, *chapter("Chapter two. The Spouter-Inn."))) == [
        "Chapter one: The Carpet-Bag",
        "Chapter two. The Spouter-Inn",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "In chapter five of this book he says so.",
        "Chapter five of the book that I told you about is where it all begins, as you know.",
        "Chapter and verse.",
        "Introduction of foreign goods was forbidden.",
        "Chapter ninety.",
    ],
)
def test_what_only_speaks_of_chapters_is_none(line: str) -> None:
    lines = [*chapter("Chapter one."), (0.3, line), *chapter("Chapter two.")]
    assert titles(said(*lines)) == ["Chapter one", "Chapter two"]


def test_parts_begin_again_with_one_and_some_numbers_may_not_be_understood() -> None:
    names = ["Chapter one.", "Chapter two.", "Chapter four.", "Chapter one.", "Chapter two."]
    assert titles(said(*(line for name in names for line in chapter(name)))) == [name[:-1] for name in names]


def test_what_comes_before_is_a_chapter_if_it_is_long() -> None:
    talk = [(0.5, "This is a recording that is in the public domain, and it was read by somebody for you all.")] * 12
    found = titles(said(*talk, *chapter("Chapter one."), *chapter("Chapter two.")))
    assert found == ["Beginning", "Chapter one", "Chapter two"]


@pytest.mark.parametrize("lines", [[], chapter("Chapter one."), [(1.0, "")], [(0.0, "Nothing at all.")]])
def test_fewer_than_two_are_none(lines: list[tuple[float, str]]) -> None:
    assert found_chapters(said(*lines), 10.0, "en") == []


def part(pause: float, sentences: int = 50, between: float = 0.4) -> list[tuple[float, str]]:
    """Some minutes, after a pause of so many seconds."""
    lines = [(between, "It was a long and dreary night, and nobody came.")] * sentences
    return [(pause, lines[0][1]), *lines]


def parts(segments: list[dict[str, Any]], gaps: list[dict[str, Any]] | None = None) -> list[tuple[str, float]]:
    found = parts_by_pauses(segments, segments[-1]["end"] + 5, gaps or [])
    return [(each.title, each.certainty) for each in found]


def test_pauses_that_are_much_longer_than_others_part_a_book() -> None:
    segments = said(*part(0.5), *part(3.5), *part(12.0))
    found = parts_by_pauses(segments, 800.0, [])
    assert [(each.title, each.certainty) for each in found] == [("Part 1", 0.8), ("Part 2", 0.64), ("Part 3", 0.8)]
    assert [each.start for each in found] == [0.0, 278.5, 565.5]
    assert [each.end for each in found] == [found[1].start, found[2].start, 800.0]


def test_pauses_of_a_slow_reader_or_of_a_talk_part_nothing() -> None:
    assert parts(said(*part(0.5, between=2.1), *part(4.0, between=2.1))) == []
    assert len(parts(said(*part(0.5, between=1.9), *part(4.0, between=1.9)))) == 2
    assert parts(said(*part(0.5, 5), *part(4.0, 5), *part(4.0, 5), *part(4.0, 5), *part(4.0))) == []
    assert parts(said(*part(0.5), *part(4.0, 3))) == []
    assert parts(said(*part(2.4), *part(2.4))) == []
    assert parts(said(*part(0.5), *part(61.0))) == []


def test_where_words_are_missing_is_no_pause() -> None:
    segments = said(*part(0.5), *part(9.0))
    gap = {"start": segments[50]["end"] + 1, "end": segments[51]["start"] - 1, "reason": "words are missing"}
    assert len(parts(segments)) == 2
    assert parts(segments, [gap]) == []
    assert parts(said((0.0, "Nothing."))) == []
