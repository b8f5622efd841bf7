"""The diagrams of docs/states.md are those of the code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from swarmstt.core.membership.peers import PeerRules
from swarmstt.core.scheduling.leases import TABLE
from tests.unit.documents.walks import Arrow, BookWalk, DoorWalk, PeerWalk

DOCUMENT = (Path(__file__).parents[3] / "swarmstt/docs/states.md").read_text(encoding="utf-8")
ARROW = re.compile(r"(\S+) --> (\S+?)(?:: (.+))?")


class Walk(Protocol):
    def walk(self) -> None: ...


def arrows(name: str) -> set[Arrow]:
    """Those of a diagram."""
    found = re.search(rf'state "{name}" as {name} \{{\n(.*?)\n    \}}', DOCUMENT, re.DOTALL)
    assert found
    matches = [ARROW.fullmatch(line.strip()) for line in found[1].splitlines()]
    parts = [match.groups() for match in matches if match]
    assert len(parts) == len(matches)
    return {(old, new, by) for old, new, named in parts for by in (named or "").split(", ")}


def walked(walks: Iterable[Walk], *names: str) -> list[set[Arrow]]:
    seen: list[set[Arrow]] = [set() for _ in names]
    for each in walks:
        each.walk()
        for found, name in zip(seen, names, strict=True):
            found |= getattr(each, name)
    return seen


def compare(drawn: set[Arrow], seen: set[Arrow]) -> None:
    """Everything that was seen is drawn. A walk may miss one of the things that make a change, but no change."""
    assert seen - drawn == set()
    assert {arrow[:2] for arrow in drawn} == {arrow[:2] for arrow in seen}


def test_books_and_chunks() -> None:
    books, chunks = walked((BookWalk(seed) for seed in range(40)), "books", "chunks")
    compare(arrows("book"), books)
    compare(arrows("chunk"), chunks)


def test_leases() -> None:
    changes = {(old.value, new.value, by.value) for (old, by), new in TABLE.items() if old is not new}
    assert arrows("lease") == changes | {("[*]", "held", "")}


def test_doors() -> None:
    [seen] = walked((DoorWalk(seed) for seed in range(8)), "seen")
    compare(arrows("door"), seen)


def test_peers() -> None:
    [seen] = walked((PeerWalk(seed) for seed in range(5)), "seen")
    compare(arrows("peer"), seen)
    rules = PeerRules()
    assert (rules.memory_seconds, rules.rumour_seconds) == (60 * 86400, 600)
