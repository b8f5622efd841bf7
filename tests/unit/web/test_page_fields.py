"""The tables of the page's fields agree with what the program declares of the same options."""

from __future__ import annotations

import re
from typing import Any

import pytest

from swarmstt.config import OPTIONS
from swarmstt.web.page import read_files

SCRIPT = read_files()["page/fields.js"].decode()
LINES = re.findall(r'^  \{ name: "(\w+)", label: ".+?", kind: "(\w+)", (.*) \},$', SCRIPT, re.MULTILINE)
NOT_OPTIONS = {"drop_folders"}
"""Of settings only: the option is given once for each folder."""


def number_of(line: str, what: str) -> float | None:
    found = re.search(rf"\b{what}: ([\d.]+)", line)
    return None if found is None else float(found[1])


def test_every_line_is_a_field() -> None:
    assert len(LINES) == len(re.findall(r"^  \{", SCRIPT, re.MULTILINE)) > 10


@pytest.mark.parametrize(("name", "kind", "line"), [each for each in LINES if each[0] not in NOT_OPTIONS])
def test_a_field_has_the_range_of_its_option(name: str, kind: str, line: str) -> None:
    option: Any = OPTIONS[name]
    least, most = number_of(line, "least"), number_of(line, "most")
    if kind == "number":
        assert (option.kind in (int, float), least, most) == (True, option.least, option.most)
    elif most is not None:
        assert most <= option.most_characters


def test_the_times_to_help_are_those_of_the_option() -> None:
    [line] = re.findall(r"^const HELP_TIMES = \[(.*)\];$", SCRIPT, re.MULTILINE)
    assert tuple(re.findall(r'\["(\w+)", ', line)) == OPTIONS["help_when"].choices
