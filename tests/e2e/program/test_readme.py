"""What README.md says is so: its commands run as they stand there, and all that it names is there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from swarmstt.cli.parser import build_parser, parse, spell_out
from swarmstt.config import options_in
from tests.bench.wer import word_errors
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Ended, Running
from tests.e2e.support.voice import SENTENCES, Voice, record

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = ("swarmstt", "pip", "python", "python3")


def blocks() -> Iterator[str]:
    """The lines of code blocks."""
    for line in README.splitlines():
        if line.startswith("    "):
            yield line.strip()


def spans() -> Iterator[str]:
    """What stands between backticks, also over the end of a line."""
    text = "\n".join(line for line in README.splitlines() if not line.startswith("    "))
    for span in re.findall(r"`([^`]+)`", text):
        yield " ".join(span.replace("\\|", "|").split())


def commands() -> Iterator[str]:
    """Every command, a part of a line of several too, without what follows it as a comment."""
    for text in (*blocks(), *spans()):
        for part in text.split(" && "):
            command = part.split(" #")[0].strip().removeprefix(".venv/bin/")
            if command.split()[0] in PROGRAMS and " " in command and command != "swarmstt transcribe":  # its name
                yield command


def commands_of(program: str) -> list[str]:
    return list(dict.fromkeys(each for each in commands() if each.split()[0] == program))


def known_options() -> set[str]:
    """Of all commands."""
    found = {f"--{each.name}" for each in options_in("book", "node", "up")} | {"--help", "--version"}
    [subparsers] = [each for each in build_parser()._actions if hasattr(each, "choices") and each.choices]
    assert isinstance(subparsers.choices, dict)
    for parser in subparsers.choices.values():
        found |= {option for action in parser._actions for option in action.option_strings}
    return found


def test_there_are_commands_to_test() -> None:
    assert len(commands_of("swarmstt")) >= 15
    assert len(commands_of("pip")) >= 4


@pytest.mark.parametrize("command", commands_of("swarmstt"))
def test_each_command_is_understood(command: str) -> None:
    words = spell_out(shlex.split(command)[1:])
    assert parse(words).command == words[0]


def test_each_option_exists() -> None:
    """Those of other programs are tested with their programs."""
    ours = [text for text in (*blocks(), *spans()) if not text.startswith("python ")]
    named = {option for text in ours for option in re.findall(r"(?<![\w-])--[a-z_]+", text)}
    assert len(named) > 30
    assert named <= known_options() | {"--batched"}  # of whisper-ctranslate2


def test_each_name_of_the_environment_exists() -> None:
    named = set(re.findall(r"\b(?:SWARMSTT|WHISPER)_[A-Z_]+", README))
    assert named
    assert named <= {
        "WHISPER_MODEL",
        *(f"SWARMSTT_{each.name.upper()}" for each in options_in("book", "node", "up")),
    }


@pytest.mark.parametrize("command", commands_of("python"))
def test_each_program_in_python_takes_its_options(command: str) -> None:
    words = shlex.split(command)[1:]
    said = help_of(*words[: 3 if words[1:2] == ["tests.bench"] else 2 if words[0] == "-m" else 1])
    for option in re.findall(r"--\w+", command):
        assert option in said


@cache
def help_of(*program: str) -> str:
    command = [sys.executable, *program, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout


def test_each_extra_and_each_file_exists() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in re.findall(r"\[(\w+)\]'", " ".join(commands_of("pip"))):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra
    files = re.findall(
        r"(?:swarmstt|tray|\.ci)/[\w./-]+", " ".join((*blocks(), *spans(), *re.findall(r"\]\((.*)\)", README)))
    )
    assert len(files) >= 4
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_each_row_of_the_api_exists(node: Running) -> None:
    paths = [span for span in spans() if re.fullmatch(r"/[a-z/<>_]+", span)]
    assert len(paths) >= 6
    for path in paths:
        answer = node.ask(path.replace("<book_id>", "00000000"))
        assert answer.status in (200, 400, 405, 409) or "00000000" in answer.error, (path, answer)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `swarmstt` as the tests run it."""
    if sys.platform == "win32":
        pytest.skip("the commands are those of a shell")
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "swarmstt"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m swarmstt "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def run_as_written(command: str, home: Home, programs: Path, cwd: Path, **environment: str) -> Ended:
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "PYTHONPATH": str(ROOT), "SWARMSTT_DATA_DIR": str(home.data_dir), **environment}
    with home.started(["sh", "-c", command], cwd=cwd, environment=environment) as running:
        running.process.wait(120)
        return running.ended()


def test_the_first_command_makes_a_transcript_of_the_sample(home: Home, programs: Path) -> None:
    [command] = [each for each in commands_of("swarmstt") if "swarmstt/sample/" in each]
    sample = ROOT / "swarmstt" / "sample"
    (home.root / "swarmstt").mkdir()
    (home.root / "swarmstt" / "sample").symlink_to(sample)
    ended = run_as_written(command, home, programs, home.root)
    ended.assert_calm(0)
    document = json.loads((home.root / "spoken.json").read_text(encoding="utf-8"))
    expected = (sample / "spoken.txt").read_text(encoding="utf-8")
    assert word_errors(expected, document["full_text"]).percent < 10, document["full_text"]
    assert (document["model"], document["language"]) == ("base", "en")
    example = README[README.index('"book_id"') : README.index('"gaps": []')]
    fields = set(re.findall(r'"(\w+)": ', example)) - {"start", "end", "text"}
    assert fields <= set(document) == fields | {"gaps"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    """A folder that holds what the commands name: books that no other test gives to the shared node."""
    folder = tmp_path_factory.mktemp("shelf") / "a book"
    folder.mkdir()
    record(folder / "book.m4b.mp3", voice.say(SENTENCES[2], pause_seconds=1.1)).rename(folder / "book.m4b")
    record(folder / "Discs of a book" / "1.mp3", voice.say(SENTENCES[3], pause_seconds=1.1))
    record(folder / "one.mp3", voice.say(SENTENCES[4], pause_seconds=1.1))
    record(folder / "two.mp3", voice.say(SENTENCES[5], pause_seconds=1.1))
    for name, sentence in (("a", 6), ("b", 7)):
        record(folder / f"{name}.mp3", voice.say(SENTENCES[sentence], pause_seconds=1.1))
    return folder


LEFT_OUT = {
    "swarmstt up": "is what the shared node runs by",
    "swarmstt up --port 8001": "a fixed port may be taken",
    "swarmstt up --peer 192.168.1.7:8765": "no such PC",
    "swarmstt up --peer HOST:8765": "no such PC",
    "swarmstt peers --remove NAME": "tests/e2e/membership/test_door.py removes a real PC",
    "swarmstt peers --leave": "tests/e2e/membership/test_key_file.py does, with a node of its own",
    "swarmstt help URL": "tests/e2e/guests/test_guests.py helps by a real invitation",
    "swarmstt models fetch small": "needs the model hub",
    "swarmstt service install": "tests/e2e/program/test_service.py does, under a systemd of its own",
    "swarmstt service remove": "tests/e2e/program/test_service.py",
    "swarmstt transcribe swarmstt/sample/spoken.mp3": "above",
    "swarmstt transcribe --list books.txt --output_dir out --summary out/summary.jsonl": "tests/e2e/books/test_list.py",
    "swarmstt transcribe --list audiobooks/ --output_dir out": "tests/e2e/books/test_list.py",
}
"""What is not run here, and why."""

SAYS = {
    "swarmstt transcribe book.m4b": "book.json",
    'swarmstt transcribe "Discs of a book/"': "Discs of a book.json",
    "swarmstt transcribe *.mp3 --output_dir texts": "texts/two.srt",
    "swarmstt transcribe --one_book b.mp3 a.mp3": "a book.json",
    "swarmstt add book.m4b": "book.m4b: added as",
    "swarmstt status": "The shared PC: ",
    "swarmstt pause": "`swarmstt resume`",
    "swarmstt resume": "This PC ",
    "swarmstt completion bash": "complete",
    "swarmstt models": "MB",
    "swarmstt doctor": "the sample's words are heard",
    "swarmstt doctor --fix": "no other PC is known to have",
    "swarmstt licences": "zeroconf",
    "swarmstt door": "open for 10 minutes",
    "swarmstt door --shut": "closed",
    "swarmstt peers": "No other PC",
    "swarmstt peers --join_again": "its door is open",
    "swarmstt invite --name Anna": "/join/",
    "swarmstt invite --plain": "http://",
    "swarmstt invite --list": "There are no invitations",
    "swarmstt invite --revoke": "All invitations are revoked",
    "swarmstt programs --name Bazarr": "/programs/",
    "swarmstt programs --revoke": "All addresses for programs are revoked",
}
"""What each command that is run says."""


def test_the_other_commands_do_what_is_said_of_them(
    node: Running, shared_home: Home, programs: Path, library: Path
) -> None:
    """In the order in which they stand there, by one node."""
    assert "Drop folder:" in node.out
    run = [each for each in commands_of("swarmstt") if each not in LEFT_OUT]
    assert set(run) == set(SAYS)
    for command in run:
        ended = run_as_written(command, shared_home, programs, library, SWARMSTT_MODEL=str(model_folder()))
        ended.assert_calm(0)
        assert SAYS[command] in ended.out, ended
    assert node.ask("/door", "DELETE").status == 200
