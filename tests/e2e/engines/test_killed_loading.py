"""A real engine that is killed while it loads the model, as by whoever guards a system's memory."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals"),
]


def kill_engines(running: Running, is_enough: Callable[[int], Any]) -> Any:
    """Kills each engine as soon as it is seen, mostly before it has loaded the model, until there were enough."""
    killed: set[psutil.Process] = set()

    def kill_another() -> Any:
        for child in running.children() - killed:
            if is_engine(child):
                child.kill()
                killed.add(child)
        return is_enough(len(killed))

    return eventually(kill_another, "enough engines killed", pause_seconds=0.01)


def is_engine(child: psutil.Process) -> bool:
    try:
        return "engine" in child.cmdline()[-2:]
    except psutil.Error:
        return False


def test_an_engine_killed_twice_while_it_loads_costs_no_word(home: Home, short_book: ReferenceBook) -> None:
    with home.up("--slots", "1") as running:
        book_id = running.add(short_book.audio, output_dir=str(home.output), chunk_seconds=30, word_timestamps=True)
        kill_engines(running, lambda count: count >= 2)
        assert running.wait_for_book(book_id)["gaps"] == []
        assert running.get("/status")["node"]["troubles"] == []
        assert "memory" not in running.err.lower()
        assert "signal 9" in running.err
    assert_same_words(home.output, short_book.undisturbed.output)


def test_an_engine_killed_again_and_again_is_tried_again_later_and_when_a_person_asks(
    home: Home, short_book: ReferenceBook
) -> None:
    with home.up("--slots", "1") as running:
        book_id = running.add(short_book.audio, output_dir=str(home.output), chunk_seconds=30, language="en")
        (trouble,) = kill_engines(running, lambda count: running.get("/status")["node"]["troubles"])
        assert "signal 9" in trouble
        assert "tries it again" in trouble
        assert "memory" not in trouble
        assert eventually(lambda: running.get(f"/books/{book_id}")["reason"], "the book says so") == trouble
        assert running.ask(f"/books/{book_id}/retry", "POST").status == 200
        running.wait_for_book(book_id)
        assert running.get("/status")["node"]["troubles"] == []
