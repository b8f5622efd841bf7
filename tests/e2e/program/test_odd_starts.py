"""Started without standard streams, in a folder that is gone, and with the oldest locale there is: no traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform == "win32", reason="of POSIX")]


def by_shell(home: Home, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a shell script in which "$@" is the program with these arguments."""
    command = ["sh", "-c", script, "sh", *home.command(*arguments)]
    return subprocess.run(
        command,
        env=home.environment(**{"SWARMSTT_MODEL": str(model_folder()), **environment}),
        cwd=home.root,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=500,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_changes_nothing(node: Running, visit: Home, voice: Voice, closed: str) -> None:
    assert node.url
    audio = record(visit.root / "in" / "tale.mp3", voice.say(SENTENCES[3]))
    status = by_shell(visit, f'"$@" {closed}', "status")
    assert (status.returncode, "Traceback" in status.stderr) == (0, False), status
    ended = by_shell(visit, f'"$@" {closed}', "transcribe", str(audio), "--output_dir", str(visit.output))
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended
    assert (visit.output / "tale.json").is_file()


def test_what_is_printed_never_goes_into_a_file_of_its_own(tmp_path: Path, voice: Voice) -> None:
    """A node that begins without streams opens its database: not in the place of standard output."""
    home = Home(tmp_path / "alone")
    audio = record(tmp_path / "tale.mp3", voice.say(SENTENCES[3]))
    ended = by_shell(home, '"$@" <&- >&- 2>&-', "transcribe", str(audio), "--alone", "--beam_size", "1")
    assert ended.returncode == 0, ended


@pytest.mark.parametrize("has_output", [False, True])
def test_in_a_folder_that_is_gone(node: Running, visit: Home, voice: Voice, has_output: bool) -> None:
    assert node.url
    audio = record(visit.root / "in" / "tale.mp3", voice.say(SENTENCES[3]))
    gone = 'mkdir gone && cd gone && rmdir ../gone && "$@"'
    output = ("--output_dir", str(visit.output)) if has_output else ()
    ended = by_shell(visit, gone, "transcribe", str(audio), *output)
    if has_output:
        assert ended.returncode == 0, ended
        return
    assert ended.returncode == 1, ended
    [line] = [each for each in ended.stderr.splitlines() if each.startswith("swarmstt: ")]
    assert "not there any more" in line
    assert "Traceback" not in ended.stderr
    assert by_shell(visit, gone, "transcribe", "tale.mp3", "--output_dir", str(visit.output)).returncode == 1
    assert by_shell(visit, gone, "status").returncode == 0


def test_names_of_any_letters_in_a_locale_of_none(node: Running, visit: Home, voice: Voice) -> None:
    assert node.url
    audio = record(visit.root / "in" / "Größe – 猫.mp3", voice.say(SENTENCES[4]), tags={"title": "Ünï"})
    old = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = by_shell(visit, '"$@"', "transcribe", str(audio), "--output_dir", str(visit.output), **old)
    assert ended.returncode == 0, ended
    assert (visit.output / "Größe – 猫.json").is_file(), list(visit.output.iterdir())
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("unshare") is None, reason="needs namespaces of Linux")
def test_without_a_loopback_interface_it_says_what_is_off(home: Home, voice: Voice) -> None:
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not make a network namespace")
    audio = record(home.root / "in" / "tale.mp3", voice.say(SENTENCES[4]))
    ended = by_shell(home, 'unshare -rn "$@"', "transcribe", str(audio), "--alone")
    assert ended.returncode == 1, ended
    assert "Traceback" not in ended.stderr
    [line] = [each for each in ended.stderr.splitlines() if each.startswith("swarmstt: ")]
    assert "loopback" in line
