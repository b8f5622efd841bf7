"""The registry of output formats, and that everything else follows from it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from swarmstt.cli.parser import build_parser
from swarmstt.config import build_config
from swarmstt.core.requests import BookOptions
from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS, USUAL_FORMATS, Format, chosen_formats, format_of, stem_of
from swarmstt.speech.transcripts import formats
from swarmstt.speech.transcripts.files import write_transcript

MODULES = {path.stem for path in Path(formats.__file__).parent.glob("*.py")} - {"__init__"}
DOCUMENT: dict[str, Any] = {
    "book_id": "a1b2c3d4",
    "title": "Emma",
    "author": "Jane Austen",
    "segments": [{"start": 0.0, "end": 1.5, "text": "Emma Woodhouse."}],
    "chapters": [{"title": "Chapter I", "start": 0.0, "end": 1.5}],
}


def test_each_format_has_its_module_and_each_module_is_a_format() -> None:
    assert set(FORMATS) == MODULES
    for name in FORMATS:
        assert isinstance(formats.render(DOCUMENT, name, OutputOptions()), bytes)


def test_names_and_endings_are_what_options_and_files_can_have() -> None:
    assert [each.name for each in FORMATS.values()] == list(FORMATS)
    assert all(each.name.isalnum() and each.name.islower() for each in FORMATS.values())
    assert all(each.suffix.startswith(".") and each.label and "/" in each.content_type for each in FORMATS.values())
    assert len({each.suffix for each in FORMATS.values()}) == len(FORMATS)


def test_the_command_line_takes_each_and_names_all() -> None:
    for name in FORMATS:
        assert build_config({"output_format": name}, {}, Path("none")).formats == (name,)
    [commands] = [each for each in build_parser()._actions if each.choices is not None]
    assert isinstance(commands.choices, dict)
    assert "|".join((*FORMATS, "all")) in " ".join(commands.choices["transcribe"].format_help().split())


def test_what_is_usual_is_written_if_nobody_asks_for_more() -> None:
    assert BookOptions().formats == USUAL_FORMATS == chosen_formats(["all"]) == chosen_formats(USUAL_FORMATS)
    assert USUAL_FORMATS == ("txt", "vtt", "srt", "tsv", "json")


def test_formats_are_put_in_the_order_of_the_registry_each_once() -> None:
    assert chosen_formats(["json", "txt", "json"]) == ("txt", "json")
    assert chosen_formats(["json", "all"]) == USUAL_FORMATS
    for nonsense in ([], ["exe"], ["txt", "exe"]):
        with pytest.raises(ValueError, match=r"\["):
            chosen_formats(nonsense)


@pytest.mark.parametrize(
    ("name", "format_name", "stem"),
    [("Emma.srt", "srt", "Emma"), ("Dr. No (2).json", "json", "Dr. No (2)"), ("Emma.mp3", None, "Emma.mp3")],
)
def test_a_file_tells_its_format_by_its_ending(name: str, format_name: str | None, stem: str) -> None:
    found = format_of(name)
    assert (None if found is None else found.name) == format_name
    assert stem_of(name) == stem


def test_a_new_format_is_one_line_and_one_module_and_sees_the_whole_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(document: dict[str, Any], options: OutputOptions) -> bytes:
        return b"PK\xff" + f"{document['title']} by {document['author']}: {len(document['chapters'])}".encode()

    book = Format(name="book", label="Book", content_type="application/zip", suffix=".book.zip", usual=False)
    monkeypatch.setitem(FORMATS, "book", book)
    monkeypatch.setattr(formats, "import_module", lambda name: SimpleNamespace(render=render))
    [path] = write_transcript(tmp_path, "Emma", DOCUMENT, ["book"], OutputOptions())
    assert path.name == "Emma.book.zip"
    assert path.read_bytes() == b"PK\xffEmma by Jane Austen: 1"
    assert (format_of(path.name), stem_of(path.name)) == (book, "Emma")
    assert "book" not in USUAL_FORMATS


def test_the_json_is_written_first() -> None:
    assert formats.in_writing_order(USUAL_FORMATS) == ("json", "txt", "vtt", "srt", "tsv")
    assert json.loads(formats.render(DOCUMENT, "json", OutputOptions()))["title"] == "Emma"
