"""Pieces of files that were split, by their names."""

from __future__ import annotations

import pytest

from swarmstt.core.split_files import whole_name, without_later_pieces

SUFFIXES = {".mp3", ".m4b", ".au"}


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("book.mp3.001", "book.mp3"),
        ("My Book.M4B.012", "My Book.M4B"),
        ("book.mp3.aa", "book.mp3"),
        ("book.mp3.part02", "book.mp3"),
        ("book.m4b.2of5", "book.m4b"),
        ("book.zip.001", "book.zip"),
        ("book.7z.001", "book.7z"),
        ("book.mp3", None),
        ("book.001.mp3", None),
        ("book.mp3.1", None),  # the second download of book.mp3
        ("book.mp3.part", None),
        ("book.mp3.au", None),
        ("notes.txt.001", None),
        (".mp3.001", None),
        ("track.001", None),
    ],
)
def test_names_of_pieces(name: str, whole: str | None) -> None:
    assert whole_name(name, SUFFIXES) == whole


def test_of_the_pieces_of_a_file_the_first_stands_for_all() -> None:
    names = ["b.mp3.002", "b.mp3.001", "b.mp3.010", "Other.m4b.001", "Other.m4b.002", "c.mp3"]
    assert without_later_pieces(names, SUFFIXES) == {"b.mp3.001", "Other.m4b.001", "c.mp3"}


def test_pieces_beside_the_whole_file_are_passed_over() -> None:
    assert without_later_pieces(["b.mp3.001", "b.mp3", "b.mp3.002"], SUFFIXES) == {"b.mp3"}
