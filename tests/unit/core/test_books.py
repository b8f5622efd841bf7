"""What a book's settings say of themselves."""

from __future__ import annotations

import pytest

from swarmstt.core.books import BookSettings
from swarmstt.options import DecodeOptions, OutputOptions


@pytest.mark.parametrize(
    ("options", "arranges"),
    [
        (OutputOptions(), False),
        (OutputOptions(word_timestamps=True), False),
        (OutputOptions(max_line_width=40), True),
        (OutputOptions(max_line_count=2), True),
        (OutputOptions(max_words_per_line=5), True),
        (OutputOptions(highlight_words=True), True),
    ],
)
def test_cues_are_built_of_words_where_an_option_needs_them(options: OutputOptions, arranges: bool) -> None:
    assert options.arranges_words is arranges


def test_every_wish_about_the_decoding_reaches_the_helpers() -> None:
    chosen = {"task": "translate", "initial_prompt": "Call me", "hotwords": "Ishmael", "beam_size": 2}
    settings = BookSettings(model="base", model_hash="hash", decode=DecodeOptions(**chosen))  # type: ignore[arg-type]
    assert settings.decode_options("en") == DecodeOptions(language="en", **chosen)  # type: ignore[arg-type]


def test_the_names_of_an_ebook_are_expected_behind_a_persons_own_words() -> None:
    settings = BookSettings(model="base", model_hash="hash", names=("Ahab", "Starbuck"))
    assert settings.decode_options("en").hotwords == "Ahab, Starbuck"
    own = DecodeOptions(hotwords="Pequod")
    named = BookSettings(model="base", model_hash="hash", names=("Ahab", "Starbuck"), decode=own)
    assert named.decode_options("en").hotwords == "Pequod, Ahab, Starbuck"
