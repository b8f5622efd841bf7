"""Subtitles by default: two lines of 42 columns, a second at least if the speech allows, no cut inside a word."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.core.speech.scripts import columns
from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import formats
from swarmstt.speech.transcripts.tv_cues import LEAST_SECONDS, MOST_COLUMNS, tv_cues

LONG = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want "
    "of a wife."
)


def said(*sentences: str, start: float = 0.0, seconds_a_word: float = 0.4, pause: float = 0.0) -> dict[str, Any]:
    """A document in which these sentences are said one after another; "|" parts words that have no space between."""
    segments, at = [], start
    for sentence in sentences:
        words: list[dict[str, Any]] = []
        for spaced in sentence.split():
            for place, part in enumerate(spaced.split("|")):
                words.append({"word": part if place else f" {part}", "start": at, "end": at + seconds_a_word})
                at += seconds_a_word
        text = "".join(word["word"] for word in words).strip()
        segments.append({"start": words[0]["start"], "end": at, "text": text, "words": words})
        at += pause
    return {"segments": segments}


def texts(document: dict[str, Any]) -> list[str]:
    return [cue["text"] for cue in tv_cues(document)]


def test_a_short_sentence_is_one_line() -> None:
    assert tv_cues(said("It was a dark night.")) == [{"start": 0.0, "end": 2.0, "text": "It was a dark night."}]


def test_a_longer_one_has_two_lines_of_like_length() -> None:
    assert texts(said("It was a dark and stormy night when the old ship came in.")) == [
        "It was a dark and stormy night\nwhen the old ship came in."
    ]


def test_one_that_is_too_long_is_cut_at_its_clauses() -> None:
    assert texts(said(LONG)) == [
        "It is a truth universally acknowledged,",
        "that a single man in possession of a\ngood fortune, must be in want of a wife.",
    ]


def test_what_belongs_to_a_word_stays_with_it() -> None:
    tight = "Forty|-two people didn|'t know that the well|-|known captain|'s ship cost 3|.5 million pounds|!"
    lines = [line for text in texts(said(tight)) for line in text.split("\n")]
    for word in ("Forty-two", "didn't", "well-known", "captain's", "3.5", "pounds!"):
        assert any(word in line.split() for line in lines)


def test_short_ones_that_are_said_together_are_joined() -> None:
    assert texts(said("No.", "Yes!", "It is so.", seconds_a_word=0.3)) == ["No. Yes! It is so."]


def test_a_short_one_before_a_pause_stays_for_a_second() -> None:
    cues = tv_cues(said("No.", "It was not at all like that.", seconds_a_word=0.3, pause=2.0))
    assert [(cue["start"], round(cue["end"], 3)) for cue in cues] == [(0.0, 1.0), (2.3, 4.4)]


def test_wide_letters_count_twice() -> None:
    text = "それは暗くて嵐のような夜でした雨が激しく降っていて風も強かったです"
    words = [{"word": letter, "start": place * 0.2, "end": place * 0.2 + 0.2} for place, letter in enumerate(text)]
    [cue] = tv_cues({"segments": [{"start": 0.0, "end": len(text) * 0.2, "text": text, "words": words}]})
    assert cue["text"].replace("\n", "") == text
    assert all(columns(line) <= MOST_COLUMNS for line in cue["text"].split("\n"))


def test_options_of_a_person_give_what_they_always_gave() -> None:
    document = said(LONG)
    assert formats.render(document, "srt", OutputOptions(max_line_width=1000)).decode() == (
        f"1\n00:00:00,000 --> 00:00:09,200\n{LONG}\n\n"
    )


WORDS = st.lists(
    st.tuples(
        st.text(alphabet="abcdé.,!?'-", min_size=1, max_size=14),
        st.floats(0.0, 3.0),
        st.floats(0.0, 2.0),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=6))
def test_whatever_is_said(sentences: list[list[tuple[str, float, float, bool]]]) -> None:
    at = 0.0
    segments: list[dict[str, Any]] = []
    for sentence in sentences:
        words: list[dict[str, Any]] = []
        for text, pause, seconds, spaced in sentence:
            at += pause
            words.append({"word": f" {text}" if spaced else text, "start": at, "end": at + seconds})
            at += seconds
        text = "".join(word["word"] for word in words)
        segments.append({"start": words[0]["start"], "end": at, "text": text.strip(), "words": words})
    cues = tv_cues({"segments": segments})
    letters = "".join("".join(each["text"].split()) for each in segments)
    assert "".join("".join(cue["text"].split()) for cue in cues) == letters
    for cue, then in itertools.pairwise(cues):
        assert cue["start"] < cue["end"]
        assert cue["end"] <= max(then["start"], cue["start"] + LEAST_SECONDS) + 3.0
        assert cue["start"] <= then["start"]
    for cue in cues:
        lines = cue["text"].split("\n")
        assert len(lines) <= 2
        assert all(line == line.strip() and line for line in lines)
        assert all(columns(line) <= MOST_COLUMNS or " " not in line for line in lines)


def test_a_file_of_an_earlier_version_is_known_again() -> None:
    document = said(LONG)
    assert formats.all_forms(document, "srt", OutputOptions()) == {
        formats.render(document, "srt", OutputOptions()),
        formats.render(document, "srt", OutputOptions(max_line_width=1000)),
    }
