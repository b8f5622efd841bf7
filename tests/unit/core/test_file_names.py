"""File names that every system takes, and the order in which a person counts files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.file_names import FORBIDDEN, allowed_text, natural_key, shortened


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("Moby Dick", "Moby Dick"),
        ("Who? What: a/b\\c", "Who_ What_ a_b_c"),
        ("tab\there\x7f", "tab_here_"),
        ("  ends in dots... ", "ends in dots"),
        ("con", "_con"),
        ("COM1.mp3", "_COM1.mp3"),
        ("lpt².txt", "_lpt².txt"),
        ("console", "console"),
        ("no text \udcff", "no text _"),
        ("Čapek 猫", "Čapek 猫"),
    ],
)
def test_names_are_made_so_that_every_system_takes_them(name: str, allowed: str) -> None:
    assert allowed_text(name) == allowed


@given(st.text())
def test_whatever_it_was_it_is_allowed(name: str) -> None:
    allowed = allowed_text(name)
    assert not FORBIDDEN.search(allowed)
    assert not allowed.endswith((".", " "))
    assert allowed.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}


@given(st.text(), st.integers(0, 40))
def test_shortened_fits_and_is_a_beginning(text: str, most_bytes: int) -> None:
    short = shortened(text, most_bytes)
    assert len(short.encode()) <= most_bytes
    assert text.startswith(short)


def test_a_character_is_not_cut_in_half() -> None:
    assert shortened("aé", 2) == "a"
    assert shortened("a. b", 3) == "a"


def in_order(*paths: str) -> list[str]:
    return ["/".join(parts) for parts in sorted((tuple(path.split("/")) for path in paths), key=natural_key)]


def test_a_person_counts_two_before_ten_and_does_not_see_capitals() -> None:
    assert in_order("Chapter 10", "chapter 2", "CHAPTER 1", "chapter", "10", "9a", "Čapek", "C\u030capek 2") == [
        *("9a", "10", "chapter", "CHAPTER 1", "chapter 2", "Chapter 10"),
        *("Čapek", "C\u030capek 2"),
    ]


def test_each_part_of_a_path_is_in_natural_order() -> None:
    expected = ["a/1.mp3", "B/1.mp3", "B/1b.mp3", "B/2.mp3", "B/10.mp3"]
    assert in_order("B/10.mp3", "B/2.mp3", "a/1.mp3", "B/1.mp3", "B/1b.mp3") == expected


def test_a_name_comes_before_the_same_name_with_a_number() -> None:
    expected = ["Book.mp3", "Book (2).mp3", "Book (10).mp3"]
    assert in_order("Book (10).mp3", "Book (2).mp3", "Book.mp3") == expected


def test_names_of_one_order_are_told_apart_by_their_exact_names() -> None:
    assert in_order("b.wav", "B.mp3", "b.mp3") == ["B.mp3", "b.mp3", "b.wav"]


def test_other_scripts_and_huge_numbers_have_an_order() -> None:
    names = ("٣.mp3", "第10章.mp3", "第2章.mp3", "9" * 200 + ".mp3", "².mp3", "a/b.mp3", "a.mp3", ".mp3", "a.")
    ordered = in_order(*names)
    assert ordered.index("第2章.mp3") < ordered.index("第10章.mp3")
    assert in_order("2" * 5000, "1" * 5000) == ["1" * 5000, "2" * 5000]
