"""How a command begins and ends: Ctrl-C at any time, terminals that show little, parts that fail, the log."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from swarmstt import cli
from swarmstt.cli import running
from swarmstt.cli.failing import part_failed
from swarmstt.cli.logs import IN_FILE_ONLY, log_to_file, set_up_logging
from swarmstt.cli.parser import parse
from swarmstt.config import Config, build_config
from swarmstt.errors import ModelError, UsageError


def test_ctrl_c_at_any_time_is_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "main", interrupted)
    assert cli.main([]) == 1
    assert capsys.readouterr().err == "Stopped.\n"


def test_the_commands_are_loaded_only_where_ctrl_c_is_heeded() -> None:
    code = "import sys; from swarmstt.cli import main; print(sorted(m for m in sys.modules if 'swarmstt' in m))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "['swarmstt', 'swarmstt.cli']"


def test_signs_that_a_terminal_lacks_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii_only)
    with pytest.raises(SystemExit):
        running.main(["--version"])
    print("Čeština × 1")
    ascii_only.flush()
    assert ascii_only.buffer.getvalue().endswith(b"\\u010ce\\u0161tina \\xd7 1\n")


def test_a_part_that_failed_is_one_line() -> None:
    error = part_failed(KeyError("a\nb"), Path("/logs/swarmstt.log"))
    assert "\n" not in error.message
    assert "KeyError" in error.message
    assert "/logs/swarmstt.log says more" in error.message.replace("\\", "/")
    known = ModelError("No model.")
    assert part_failed(known) is known


def read_alone(tmp_path: Path, *arguments: str, **environ: str) -> bool:
    given = {key: value for key, value in vars(parse(["add", *arguments, "x"])).items() if key == "alone"}
    return build_config(given, environ, tmp_path / "config.toml").alone


def test_alone_is_an_option_like_the_others(tmp_path: Path) -> None:
    assert not read_alone(tmp_path)
    assert read_alone(tmp_path, "--alone")
    assert read_alone(tmp_path, SWARMSTT_ALONE="true")
    (tmp_path / "config.toml").write_text("alone = true")
    assert read_alone(tmp_path)
    assert not read_alone(tmp_path, "--alone", "False")
    with pytest.raises(UsageError, match="True or False"):
        read_alone(tmp_path, "--alone=perhaps")


def test_the_log_is_kept_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("swarmstt.cli.logs.FILE_BYTES", 2000)
    file = tmp_path / "logs" / "swarmstt.log"
    root, own = logging.getLogger(), logging.getLogger("swarmstt")
    before = (root.handlers, root.level, own.level)
    try:
        set_up_logging(Config(log_format="json"))
        with log_to_file(Config(log_format="json"), file):
            for number in range(200):
                own.info("line %d", number)
            own.info("for the file", extra=IN_FILE_ONLY)
        own.info("afterwards")
    finally:
        root.handlers = before[0]
        root.setLevel(before[1])
        own.setLevel(before[2])
    files = sorted(path.name for path in file.parent.iterdir())
    assert files == ["swarmstt.log", "swarmstt.log.1", "swarmstt.log.2", "swarmstt.log.3"]
    assert all(path.stat().st_size <= 2000 for path in file.parent.iterdir())
    assert json.loads(file.read_text().splitlines()[-1])["message"] == "for the file"
    said = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert said == [*(f"line {number}" for number in range(200)), "afterwards"]


def test_a_log_that_cannot_be_kept_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "logs").write_text("a file")
    with log_to_file(Config(), tmp_path / "logs" / "swarmstt.log"):
        pass
    assert "cannot be kept" in caplog.text
