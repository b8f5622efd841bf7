"""What the command line takes, and how it says things."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from swarmstt.cli import main
from swarmstt.cli.logs import JsonFormatter
from swarmstt.cli.parser import parse
from swarmstt.cli.progress import Lines, describe

COMMANDS = (
    *("transcribe", "up", "add", "status", "peers", "pause", "resume"),
    *("door", "invite", "programs", "help", "models", "doctor"),
)


def test_underscores_and_hyphens_are_alike() -> None:
    one = parse(["transcribe", "a.mp3", "--output_dir", "x", "--word_timestamps"])
    other = parse(["transcribe", "a.mp3", "--output-dir", "x", "--word-timestamps", "True"])
    assert vars(one) == vars(other)
    assert parse(["add", "--output-dir=a-b", "--", "--odd-name.mp3"]).paths == ["--odd-name.mp3"]
    assert parse(["add", "--output-dir=a-b", "x"]).output_dir == "a-b"


def test_a_yes_or_no_option_takes_no_path_for_its_value() -> None:
    assert parse(["add", "--word_timestamps", "a.mp3"]).paths == ["a.mp3"]
    assert parse(["add", "--word-timestamps", "false", "a.mp3"]).word_timestamps == "false"
    assert parse(["transcribe", "--epub_sound", "no", "a.mp3"]).epub_sound == "no"


def test_paths_may_stand_before_and_after_options() -> None:
    line = ["transcribe", "a.mp3", "--output_dir", "x", "b.mp3", "--alone", "c.mp3", "--", "-d.mp3", "--"]
    given = parse(line)
    assert given.paths == ["a.mp3", "b.mp3", "c.mp3", "-d.mp3", "--"]
    assert (given.output_dir, given.alone) == ("x", "True")


@pytest.mark.parametrize(
    "arguments", [["add", "a", "--no_such_option", "b"], ["status", "x"], ["add", "a", "-x"], ["add", "a", ""]]
)
def test_what_is_no_path_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_was_not_given_is_left_out() -> None:
    assert set(vars(parse(["up"]))) == {"command"}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_reads_well_at_80_columns(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        parse([*command.split(), "--help"])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert lines[0].startswith(f"usage: swarmstt {command or 'COMMAND'}")
    assert not any("chunk" in line.replace("--chunk_seconds", "") or "lease" in line for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sing"],
        ["transcribe"],
        ["up", "--port", "x"],
        ["up", "--no_such_option"],
        ["up", "--port", "8000", "--swarm_port", "8000"],
        ["invite", "--list", "--revoke"],
    ],
)
def test_wrong_usage_is_status_2_with_a_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = 0
    try:
        status = main(arguments)
    except SystemExit as ended:
        status = int(ended.code or 0)
    assert status == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("swarmstt: ")
    assert "`swarmstt" in line or "--port" in line
    assert "COMMAND ..." not in line


def test_what_is_not_understood_of_a_command_points_to_its_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["status", "--jsn"])
    assert "--jsn. Did you mean --json? See `swarmstt status --help`." in capsys.readouterr().err


BOOK = {
    "book_id": "a",
    "filename": "a.mp3",
    "state": "open",
    "paused": False,
    "percent": 0.0,
    "speed": None,
    "remaining_seconds": None,
}


def test_what_goes_on_in_a_few_words() -> None:
    assert describe({**BOOK, "read_whole": False}) == "reading"
    assert describe({**BOOK, "read_whole": True}) == "transcribing"
    assert describe({**BOOK, "paused": True}) == "paused"
    assert describe({**BOOK, "state": "merging"}) == "writing"
    assert describe({**BOOK, "state": "done"}) == "done"
    working = {**BOOK, "percent": 5, "speed": 25.04, "remaining_seconds": 840}
    assert describe(working) == "25 × realtime, about 14 minutes left"


def test_plain_lines_come_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    with Lines(clock=lambda: now) as lines:
        for second in range(31):
            now = float(second)
            lines.show({**BOOK, "percent": float(second)})
    assert capsys.readouterr().err.splitlines() == ["a.mp3: 10 %", "a.mp3: 20 %", "a.mp3: 30 %"]


def test_a_plain_line_in_which_nothing_changed_comes_again_so_that_a_log_shows_life(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    with Lines(clock=lambda: now) as lines:
        for second in range(75):
            now = float(second)
            lines.show({**BOOK, "percent": 5.0})
    assert capsys.readouterr().err.splitlines() == ["a.mp3: 5 %"] * 3


@pytest.mark.parametrize(
    ("arguments", "wrong", "meant"),
    [
        (["transcrib", "a.mp3"], "transcrib", "transcribe"),
        (["transcribe", "a.mp3", "--modle", "base"], "--modle", "--model"),
        (["transcribe", "a.mp3", "--model", "smal"], "smal", "small"),
        (["doctor", "--fx"], "--fx", "--fix"),
        (["transcribe", "a.mp3", "--language", "germn"], "germn", "german"),
        (["transcribe", "a.mp3", "--output_format", "srt,jsn"], "srt,jsn", "json"),
    ],
)
def test_a_word_that_is_misspelt_is_wrong_usage_and_the_likely_one_is_named(
    arguments: list[str], wrong: str, meant: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "swarmstt", *arguments, "--data_dir", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    said = ended.stderr
    assert ended.returncode == 2
    assert said.startswith("swarmstt: ")
    assert len(said.splitlines()) == 1
    assert wrong in said
    assert f"Did you mean {meant}?" in said


def test_log_lines_as_json() -> None:
    inside = ValueError("inside")
    error = (ValueError, inside, None)
    record = logging.LogRecord("swarmstt", logging.INFO, "", 0, "said %s", ("it",), error)
    entry = json.loads(JsonFormatter().format(record))
    assert (entry["level"], entry["message"], entry["logger"]) == ("info", "said it", "swarmstt")
    assert "inside" in entry["traceback"]
