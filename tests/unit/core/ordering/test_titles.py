"""Only numbers that count the files of a folder are taken from their names."""

from __future__ import annotations

import pytest

from swarmstt.core.ordering.titles import track_titles


def titles(*names: str) -> list[str]:
    return list(track_titles([tuple(f"{name}.mp3".split("/")) for name in names]))


@pytest.mark.parametrize(
    "name",
    [
        "1984 - George Orwell",
        "2001 - A Space Odyssey",
        "11.22.63 - Stephen King",
        "20_000 Leagues",
        "2.5 Miles",
        "300. Sparta",
        "007 James Bond",
        "01 - The Whale",
    ],
)
def test_a_file_by_itself_keeps_its_numbers(name: str) -> None:
    assert titles(name) == [name]


def test_numbers_that_count_up_go() -> None:
    assert titles("01 - The Whale", "02 - The Ship", "03. Ahab") == ["The Whale", "The Ship", "Ahab"]
    assert titles("1-01 One", "1-02 Two", "2-01 Three") == ["One", "Two", "Three"]
    assert titles("CD1/01 One", "CD1/02 Two", "CD2/01 Three", "CD2/02 Four") == ["One", "Two", "Three", "Four"]
    assert titles("CD1/2 - One", "CD1/10 - Two", "CD2/1 - Three") == ["One", "Two", "Three"]
    assert titles("1. The Boy", "2. 1984", "3. 50 Shades") == ["The Boy", "1984", "50 Shades"]
    assert titles("01、一", "02）二", "03–Three", "04Four", "05五") == ["一", "二", "Three", "Four", "五"]
    assert titles("Prologue", "01 One", "02 Two", "03 Three", "04 Four") == ["Prologue", "One", "Two", "Three", "Four"]


def test_what_is_left_may_be_a_number_too() -> None:
    assert titles("01 - 1984", "02 - 1985") == ["1984", "1985"]
    assert titles("01", "02") == ["01", "02"]


def test_numbers_that_do_not_count_stay() -> None:
    assert titles("1984 - Orwell", "2001 - Clarke") == ["1984 - Orwell", "2001 - Clarke"]
    assert titles("11.22.63 part 1", "11.22.63 part 2") == ["11.22.63 part 1", "11.22.63 part 2"]
    assert titles("1 Corinthians", "2 Corinthians") == ["1 Corinthians", "2 Corinthians"]
    assert titles("101 Dalmatians", "102 Dalmatians") == ["101 Dalmatians", "102 Dalmatians"]
    assert titles("1st Day", "2nd Night", "3rd Morning") == ["1st Day", "2nd Night", "3rd Morning"]
    assert titles("7 Dwarfs", "Snow White") == ["7 Dwarfs", "Snow White"]
    assert titles("1.5 Miles", "2.5 Miles") == ["1.5 Miles", "2.5 Miles"]
