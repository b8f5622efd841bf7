"""The command line has what was promised to people and their scripts: commands, options, spellings, defaults."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from swarmstt.cli.parser import build_parser, options_given, parse
from swarmstt.config import OPTIONS, Config, build_config
from swarmstt.node.profile import DEFAULT_MODEL

COMMANDS = {
    *("transcribe", "up", "add", "status", "peers", "pause", "resume"),
    *("door", "invite", "programs", "help", "models", "doctor", "licences"),
    *("service", "completion"),
}
TRANSCRIBE = {
    "model": "small",
    "language": "de",
    "task": "translate",
    "output_dir": "out",
    "output_format": "srt",
    "initial_prompt": "Once",
    "hotwords": "Ishmael",
    "word_timestamps": "True",
    "beam_size": "3",
    "max_line_width": "40",
    "max_line_count": "2",
    "max_words_per_line": "4",
    "highlight_words": "True",
    "device": "cpu",
    "compute_type": "int8",
    "threads": "2",
    "chunk_seconds": "60",
    "ebook": "book.epub",
    "epub_marks": "word",
    "epub_sound": "False",
    "keep_heard": "True",
    "names": "Armstrong",
    "beside": "True",
    "txt_lines": "segment",
    "done_within": "8",
    "cluster": "tcp://10.0.0.3:8786",
    "alone": "True",
}
UP = {
    "port": "1",
    "swarm_port": "2",
    "interface": "10.0.0.1",
    "peer": "10.0.0.2:8765",
    "name": "Attic",
    "data_dir": "data",
    "drop_folder": "drop",
    "model": "small",
    "device": "cpu",
    "compute_type": "int8",
    "slots": "3",
    "memory_gb": "1.5",
    "threads": "2",
    "cluster": "tcp://10.0.0.3:8786",
    "no_discovery": "True",
    "no_helping": "True",
    "swarm_key_file": "key",
}
SWITCHED = ("True", "False")
REPEATABLE = ("interface", "peer", "drop_folder")


def expected(name: str, value: str) -> object:
    """What the program makes of it."""
    if value in SWITCHED:
        return value == "True"
    if name in ("output_dir", "data_dir", "swarm_key_file", "ebook"):
        return Path(value)
    if name in REPEATABLE:
        return (Path(value),) if name == "drop_folder" else (value,)
    kind = OPTIONS[name].kind
    return kind(value) if kind in (int, float) else value


def option(config: Config, name: str) -> object:
    """The value of an option, wherever in the Config it stands."""
    within = next(each for each in (config.decode, config.output, config) if hasattr(each, name) or each is config)
    return getattr(within, {"alone": "local_only", "done_within": "done_within_hours"}.get(name, name))


def given(arguments: list[str]) -> dict[str, object]:
    """The options as the program sees them."""
    return options_given(parse(arguments))


def test_the_commands() -> None:
    [commands] = [each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    assert set(commands.choices) == COMMANDS


@pytest.mark.parametrize("dash", ["_", "-"])
@pytest.mark.parametrize(("command", "options"), [("transcribe", TRANSCRIBE), ("up", UP)])
def test_the_options_in_both_spellings(command: str, options: dict[str, str], dash: str, tmp_path: Path) -> None:
    line = [part for name, value in options.items() for part in (f"--{name.replace('_', dash)}", value)]
    config = build_config(
        given([command, *(["a.mp3"] if command == "transcribe" else []), *line]), {}, tmp_path / "none"
    )
    for name, value in options.items():
        assert option(config, name) == expected(name, value) != option(Config(), name)


@pytest.mark.parametrize(("name", "value"), {**TRANSCRIBE, **UP}.items())
def test_each_option_in_the_environment_and_in_the_file(name: str, value: str, tmp_path: Path) -> None:
    in_environment = build_config({}, {f"SWARMSTT_{name.upper()}": value}, tmp_path / "none")
    assert option(in_environment, name) == expected(name, value)
    written = tmp_path / "config.toml"
    literal = (
        value.lower() if value in SWITCHED else value if value[0].isdigit() and name not in REPEATABLE else f'"{value}"'
    )
    written.write_text(f"{name} = [{literal}]\n" if name in REPEATABLE else f"{name} = {literal}\n")
    assert option(build_config({}, {}, written), name) == expected(name, value)


def test_some_options_may_be_given_more_than_once(tmp_path: Path) -> None:
    line = [part for name in REPEATABLE for value in ("one", "two") for part in (f"--{name}", value)]
    config = build_config(given(["up", *line]), {}, tmp_path / "none")
    for name in REPEATABLE:
        assert [str(each) for each in getattr(config, name)] == ["one", "two"]


@pytest.mark.parametrize(
    "value", ["txt", "vtt", "srt", "tsv", "json", "lrc", "epub", "podcast", "ffmetadata", "cue", "all", "cue,lrc"]
)
def test_the_formats(value: str, tmp_path: Path) -> None:
    config = build_config({"output_format": value}, {}, tmp_path / "none")
    assert set(config.formats) == ({"txt", "vtt", "srt", "tsv", "json"} if value == "all" else set(value.split(",")))


def test_defaults() -> None:
    config = Config()
    assert (config.model, DEFAULT_MODEL) == (None, "base")
    assert (config.port, config.swarm_port, config.output_format) == (8000, 8765, "all")
    assert (config.decode.task, config.chunk_seconds, config.output.word_timestamps) == ("transcribe", 300.0, False)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["status", "--json"], "json"),
        (["peers", "--json"], "json"),
        (["invite", "--revoke"], "revoke"),
        (["invite", "--plain"], "plain"),
        (["programs", "--revoke"], "revoke"),
        (["doctor", "--fix"], "fix"),
    ],
)
def test_switches_of_their_own(arguments: list[str], name: str) -> None:
    assert getattr(parse(arguments), name) is True


def test_a_list_of_books_and_its_summary_are_files() -> None:
    asked = parse(["transcribe", "--list", "books.txt", "--summary", "summary.jsonl"])
    assert (asked.list_of_books, asked.summary, asked.paths) == ("books.txt", "summary.jsonl", [])


def test_who_is_let_in_has_a_name_and_an_invitation_its_days() -> None:
    invited = parse(["invite", "--name", "Ann", "--days", "7"])
    assert (invited.invitation_name, invited.days, parse(["invite"]).days) == ("Ann", 7, 30)
    assert parse(["programs", "--name", "Bazarr"]).program_name == "Bazarr"


@pytest.mark.parametrize("action", ["install", "remove", "status"])
def test_what_a_service_is_asked(action: str) -> None:
    assert parse(["service", action]).action == action


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_shells_that_are_completed(shell: str) -> None:
    assert parse(["completion", shell]).shell == shell


def test_a_model_is_fetched_by_its_name_and_a_guest_needs_a_url() -> None:
    fetched = parse(["models", "fetch", "small"])
    assert (fetched.action, fetched.wanted) == ("fetch", "small")
    assert parse(["help", "http://10.0.0.2:8000/join/x"]).url == "http://10.0.0.2:8000/join/x"


def test_the_readme_says_what_each_option_is_for() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert [name for name in OPTIONS if not re.search(rf"--{name}\b", readme)] == []
