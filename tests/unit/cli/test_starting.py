"""How a command begins and ends: Ctrl-C at any time, terminals that show little, parts that fail, the log."""

from __future__ import annotations

import errno
import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from swarmstt import cli
from swarmstt.cli import running
from swarmstt.cli.logs import IN_FILE_ONLY, log_to_file, set_up_logging
from swarmstt.cli.parser import options_given, parse
from swarmstt.cli.saying import part_failed, say_json
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
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    monkeypatch.setattr(sys, "platform", "linux")  # Windows pipes UTF-8
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
    return build_config(options_given(parse(["add", *arguments, "x"])), environ, tmp_path / "config.toml").local_only


def test_alone_is_an_option_like_the_others(tmp_path: Path) -> None:
    assert not read_alone(tmp_path)
    assert read_alone(tmp_path, "--alone")
    assert read_alone(tmp_path, SWARMSTT_ALONE="true")
    (tmp_path / "config.toml").write_text("alone = true")
    assert read_alone(tmp_path)
    assert not read_alone(tmp_path, "--alone", "False")
    with pytest.raises(UsageError, match="True or False"):
        read_alone(tmp_path, "--alone=perhaps")


def test_the_log_is_kept_and_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "logs" / "swarmstt.log"
    root, own = logging.getLogger(), logging.getLogger("swarmstt")
    before = (root.handlers, root.level, own.level)
    try:
        set_up_logging(Config(log_format="json"))
        with log_to_file(Config(log_format="json"), file, file_bytes=2000):
            for number in range(200):
                own.info("line %d", number)
            own.info("for the file", extra=IN_FILE_ONLY)
        logging.getLogger("asyncio").warning("Unknown child process pid %d, will report returncode 255", 7)
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


class Closed(io.StringIO):
    """A pipe of Windows whose reader has gone."""

    def flush(self) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")


@pytest.mark.parametrize("arguments", [["--help"], ["status", "--help"], ["--version"]])
def test_a_reader_of_windows_that_has_gone_is_no_error(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    said_no_more: list[bool] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(running, "_say_no_more", lambda: said_no_more.append(True))
    monkeypatch.setattr(running, "_print_anything", lambda: None)
    monkeypatch.setattr(sys, "stdout", Closed())
    status = running.main(arguments)
    monkeypatch.undo()
    assert (status, said_no_more) == (0, [True])


def test_an_invalid_argument_elsewhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert running._has_reader_gone(BrokenPipeError())
    assert not running._has_reader_gone(OSError(errno.EINVAL, "Invalid argument"))
    assert not running._has_reader_gone(OSError(errno.EINVAL, "Invalid argument", "a.mp3"))


def test_windows_pipes_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    piped, shown = io.TextIOWrapper(io.BytesIO(), encoding="cp1252"), io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(shown, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", piped)
    monkeypatch.setattr(sys, "stderr", shown)
    running._print_anything()
    assert (piped.encoding, shown.encoding) == ("utf-8", "cp1252")


def test_json_for_programs_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"name": "Čapek 📖 \x1b"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == {"name": "Čapek 📖 \x1b"}


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGUSR1, and a SIGBREAK of its own")
def test_ctrl_break_ends_as_ctrl_c_does() -> None:
    code = (
        "import signal; signal.SIGBREAK = signal.SIGUSR1\n"
        "import asyncio, os; from swarmstt.cli import running\n"
        "async def work():\n"
        "    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGUSR1)\n"
        "    await asyncio.Event().wait()\n"
        "raise SystemExit(running.run_interruptible(work()))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr[:8]) == (1, "Stopped.")


def test_threads_change_quickly_while_a_command_runs() -> None:
    """So that the event loop need not wait for those that compute; whoever ran the command gets back what was."""
    code = (
        "import sys; from swarmstt.cli import running\n"
        "async def work():\n"
        "    return round(sys.getswitchinterval() * 1000)\n"
        "print(running.run_interruptible(work()), sys.getswitchinterval())"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout.split() == ["1", "0.005"], ended.stderr
