"""A hole in the audio is a hole in text and subtitles."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts.files import write_transcript
from tests.unit.speech.transcripts.test_files import render, segment, transcript

GAP = {"start": 2.5, "end": 2.5, "reason": "damaged (about 49 s of audio are missing)"}
DOCUMENT = {**transcript(segment(0.0, 2.5, "It was dark."), segment(8.0, 11.0, "The wind blew.")), "gaps": [GAP]}
LINE = "[49 seconds are missing here]"


@pytest.mark.parametrize("options", [OutputOptions(), OutputOptions(max_words_per_line=20)])
def test_it_is_a_cue_of_its_own(options: OutputOptions) -> None:
    assert f"00:00:02,500 --> 00:00:06,500\n{LINE}\n\n" in render(DOCUMENT, "srt", options)
    assert f"00:02.500 --> 00:06.500\n{LINE}\n\n" in render(DOCUMENT, "vtt", options)


def test_it_stands_in_the_text() -> None:
    assert LINE in render(DOCUMENT, "txt", OutputOptions())
    assert render(DOCUMENT, "txt", OutputOptions(txt_lines="segment")).splitlines()[1] == LINE


def test_the_segments_of_other_formats_stay_as_they_are() -> None:
    for name in ("json", "tsv", "lrc"):
        assert LINE not in render(DOCUMENT, name, OutputOptions())


@pytest.mark.parametrize(
    ("options", "as_then"),
    [
        (OutputOptions(), OutputOptions(max_line_width=1000)),  # a cue for each segment
        (OutputOptions(), OutputOptions(max_line_width=1000, txt_lines="segment")),
        (OutputOptions(max_words_per_line=1), OutputOptions(max_words_per_line=1)),
    ],
)
def test_files_of_an_earlier_version_which_did_not_tell_of_it_are_replaced(
    tmp_path: Path, options: OutputOptions, as_then: OutputOptions
) -> None:
    for name in ("srt", "vtt", "txt"):
        content = render({**DOCUMENT, "gaps": []}, name, as_then)
        (tmp_path / f"book.{name}").write_text(content, encoding="utf-8", newline="")
        [path] = write_transcript(tmp_path, "book", DOCUMENT, [name], options, earlier=DOCUMENT)
        assert path.name == f"book.{name}"
        assert "49" in path.read_text(encoding="utf-8")
