"""A hole in the audio is a hole in text and subtitles."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS
from swarmstt.speech.ebooks.plain_book import clips_of_plain_book, write_plain_book
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
    for name in ("json", "tsv"):
        assert LINE not in render(DOCUMENT, name, OutputOptions())


def test_it_is_a_line_of_lyrics() -> None:
    assert f"[00:02.50]{LINE}\n" in render(DOCUMENT, "lrc", OutputOptions())


def test_in_a_podcast_nobody_says_it() -> None:
    segments = json.loads(render({**DOCUMENT, "narrator": "Anna"}, "podcast", OutputOptions()))["segments"]
    assert [(each["body"], each.get("speaker")) for each in segments] == [
        ("It was dark.", "Anna"),
        (LINE, None),
        ("The wind blew.", "Anna"),
    ]


def test_it_stands_in_an_ebook_and_has_no_sound_there() -> None:
    file = BytesIO()
    write_plain_book(DOCUMENT, file)
    with zipfile.ZipFile(file) as archive:
        assert f"It was dark. {LINE} The wind blew." in archive.read("EPUB/0001.xhtml").decode()
    clips = list(clips_of_plain_book(DOCUMENT))
    assert [(clip.begin_seconds, clip.end_seconds) for clip in clips] == [(0.0, 2.5), (8.0, 11.0)]
    text = f"It was dark. {LINE} The wind blew."
    assert [text[clip.start : clip.end] for clip in clips] == ["It was dark.", "The wind blew."]


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
    for name in ("srt", "vtt", "txt", "lrc", "podcast"):
        content = render({**DOCUMENT, "gaps": []}, name, as_then)
        (tmp_path / f"book{FORMATS[name].suffix}").write_text(content, encoding="utf-8", newline="")
        [path] = write_transcript(tmp_path, "book", DOCUMENT, [name], options, earlier=DOCUMENT)
        assert path.name == f"book{FORMATS[name].suffix}"
        assert "49" in path.read_text(encoding="utf-8")
