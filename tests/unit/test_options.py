"""A decode option is one field: each place that an option passes through takes it from there."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from swarmstt.cli.books import book_options as options_of_command
from swarmstt.cli.parser import build_parser, options_given, parse
from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.config import OPTIONS, build_config
from swarmstt.core.books import BookSettings
from swarmstt.core.helping.availability import HELP_WHEN
from swarmstt.core.requests import BookOptions
from swarmstt.errors import InputError, UsageError
from swarmstt.node.books.book_ids import book_id_of
from swarmstt.node.guests.task_options import options_of_task, task_options
from swarmstt.option_values import TIME_OF_DAY, value_of
from swarmstt.options import BOOK, DecodeOptions, Option, OutputOptions, changed, flat, option, options_of
from swarmstt.output_formats import FORMATS
from swarmstt.storage.store import Store
from swarmstt.web.api.requests import book_options
from tests.support.records import RECORD

DECODE = list(options_of(DecodeOptions).values())
OF_A_BOOK = [*DECODE, *options_of(OutputOptions).values()]
NAMES = [each.name for each in OF_A_BOOK]


def another(option: Option) -> Any:
    """A value that is not the usual one."""
    if option.choices:
        return next(each for each in option.choices if each != option.default)
    if option.least is not None and option.most is not None:
        return option.kind(option.least if option.least != option.default else option.most)
    return {bool: not option.default, int: 7, float: 7.5, str: "de"}[option.kind]


OTHERWISE = {each.name: another(each) for each in OF_A_BOOK}
DECODED_OTHERWISE = changed(DecodeOptions(), OTHERWISE)


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_the_environment_and_the_file_have_each(name: str, tmp_path: Path) -> None:
    value, file = OTHERWISE[name], tmp_path / "config.toml"
    for command in ("transcribe", "add"):
        given = options_given(parse([command, "a.mp3", f"--{name}", str(value)]))
        assert flat_config(build_config(given, {}, file))[name] == value
    assert flat_config(build_config({}, {f"SWARMSTT_{name.upper()}": str(value)}, file))[name] == value
    file.write_text(f"{name} = {json.dumps(value)}\n", encoding="utf-8")
    assert flat_config(build_config({}, {}, file))[name] == value


def flat_config(config: Any) -> dict[str, Any]:
    return flat({"decode": to_plain(config.decode), "output": to_plain(config.output)})


@pytest.mark.parametrize("name", NAMES)
def test_help_says_what_each_is(name: str) -> None:
    [commands] = [each.choices for each in build_parser()._actions if isinstance(each.choices, dict)]
    text = " ".join(commands["transcribe"].format_help().split())
    assert f"--{name} " in text
    assert OPTIONS[name].help in text


@pytest.mark.parametrize("name", NAMES)
def test_http_has_each_as_json_and_as_text_of_a_form(name: str) -> None:
    for given in (OTHERWISE[name], str(OTHERWISE[name])):
        assert flat(to_plain(book_options({name: given}, BookOptions())))[name] == OTHERWISE[name]
    usual = changed(BookOptions(), OTHERWISE)
    assert flat(to_plain(book_options({name: None}, usual))).get(name) == OPTIONS[name].default


def test_what_the_command_line_asks_over_http_arrives_whole(tmp_path: Path) -> None:
    given = {**OTHERWISE, "chunk_seconds": 60.0, "output_dir": str(tmp_path), "output_format": "srt,json"}
    config = build_config({**given, "alone": True, "model": "small"}, {}, tmp_path / "none")
    asked = options_of_command(config, default_folder=None, first=True)
    assert (asked.decode, asked.formats, asked.local_only) == (DECODED_OTHERWISE, ("srt", "json"), True)
    sent = json.loads(json.dumps(flat(to_plain(asked))))
    assert sent["alone"] is True
    assert book_options(sent, BookOptions()) == asked


async def test_the_store_keeps_each(tmp_path: Path) -> None:
    settings = BookSettings(model="base", model_hash="m", decode=DECODED_OTHERWISE, grain="fine")
    async with Store(tmp_path / "db.sqlite", lambda: datetime.now(timezone.utc)) as store:
        await store.add_book(replace(RECORD, settings=settings, local_only=True))
    async with Store(tmp_path / "db.sqlite", lambda: datetime.now(timezone.utc)) as store:
        [kept] = await store.books()
        [book], _ = await store.load()
    assert kept.settings == book.settings == settings
    assert kept.local_only
    assert book.local_only


def test_each_reaches_helpers_and_guests() -> None:
    settings = BookSettings(model="base", model_hash="m", decode=DECODED_OTHERWISE)
    decided = settings.decode_options("fr")
    assert decided == replace(DECODED_OTHERWISE, language="fr")
    assert from_plain(DecodeOptions, to_plain(decided)) == decided
    task = {"id": "1", **task_options(decided)}
    assert len(task) == 1 + len(DECODE)
    assert task["prompt"] == decided.initial_prompt
    assert options_of_task(task) == decided


def test_a_task_without_a_language_is_none_of_ours() -> None:
    with pytest.raises(PlainError, match="language"):
        options_of_task({"task": "transcribe"})
    with pytest.raises(ValueError, match="language"):
        assert DecodeOptions().known_language


@pytest.mark.parametrize("name", [each.name for each in DECODE])
def test_each_decides_which_book_it_is(name: str) -> None:
    usual = BookSettings(model="base", model_hash="m")
    assert book_id_of("mark", changed(usual, {name: OTHERWISE[name]})) != book_id_of("mark", usual)


def test_books_have_the_ids_that_they_always_had() -> None:
    english = BookSettings(model="base", model_hash="m", decode=DecodeOptions(language="en", beam_size=5))
    assert book_id_of("mark", english) == "44145a41"
    decode = DecodeOptions(task="translate", initial_prompt="Ünd \udcff", hotwords="Ahab", beam_size=2)
    assert book_id_of("mark", replace(english, decode=decode, chunk_seconds=60.0)) == "ed15f591"


@pytest.mark.parametrize(("language", "book_id"), [(None, "c57a25bb"), ("en", "44145a41")])
def test_a_book_with_the_usual_options_is_the_one_that_it_was_when_these_were_five_beams(
    language: str | None, book_id: str
) -> None:
    usual = BookSettings(model="base", model_hash="m", decode=DecodeOptions(language=language))
    assert book_id_of("mark", usual) == book_id
    assert book_id_of("mark", changed(usual, {"beam_size": 5})) == book_id
    assert book_id_of("mark", changed(usual, {"beam_size": 1})) != book_id


def test_earlier_versions_are_told_of_beams_only_where_a_number_is_wanted() -> None:
    assert "beam_size" not in to_plain(DecodeOptions())
    assert from_plain(DecodeOptions, to_plain(DecodeOptions())).beam_size is None
    assert from_plain(DecodeOptions, to_plain(DecodeOptions(beam_size=5))).beam_size == 5


@dataclass(frozen=True, kw_only=True)
class Inner:
    speed: float = option(1.0, "how fast", group=BOOK, least=0.5, most=2)


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner = Inner()
    whispering: bool = option(False, "in a low voice", group=BOOK, name="low")
    other: int = 3


def test_a_field_anywhere_in_a_dataclass_is_an_option() -> None:
    assert {name: each.kind for name, each in options_of(Outer).items()} == {"speed": float, "low": bool}
    assert changed(Outer(), {"speed": 2.0, "low": True, "nothing": 1}) == Outer(inner=Inner(speed=2.0), whispering=True)
    assert flat(to_plain(Outer())) == {"speed": 1.0, "low": False, "other": 3}


@pytest.mark.parametrize(
    ("name", "given", "line"),
    [
        ("beam_size", "many", "X must be a whole number, not 'many'."),
        ("beam_size", True, "X must be a whole number, not True."),
        ("beam_size", 2.5, "X must be a whole number, not 2.5."),
        ("beam_size", None, "X must be a whole number, not None."),
        ("chunk_seconds", "nan", "X must be from 30 to 1800, not 'nan'."),
        ("hotwords", ["Ahab"], "X must be text, not a list."),
        ("hotwords", "x" * 20_000, "X is longer than 10000 characters; shorten it."),
        ("name", "x" * 64, "X is longer than 63 characters; shorten it."),
        ("task", "sing", "X must be one of transcribe, translate, not 'sing'."),
        ("output_format", "srt,exe", f"X must be one of {', '.join(FORMATS)}, all, not 'srt,exe'."),
        ("output_format", ",", f"X must be one of {', '.join(FORMATS)}, all, not ','."),
        ("peer", 5, "X must be a list of texts, not 5."),
        ("data_dir", 5, "X must be a path, not 5."),
        ("help_from", "24:00", "X must be a time of day such as 22:30, not '24:00'."),
        ("word_timestamps", "perhaps", "X must be True or False, not 'perhaps'."),
    ],
)
def test_nonsense_is_refused_in_one_sentence(name: str, given: Any, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        value_of(OPTIONS[name], given, "X")
    assert caught.value.message == line


def test_a_number_without_end_is_refused_in_one_sentence_too() -> None:
    with pytest.raises(UsageError, match="from 1 to 20, not a number of so many digits"):
        value_of(OPTIONS["beam_size"], 10**5000, "X")


def test_a_person_may_write_what_a_program_must_give_exactly() -> None:
    assert value_of(OPTIONS["help_from"], "6:30", "X") == TIME_OF_DAY.canonical("06:30") == "06:30"
    assert value_of(OPTIONS["slots"], "2", "X") == 2
    for name, given in (("help_from", "6:30"), ("slots", "2")):
        with pytest.raises(UsageError):
            value_of(OPTIONS[name], given, "X", exact=True)


def test_a_request_is_told_of_the_same_sentence() -> None:
    with pytest.raises(InputError, match="beam_size must be from 1 to 20, not 0"):
        book_options({"beam_size": 0}, BookOptions())


def test_a_name_in_the_file_may_be_a_number(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("name = 1984\n", encoding="utf-8")
    assert build_config({}, {}, tmp_path / "config.toml").name == "1984"


def test_the_choices_of_when_to_help_are_those_of_the_core() -> None:
    assert OPTIONS["help_when"].choices == HELP_WHEN
