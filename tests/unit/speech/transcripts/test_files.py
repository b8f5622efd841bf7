"""Transcript files: what is in them, what they are called, and that they are whole or not there."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from swarmstt.display_text import utf16_units
from swarmstt.errors import OutputError
from swarmstt.files import FileHeldError, replace_file
from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS, USUAL_FORMATS
from swarmstt.speech.transcripts import files as transcript_files
from swarmstt.speech.transcripts import formats
from swarmstt.speech.transcripts.file_names import MOST_NAME_BYTES, file_stem
from swarmstt.speech.transcripts.files import MOST_BYTES, write_transcript
from tests.support.memory_use import memory_peak

PLAIN = OutputOptions()
CUE_TIMES = re.compile(r"^(?:(\d+):)?(\d\d):(\d\d)[.,](\d{3}) --> (?:(\d+):)?(\d\d):(\d\d)[.,](\d{3})$")


def segment(start: float, end: float, text: str, words: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    if words is None:
        parts = text.split()
        length = (end - start) / max(1, len(parts))
        words = [
            {
                "start": start + number * length,
                "end": start + (number + 1) * length,
                "word": f" {part}",
                "probability": 0.9,
            }
            for number, part in enumerate(parts)
        ]
    return {"start": start, "end": end, "text": text, "words": words}


def transcript(*segments: dict[str, Any], book_id: str = "a1b2c3d4") -> dict[str, Any]:
    return {
        "filename": "böök.mp3",
        "book_id": book_id,
        "completed_at": "2024-01-15T10:30:00+00:00",
        "total_chunks": 1,
        "segments": list(segments),
        "full_text": " ".join(item["text"] for item in segments),
        "duration": 12.5,
        "language": "en",
        "model": "base",
        "chapters": [],
        "gaps": [],
    }


TWO = transcript(segment(0.0, 2.5, "It was a dark night."), segment(2.5, 3661.25, "The wind blew."))


def render(document: dict[str, Any], name: str, options: OutputOptions) -> str:
    return formats.render(document, name, options).decode()


def cues(text: str) -> list[tuple[float, float, str]]:
    """The cues of SRT or VTT; asserts that each block is one."""
    found = []
    for block in text.removeprefix("WEBVTT\n").strip("\n").split("\n\n"):
        lines = block.split("\n")
        if lines and lines[0].isdigit():
            lines = lines[1:]
        if lines == [""]:
            continue
        match = CUE_TIMES.match(lines[0])
        assert match, block
        numbers = [int(number or 0) for number in match.groups()]
        start, end = (
            hour * 3600 + minute * 60 + second + milli / 1000
            for hour, minute, second, milli in (numbers[:4], numbers[4:])
        )
        assert not any("-->" in line for line in lines[1:])
        found.append((start, end, "\n".join(lines[1:])))
    return found


def test_json_has_the_contracts_order_and_no_words_unless_asked() -> None:
    text = render(TWO, "json", PLAIN)
    content = json.loads(text)
    assert list(content) == [
        *("book_id", "filename", "completed_at", "total_chunks", "segments", "full_text"),
        *("duration", "language", "model", "chapters", "gaps"),
    ]
    assert content["segments"][0] == {"start": 0.0, "end": 2.5, "text": "It was a dark night."}
    assert "böök" in text


def test_json_has_words_when_asked() -> None:
    content = json.loads(render(TWO, "json", OutputOptions(word_timestamps=True)))
    assert content["segments"] == TWO["segments"]


def test_json_keeps_what_it_does_not_know() -> None:
    assert json.loads(render({**TWO, "seams": 3}, "json", PLAIN))["seams"] == 3


def test_srt() -> None:
    assert render(TWO, "srt", PLAIN) == (
        "1\n00:00:00,000 --> 00:00:02,500\nIt was a dark night.\n\n2\n00:00:02,500 --> 01:01:01,250\nThe wind blew.\n\n"
    )


def test_vtt() -> None:
    assert render(TWO, "vtt", PLAIN) == (
        "WEBVTT\n\n00:00.000 --> 00:02.500\nIt was a dark night.\n\n00:02.500 --> 01:01:01.250\nThe wind blew.\n\n"
    )


def test_tsv_and_txt() -> None:
    assert (
        render(TWO, "tsv", PLAIN) == "start\tend\ttext\n0\t2500\tIt was a dark night.\n2500\t3661250\tThe wind blew.\n"
    )
    assert render(TWO, "txt", OutputOptions(txt_lines="segment")) == "It was a dark night.\nThe wind blew.\n"


@pytest.mark.parametrize("format_", ["json", "srt", "vtt", "tsv", "txt"])
def test_an_empty_transcript_is_a_file_like_any(format_: str) -> None:
    text = render(transcript(), format_, OutputOptions(max_line_width=20, highlight_words=True))
    assert (
        text
        == {
            "json": text,
            "srt": "",
            "vtt": "WEBVTT\n\n",
            "tsv": "start\tend\ttext\n",
            "txt": "",
        }[format_]
    )


def test_lines_are_no_wider_than_asked() -> None:
    text = render(TWO, "srt", OutputOptions(max_line_width=10, max_line_count=1))
    assert [line for _, _, line in cues(text)] == ["It was a", "dark", "night.", "The wind", "blew."]


def test_words_per_line() -> None:
    text = render(TWO, "vtt", OutputOptions(max_words_per_line=2))
    assert [line for _, _, line in cues(text)] == ["It was", "a dark", "night.", "The wind", "blew."]


def test_highlighted_words() -> None:
    text = render(TWO, "vtt", OutputOptions(highlight_words=True))
    assert "<u>dark</u>" in text
    assert len(cues(text)) == 8


def test_lines_are_arranged_without_words_too() -> None:
    bare = {"start": 0.0, "end": 4.0, "text": "one two three four"}
    text = render(transcript(bare), "srt", OutputOptions(max_words_per_line=2))
    assert [line for _, _, line in cues(text)] == ["one two", "three four"]


@pytest.mark.parametrize("width", [0, -3])
def test_widths_of_nothing_mean_none(width: int) -> None:
    options = OutputOptions(max_words_per_line=max(0, width), max_line_width=max(0, width))
    assert render(TWO, "srt", options) == render(TWO, "srt", PLAIN)


@pytest.mark.parametrize("options", [PLAIN, OutputOptions(max_words_per_line=2), OutputOptions(highlight_words=True)])
def test_text_cannot_break_a_cue(options: OutputOptions) -> None:
    words = [
        {"start": 1.0, "end": 1.0, "word": " a", "probability": 1.0},
        {"start": 1.0, "end": 1.0, "word": " --", "probability": 1.0},
        {"start": 1.0, "end": 1.2, "word": ">\n\nb", "probability": 1.0},
    ]
    nasty = transcript(segment(1.0, 1.0, "a -->\n\nb", words), segment(2.0, 3.0, "  \n"), segment(3.0, 4.0, "<i> & x"))
    for format_ in ("srt", "vtt"):
        found = cues(render(nasty, format_, options))
        assert found
        assert all(start < end for start, end, _ in found)
    assert "&lt;i&gt; &amp; x" in render(nasty, "vtt", PLAIN)
    assert "<i> & x" in render(nasty, "txt", PLAIN)


@settings(deadline=None, max_examples=60)
@example(texts=["-- >"], width=1, count=None, per_line=None, highlight=False)
@given(
    texts=st.lists(st.text(alphabet="ab \n\t->&<é", max_size=12), max_size=6),
    width=st.none() | st.integers(1, 12),
    count=st.none() | st.integers(1, 3),
    per_line=st.none() | st.integers(1, 4),
    highlight=st.booleans(),
)
def test_every_cue_is_valid(
    texts: list[str], width: int | None, count: int | None, per_line: int | None, highlight: bool
) -> None:
    options = OutputOptions(
        max_line_width=width, max_line_count=count, max_words_per_line=per_line, highlight_words=highlight
    )
    book = transcript(*(segment(number * 2.0, number * 2.0 + 1, text) for number, text in enumerate(texts)))
    for format_ in ("srt", "vtt"):
        found = cues(render(book, format_, options))
        starts = [start for start, _, _ in found]
        assert starts == sorted(starts)
        assert all(start < end for start, end, _ in found)


def test_writes_all_formats_and_no_more(tmp_path: Path) -> None:
    paths = write_transcript(tmp_path / "new" / "folder", "book", TWO, USUAL_FORMATS, PLAIN)
    assert [path.name for path in paths] == ["book.json", "book.txt", "book.vtt", "book.srt", "book.tsv"]
    assert sorted(path.name for path in paths[0].parent.iterdir()) == sorted(path.name for path in paths)
    assert paths[3].read_bytes() == render(TWO, "srt", PLAIN).encode()


def test_the_same_book_is_written_again(tmp_path: Path) -> None:
    write_transcript(tmp_path, "book", transcript(segment(0, 1, "old")), FORMATS, PLAIN)
    paths = write_transcript(tmp_path, "book", TWO, FORMATS, PLAIN)
    assert paths[1] == tmp_path / "book.txt"
    assert paths[1].read_text() == "It was a dark night. The wind blew.\n"


def test_another_book_is_never_overwritten(tmp_path: Path) -> None:
    first = write_transcript(tmp_path, "book", TWO, FORMATS, PLAIN)
    before = [path.read_bytes() for path in first]
    second = write_transcript(tmp_path, "book", {**TWO, "book_id": "ffffffff"}, ["json", "srt"], PLAIN)
    third = write_transcript(tmp_path, "book", {**TWO, "book_id": "eeeeeeee"}, ["json"], PLAIN)
    assert [path.name for path in second] == ["book (2).json", "book (2).srt"]
    assert [path.name for path in third] == ["book (3).json"]
    assert [path.read_bytes() for path in first] == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes in folders")
@pytest.mark.timeout(30)
def test_a_pipe_by_the_name_of_a_transcript_keeps_nobody_waiting(tmp_path: Path) -> None:
    for name in ("book.json", "book.txt"):
        os.mkfifo(tmp_path / name)
    paths = write_transcript(tmp_path, "book", TWO, ["json", "txt"], PLAIN)
    assert {path.name for path in paths} == {"book (2).txt", "book (2).json"}


@pytest.mark.skipif(sys.platform == "win32", reason="a file with nothing in it takes its room there")
@pytest.mark.timeout(60)
def test_a_file_of_a_terabyte_by_the_name_of_a_transcript_is_not_read(tmp_path: Path) -> None:
    """It would take all memory of this PC, or be waited for at each book."""
    for name in ("book.json", "book.txt"):
        with (tmp_path / name).open("wb") as file:
            try:
                file.truncate(10**12)
            except OSError:
                pytest.skip("this disk has no files of a terabyte")
    with memory_peak() as peak:
        paths = write_transcript(tmp_path, "book", TWO, ["json", "txt"], PLAIN)
    assert {path.name for path in paths} == {"book (2).txt", "book (2).json"}
    assert peak.size_bytes < MOST_BYTES


def test_a_foreign_file_without_json_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("my own notes")
    paths = write_transcript(tmp_path, "book", TWO, ["txt", "srt"], PLAIN)
    assert [path.name for path in paths] == ["book (2).txt", "book (2).srt"]
    assert (tmp_path / "book.txt").read_text() == "my own notes"


def test_writing_the_same_text_again_makes_no_copy(tmp_path: Path) -> None:
    write_transcript(tmp_path, "book", TWO, ["txt"], PLAIN)
    assert write_transcript(tmp_path, "book", TWO, ["txt"], PLAIN) == [tmp_path / "book.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["book.txt"]


def test_what_nobody_changed_since_it_was_written_is_replaced_also_without_json(tmp_path: Path) -> None:
    gap = transcript(segment(0, 1, "It was"))
    write_transcript(tmp_path, "book", gap, ["txt", "srt"], PLAIN)
    assert write_transcript(tmp_path, "book", TWO, ["txt", "srt"], PLAIN, earlier=gap)[0] == tmp_path / "book.txt"
    assert (tmp_path / "book.txt").read_text() == "It was a dark night. The wind blew.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.srt", "book.txt"]


def test_what_a_person_changed_is_left_alone(tmp_path: Path) -> None:
    gap = transcript(segment(0, 1, "It was"))
    write_transcript(tmp_path, "book", gap, ["txt", "srt"], PLAIN)
    (tmp_path / "book.txt").write_text("It was, I think,\n")
    paths = write_transcript(tmp_path, "book", TWO, ["txt", "srt"], PLAIN, earlier=gap)
    assert [path.name for path in paths] == ["book (2).txt", "book (2).srt"]
    assert (tmp_path / "book.txt").read_text() == "It was, I think,\n"
    assert (tmp_path / "book.srt").read_text() == render(gap, "srt", PLAIN)


def test_a_name_taken_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = transcript_files.rename_new

    def late(source: Path, target: Path) -> bool:
        if target.name == "book.srt":
            target.write_text("somebody else's")
        return rename(source, target)

    monkeypatch.setattr(transcript_files, "rename_new", late)
    paths = write_transcript(tmp_path, "book", TWO, ["json", "srt"], PLAIN)
    assert [path.name for path in paths] == ["book (2).json", "book (2).srt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book (2).json", "book (2).srt", "book.srt"]
    assert (tmp_path / "book.srt").read_text() == "somebody else's"


def test_long_and_forbidden_names_fit(tmp_path: Path) -> None:
    name = "é" * 200
    for book_id in ("aaaaaaaa", "bbbbbbbb"):
        for path in write_transcript(tmp_path, name, {**TWO, "book_id": book_id}, FORMATS, PLAIN):
            assert len(path.name.encode()) <= MOST_NAME_BYTES


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ('a<b>:"/\\|?*c', "a_b________c"),
        ("CON", "_CON"),
        ("nul.part", "_nul.part"),
        ("console", "console"),
        ("ends. . ", "ends"),
        ("..", "transcript"),
        ("", "transcript"),
        ("\ud800 lone", "_ lone"),
    ],
)
def test_names_that_windows_forbids(name: str, stem: str) -> None:
    assert file_stem(name, 1, 5) == stem


@given(name=st.text(max_size=300), number=st.integers(1, 99))
def test_every_name_becomes_one_that_fits(name: str, number: int) -> None:
    stem = file_stem(name, number, 5)
    assert 0 < len(stem.encode()) <= MOST_NAME_BYTES - 5
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', stem)


def test_no_room_is_one_clear_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OutputError, match="no room") as caught:
        write_transcript(tmp_path, "book", TWO, FORMATS, PLAIN)
    assert "\n" not in caught.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="--output_dir"):
        write_transcript(tmp_path / "file" / "folder", "book", TWO, FORMATS, PLAIN)


@pytest.mark.skipif(sys.platform == "win32", reason="rights of folders are others there")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="--output_dir"):
        write_transcript(tmp_path, "book", TWO, FORMATS, PLAIN)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("held", ["book.json", "book.srt", "book.txt"])
def test_a_file_that_a_player_has_open_leaves_the_set_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    formats_ = ["json", "srt", "txt"]
    write_transcript(tmp_path, "book", TWO, formats_, PLAIN)
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}

    def replace(source: Path, target: Path) -> None:
        if target.name == held and source.read_bytes() != before[held]:
            raise FileHeldError(target)
        replace_file(source, target)

    monkeypatch.setattr(transcript_files, "replace_file", replace)
    other = transcript(segment(0.0, 1.0, "Hello again."))
    with pytest.raises(OutputError, match=rf"another program has {held} open: close that program, and try again"):
        write_transcript(tmp_path, "book", other, formats_, PLAIN)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    monkeypatch.undo()
    write_transcript(tmp_path, "book", other, formats_, PLAIN)
    assert b"Hello again." in (tmp_path / held).read_bytes()


def test_on_windows_a_long_name_is_cut_to_what_a_path_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_files, "windows_room", lambda folder: 60)
    monkeypatch.setattr(sys, "platform", "win32")
    written = write_transcript(tmp_path, "📖" * 50, TWO, ["json", "txt"], PLAIN)
    assert [utf16_units(path.name) <= 60 for path in written] == [True, True]
    assert {path.stem for path in written} == {"📖" * len(written[0].stem)}
    monkeypatch.setattr(transcript_files, "windows_room", lambda folder: 0)
    with pytest.raises(OutputError, match="too long for Windows"):
        write_transcript(tmp_path, "book", TWO, ["json"], PLAIN)
    assert len(list(tmp_path.iterdir())) == 2
