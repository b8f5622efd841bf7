"""What came from outside can be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.display_text import cut_to_utf16, escaped, one_line, utf16_units, without_controls, without_traps


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Anna's PC", "Anna's PC"),
        (" a\tb\r\nc\u2028d\x00e\x1b[31m ", "a b c d e [31m"),
        ("soft\u00adly \u202ebackwards", "softly backwards"),
        ("a\u00a0b", "a b"),
        ("\ud800\n", ""),
    ],
)
def test_it_is_one_line_of_visible_letters(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_long_text_is_cut() -> None:
    assert one_line("ab " * 100, 6) == "ab ab"
    assert one_line("abcdefgh", 6, ending="…") == "abcde…"
    assert one_line("abcdef", 6, ending="…") == "abcdef"


@given(st.text(st.characters() | st.sampled_from(" \n\u202e\ud800"), max_size=60), st.integers(1, 20))
def test_any_text_can_be_shown(text: str, most_letters: int) -> None:
    line = one_line(text, most_letters, ending="…")
    assert len(line) <= most_letters
    assert line == line.strip()
    assert line.encode().decode() == line
    assert not any(unicodedata.category(letter)[0] == "C" for letter in line)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("one\ttwo\nthree", "one\ttwo\nthree"),
        ("a\r\nb\rc\x85d\u2028e\x0cf", "a\nb\nc\nd\ne\nf"),
        ("\x00a\x1b[31mb\x07\x7f\x9b1mc", "a[31mb1mc"),
        ("say \u202etxt.exe\u202c \u2066x\u2069", "say txt.exe x"),
        ("می\u200cخواهم क्\u200dष \u200eab\u200f", "می\u200cخواهم क्\u200dष \u200eab\u200f"),
        ("soft\u00adly 👩\u200d🚒", "soft\u00adly 👩\u200d🚒"),
    ],
)
def test_a_text_that_is_kept_has_no_controls_and_keeps_its_joiners(text: str, kept: str) -> None:
    assert without_controls(text) == kept


def test_what_a_terminal_would_obey_is_shown_as_its_number() -> None:
    assert escaped("Anna\x1b[2K\rBen\u202e\n\x9b") == "Anna\\u001b[2K\\u000dBen\\u202e\\u000a\\u009b"
    assert escaped("C:\\Books\\ünï \u200c") == "C:\\Books\\ünï \u200c"


@given(st.text(st.characters() | st.sampled_from("\x1b\x9b\n\r\u202e\u2028\ud800"), max_size=60))
def test_nothing_is_left_of_what_is_not_fit(text: str) -> None:
    for fit in (escaped(text), without_controls(text).replace("\n", "").replace("\t", "")):
        assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in fit)
        assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(fit)
    assert escaped(escaped(text)) == escaped(text)
    assert without_controls(without_controls(text)) == without_controls(text)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 300))
def test_a_text_is_cut_as_windows_counts(text: str, most: int) -> None:
    cut = cut_to_utf16(text, most)
    assert text.startswith(cut)
    assert utf16_units(cut) <= most
    assert cut == text or utf16_units(cut) >= most - 1


def test_the_flag_of_scotland_stays_and_a_text_in_its_letters_goes() -> None:
    letters = "".join(chr(0xE0000 + ord(letter)) for letter in "gbsct") + "\U000e007f"
    flag = f"\U0001f3f4{letters}"
    assert one_line(f"{flag} Scots") == f"{flag} Scots"
    assert without_traps(f"{flag} Scots", "?") == f"{flag} Scots"
    assert one_line(f"Scots{letters}") == "Scots"
    assert without_traps("a\U000e0062", "?") == "a?"
