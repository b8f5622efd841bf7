"""What the command line takes, and how it says things."""

import json
import logging

import pytest

from swarmstt.cli import main
from swarmstt.cli.logs import JsonFormatter
from swarmstt.cli.parser import parse
from swarmstt.cli.progress import Lines, describe
from swarmstt.cli.words import about, clock

COMMANDS = (
    *("transcribe", "up", "add", "status", "peers", "pause", "resume"),
    *("door", "invite", "help", "models", "doctor"),
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


def test_what_was_not_given_is_left_out() -> None:
    assert set(vars(parse(["up"]))) == {"command"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_reads_well_at_80_columns(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        parse([command, "--help"])
    assert ended.value.code == 0
    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("arguments", [[], ["sing"], ["transcribe"], ["up", "--port", "x"], ["up", "--no_such_option"]])
def test_wrong_usage_is_status_2_with_a_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = 0
    try:
        status = main(arguments)
    except SystemExit as ended:
        status = int(ended.code or 0)
    assert status == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("swarmstt")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "about 5 seconds"),
        (41, "about 40 seconds"),
        (61, "about 1 minute"),
        (14 * 60, "about 14 minutes"),
        (95 * 60, "about 95 minutes"),
        (3 * 3600 + 1800, "about 3.5 hours"),
    ],
)
def test_times_are_said_as_a_person_says_them(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_places_in_a_book() -> None:
    assert (clock(7.4), clock(61), clock(3723)) == ("0:07", "1:01", "1:02:03")


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
    assert describe(BOOK) == "reading"
    assert describe({**BOOK, "paused": True}) == "paused"
    assert describe({**BOOK, "state": "merging"}) == "writing"
    assert (
        describe({**BOOK, "percent": 5, "speed": 25.04, "remaining_seconds": 60})
        == "25.0 × realtime, about 1 minute left"
    )


def test_plain_lines_come_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("swarmstt.cli.progress.time.monotonic", lambda: now)
    with Lines() as lines:
        for second in range(31):
            now = float(second)
            lines.show({**BOOK, "percent": float(second)})
    assert capsys.readouterr().err.splitlines() == ["a.mp3: 10 %", "a.mp3: 20 %", "a.mp3: 30 %"]


def test_log_lines_as_json() -> None:
    inside = ValueError("inside")
    error = (ValueError, inside, None)
    record = logging.LogRecord("swarmstt", logging.INFO, "", 0, "said %s", ("it",), error)
    entry = json.loads(JsonFormatter().format(record))
    assert (entry["level"], entry["message"], entry["logger"]) == ("info", "said it", "swarmstt")
    assert "inside" in entry["traceback"]
