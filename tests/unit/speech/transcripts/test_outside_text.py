"""A transcript holds no character that a terminal obeys or that reorders letters, whoever wrote it; and no more is
changed."""

from __future__ import annotations

import json
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest

from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS
from swarmstt.speech.transcripts import formats

PLAIN = OutputOptions()
HOSTILE = "\x1b]0;owned\x07 a\x00b\x7f\x9b31m \u202etxt.exe\u202c \u2066x\u2069"
JOINED = "می\u200cخواهم क्\u200dष"


def document(text: str) -> dict[str, Any]:
    words = [{"start": 0.0, "end": 1.0, "word": f" {text}", "probability": 0.9}]
    return {
        "filename": "book.mp3",
        "book_id": "a1b2c3d4",
        "completed_at": "2026-01-15T10:30:00+00:00",
        "total_chunks": 1,
        "duration": 12.5,
        "language": "en",
        "model": "base",
        "title": text,
        "author": text,
        "segments": [{"start": 0.0, "end": 1.0, "text": text, "words": words}],
        "full_text": text,
        "chapters": [{"start": 0.0, "title": text}],
        "gaps": [{"start": 2.0, "end": 3.0, "reason": text}],
    }


def text_of(transcript: dict[str, Any], name: str, options: OutputOptions) -> str:
    content = formats.render(transcript, name, options)
    if name != "epub":
        return content.decode("utf-8")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return "".join(archive.read(each).decode("utf-8") for each in archive.namelist())


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("options", [PLAIN, OutputOptions(word_timestamps=True, highlight_words=True)])
def test_no_control_character_is_in_any_format(name: str, options: OutputOptions) -> None:
    text = text_of(document(HOSTILE), name, options)
    if name == "json":
        text = "".join(_strings(json.loads(text)))
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text) == []
    assert "txt.exe" in text


@pytest.mark.parametrize("name", FORMATS)
def test_joiners_stay(name: str) -> None:
    assert JOINED in text_of(document(JOINED), name, PLAIN)


def test_text_without_any_is_not_even_copied() -> None:
    plain = document("Plain text — “quoted”, ünïcode\u00a0too.")
    assert formats._fit(plain) is plain


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_table_holds_the_words_as_they_are(text: str) -> None:
    """TSV is for programs: a sign before what a spreadsheet might reckon would be a word that nobody said. README says
    how to open it in a spreadsheet."""
    assert formats.render(document(text), "tsv", PLAIN) == f"start\tend\ttext\n0\t1000\t{text}\n".encode()


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in _strings(part)]
