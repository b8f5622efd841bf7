"""File names that every system takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.file_names import FORBIDDEN, allowed_text, shortened, windows_room


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
        ("aux .mp3", "_aux .mp3"),
        ("com1 .x.mp3", "_com1 .x.mp3"),
        ("CONIN$", "_CONIN$"),
        ("conout$.mp3", "_conout$.mp3"),
        ("aux in.mp3", "aux in.mp3"),
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
    assert allowed.partition(".")[0].rstrip(" ").lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9", "conin$"}


@given(st.text(), st.integers(0, 40))
def test_shortened_fits_and_is_a_beginning(text: str, most_bytes: int) -> None:
    short = shortened(text, most_bytes)
    assert len(short.encode()) <= most_bytes
    assert text.startswith(short)


def test_a_character_is_not_cut_in_half() -> None:
    assert shortened("aé", 2) == "a"
    assert shortened("a. b", 3) == "a"


def test_the_room_that_windows_leaves_in_a_folder_is_counted_in_utf16() -> None:
    assert windows_room("C:\\Books") == 259 - 8 - 1
    assert windows_room("C:\\" + "📖" * 50) == 259 - 103 - 1
    assert windows_room("C:\\" + "a" * 215) == 40
    assert windows_room("C:\\" + "a" * 216) == 0
