"""What tells books of one title apart."""

from __future__ import annotations

from typing import Any

from swarmstt.phrases import marks_of
from tests.unit.web.fake_node import book


def marks(*differences: dict[str, Any]) -> dict[str, str]:
    return marks_of([book(str(n), **{"filename": "a.mp3", **each}) for n, each in enumerate(differences)])


def test_books_of_one_title_are_told_apart_by_what_differs() -> None:
    assert marks({}, {"title": "Emma"}) == {}
    assert marks({"filename": "b.mp3"}, {}) == {"0": "b.mp3", "1": "a.mp3"}
    assert marks({"title": None}, {"title": None, "filename": "b.mp3"}) == {}
    assert marks({"folder": "CD 1"}, {"folder": "CD 2"}) == {"0": "in CD 1", "1": "in CD 2"}
    assert marks({"model": "tiny"}, {}, {"task": "translate"}) == {"0": "tiny", "1": "base", "2": "base, into English"}
    later = "2024-01-16T10:00:00+00:00"
    assert marks({"added_at": later}, {}) == {"0": "added 2024-01-16 10:00", "1": "added 2024-01-15 10:00"}
