"""What tells books of one title apart."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from swarmstt.phrases import marks_of
from tests.unit.web.fake_node import book


def marks(*differences: dict[str, Any]) -> dict[str, str]:
    return marks_of([book(str(n), **{"filename": "a.mp3", **each}) for n, each in enumerate(differences)])


def test_books_of_one_title_are_told_apart_by_what_differs() -> None:
    assert marks({}, {"title": "Emma"}) == {}
    assert marks({"filename": "b.mp3"}, {}) == {"0": "b.mp3", "1": "a.mp3"}
    assert marks({"title": None}, {"title": None, "filename": "b.mp3"}) == {}
    assert marks({"folder": "CD 1"}, {"folder": "CD 2"}) == {"0": "in CD 1", "1": "in CD 2"}
    assert marks({"model": "/home/ada/mine"}, {}) == {"0": "mine", "1": "base"}
    assert marks({"model": "tiny"}, {}, {"task": "translate"}) == {"0": "tiny", "1": "base", "2": "base, into English"}


def test_when_a_book_was_added_is_told_by_the_clock_of_this_pc(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        """That of a PC in India."""

        def astimezone(self, tz: tzinfo | None = None) -> Clock:
            return super().astimezone(tz or timezone(timedelta(hours=5, minutes=30)))

    monkeypatch.setattr("swarmstt.phrases.datetime", Clock)
    first, later = "2024-01-15T10:00:00+00:00", "2024-01-15T19:00:00+00:00"
    told = marks({"added_at": first}, {"added_at": later})
    assert told == {"0": "added 2024-01-15 15:30", "1": "added 2024-01-16 00:30"}
