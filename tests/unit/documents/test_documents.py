"""What the documents name is there: files, links, commands. README.md has tests of its own, which run its commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from swarmstt.cli.parser import parse, spell_out

ROOT = Path(__file__).parents[3]
DOCUMENTS = [*sorted((ROOT / "swarmstt/docs").glob("*.md")), ROOT / "swarmstt/ARCHITECTURE.md", ROOT / "README.md"]
PATH = re.compile(r"(?:(?:swarmstt|core|speech|swarm|storage|web|node|cli|licences|sample|docs|tests|tray)/)[\w./-]*")

OPEN = re.compile(r"…|\b[A-Z]{2,}\b|[\\<>|&$]")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def spans(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


@each_document
def test_the_files_that_it_names_are_there(document: Path) -> None:
    named = {span for span in spans(document.read_text(encoding="utf-8")) if PATH.fullmatch(span)}
    assert [each for each in sorted(named) if not any((ROOT / room / each).exists() for room in ("", "swarmstt"))] == []


@each_document
def test_its_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert [each for each in links if not (document.parent / each).exists()] == []


@each_document
def test_its_commands_are_understood(document: Path) -> None:
    """Those that are whole: without three dots, or words that stand for others. `swarmstt WORD 1` is a label in what is
    signed."""
    text = document.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    for command in (line.partition(" #")[0].removeprefix(".venv/bin/") for line in [*lines, *spans(text)]):
        program, *words = command.split() or [""]
        if program == "swarmstt" and len(words) > 1 and words[1:] != ["1"] and not OPEN.search(command):
            spelled = spell_out(shlex.split(command)[1:])
            assert parse(spelled).command == spelled[0], command


def test_newcomers_are_led_to_each() -> None:
    linked = {link for each in DOCUMENTS for link in re.findall(r"([\w]+\.md)", each.read_text(encoding="utf-8"))}
    assert {each.name for each in DOCUMENTS[:-1]} <= linked
