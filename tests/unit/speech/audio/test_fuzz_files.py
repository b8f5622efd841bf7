"""Whatever the file of a book is: it can be looked at."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.books import Chapter
from swarmstt.errors import InputError
from swarmstt.speech.audio import flac
from swarmstt.speech.containers import headers, mpeg_audio
from swarmstt.speech.containers.found_part import Part
from swarmstt.speech.containers.parts import parts_of
from swarmstt.speech.tags import marks, names
from swarmstt.speech.tags.encodings import repaired_all
from tests.support.examples import (
    FLAC,
    MP3,
    NESTED,
    PROTECTED,
    WAV,
)
from tests.support.mutations import altered, more, written

HEADS = [
    b"OggS",
    b"fLaC",
    b"wvpk",
    b"FORM\0\0\0\x10AIFF",
    b"caff\0\1\0\0desc",
    b".snd\0\0\0\x18",
    b"\x1aE\xdf\xa3",
    b"#!AMR\n",
]
book_files = (
    st.binary(max_size=200)
    | altered(st.sampled_from([PROTECTED, MP3, WAV]))
    | st.just(NESTED)
    | st.builds(bytes.__add__, st.sampled_from(HEADS), st.binary(max_size=100))
)


def test_the_examples_are_what_they_seem(file: Path) -> None:
    assert headers.is_protected(written(file, PROTECTED))
    assert 0.0 < mp3_part(written(file, MP3)).missing < 1.0
    assert 0.0 < parts_of(written(file, WAV))[0].missing < 1.0


@more
@given(content=book_files)
def test_any_header_can_be_looked_at(file: Path, content: bytes) -> None:
    path = written(file, content)
    assert headers.is_protected(path) in (True, False)
    assert 0 <= headers.media_end(path) <= len(content)
    parts = [*parts_of(path), mp3_part(path)]
    assert all(0 <= part.start <= part.end <= len(content) for part in parts)
    assert all(0.0 <= part.missing <= 1.0 for part in parts)


def mp3_part(path: Path) -> Part:
    with path.open("rb") as content:
        return mpeg_audio.mp3_part(content, path.stat().st_size)[0]


raw_tags = st.text(st.sampled_from("a1é\0\ud800\udc80\udcff\u202e \n") | st.characters(), max_size=40)


@more
@given(st.dictionaries(st.sampled_from(["title", "album", "artist", "x"]), raw_tags, max_size=4), raw_tags)
def test_any_tags_make_a_title(found: dict[str, str], stem: str) -> None:
    texts = [
        names.book_title(found, stem, is_folder=True),
        names.book_title(found, stem, is_folder=False),
        names.file_title(found, stem),
        names.book_author(found) or "",
        names.book_narrator(found) or "",
        names.book_series(found) or "",
        *map(names.clean_text, repaired_all(found.values()).values()),
    ]
    for text in texts:
        assert len(text) <= names.MOST_TITLE_LETTERS
        assert text.encode().decode() == text


@more
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "start": st.integers(-(2**63), 2**63 - 1),
                "end": st.integers(-(2**63), 2**63 - 1),
                "time_base": st.none() | st.builds(Fraction, st.integers(-(2**31), 2**31), st.integers(1, 2**31)),
                "metadata": st.none() | st.dictionaries(st.sampled_from(["title", "TITLE"]), raw_tags),
            }
        ),
        max_size=8,
    ),
    st.floats(0.0, 1e6),
)
def test_any_marks_make_chapters_in_order(raw: list[dict[str, Any]], seconds: float) -> None:
    found = marks.marks_of(raw)
    chapters = marks.ordered_chapters([Chapter(title=m.title, start=m.start, end=m.end) for m in found], seconds)
    assert len(chapters) <= len(raw)
    edges = [edge for chapter in chapters for edge in (chapter.start, chapter.end)]
    assert edges == sorted(edges)
    assert all(0.0 <= edge <= seconds for edge in edges)


@more
@given(st.binary(max_size=100).map(lambda rest: b"fLaC" + rest) | altered(st.just(FLAC)), st.integers(-1, 7000))
def test_audio_has_the_samples_that_were_promised_or_is_refused(content: bytes, sample_count: int) -> None:
    for count in (6000, sample_count):
        try:
            samples = flac.decode(content, count)
        except InputError:
            continue
        assert samples.shape == (count,)
        assert np.all(np.abs(samples) <= 1.0)
