"""What `programs` says of the programs that may come."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.cli.outsiders.programs import advice, line_of
from swarmstt.cli.parser import parse

MADE = {"url": "http://192.168.1.5:8000/programs/SECRET/v1", "token": "SECRET"}


def listed(**fields: Any) -> dict[str, Any]:
    return {"url_base": "http://192.168.1.5:8000", "open": True, **fields}


def test_a_new_address_is_explained_for_each_kind_of_program() -> None:
    text = "\n".join(advice(MADE, listed()))
    assert "http://192.168.1.5:8000/v1 and the key SECRET" in text
    assert "http://192.168.1.5:8000/programs/SECRET\n" in text
    assert "plain HTTP" in text


@pytest.mark.parametrize(
    ("fields", "words"), [({"url_base": None}, "cannot reach this one now"), ({"open": False}, "does not listen")]
)
def test_what_keeps_programs_away_is_said(fields: dict[str, Any], words: str) -> None:
    assert words in advice(MADE, listed(**fields))[-1]


def test_a_program_is_listed_with_its_pages_and_its_use() -> None:
    program = {"name": "Obsidian", "created_at": "2024-01-15T10:00:00+00:00", "last_used_at": None}
    assert line_of({**program, "origins": ["app://obsidian.md"]}).endswith("for app://obsidian.md, never used")
    assert line_of({**program, "name": "", "origins": []}).startswith("Without a name: since ")


def test_several_pages_may_be_named() -> None:
    given = parse(["programs", "--name", "X", "--origin", "app://a", "--origin", "https://b"])
    assert (given.program_name, given.origins) == ("X", ["app://a", "https://b"])
