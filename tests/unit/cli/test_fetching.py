"""How the fetch of a model is shown, and that it can be ended."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from swarmstt.cli.fetching import fetch_display
from swarmstt.cli.models import fetch_model
from swarmstt.errors import ModelError, UsageError
from swarmstt.node.data_dir import Folders
from swarmstt.node.models.fetch_log import FetchLog
from swarmstt.speech.models.hub import HubFile
from swarmstt.speech.models.store import ModelStore
from tests.support.model_hubs import FakeHub
from tests.unit.speech.models.test_store import store_of


def test_plain_lines_elsewhere_than_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with fetch_display(Console(file=io.StringIO()), clock=lambda: 7.0) as shown:
        for done in range(11):
            shown("small", done * 10**6, 10**7)
    assert capsys.readouterr().err.splitlines() == ["model small: 0 of 10 MB", "model small: 10 of 10 MB"]


def test_a_bar_on_a_terminal_and_none_before_a_byte_has_come() -> None:
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=80)
    with fetch_display(console) as shown:
        assert drawn.getvalue() == ""
        shown("small", 5 * 10**6, 10**7)
        shown("small", 10**7, 10**7)
    assert "model small" in drawn.getvalue()
    assert "10.0/10.0 MB" in drawn.getvalue()


async def test_an_unknown_name_draws_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="nope"):
        await fetch_model(Folders(tmp_path), "nope")
    assert capsys.readouterr().err == ""


def test_the_log_tells_begin_tenths_and_end(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []
    log = FetchLog(lambda name, done, total: seen.append(done // 10**6))
    with caplog.at_level(logging.INFO):
        for done in (0, 1, 15, 19, 20, 100):
            log("small", done * 10**6, 10**8)
    assert seen == [0, 1, 15, 19, 20, 100]
    assert [record.message for record in caplog.records] == [
        "The model small comes from the model hub: 100 MB.",
        "The model small: 10 % has come.",
        "The model small: 20 % has come.",
        "The model small has come.",
    ]


class HangingHub(FakeHub):
    """Sends a few bytes, and then nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let_go, self.ended = threading.Event(), threading.Event(), threading.Event()

    def download(
        self, repository: str, revision: str, file: HubFile, target: Path, on_bytes: Callable[[int], None]
    ) -> None:
        target.write_bytes(b"a few")
        on_bytes(5)
        self.begun.set()
        self.let_go.wait(30)
        try:
            on_bytes(6)
        finally:
            self.ended.set()


async def test_a_fetch_that_hangs_can_be_ended_at_once(tmp_path: Path) -> None:
    """The thread is not waited for, and ends by itself with the next bytes."""
    hub = HangingHub()
    seen: list[tuple[str, int]] = []
    store: ModelStore = store_of(tmp_path, hub, on_fetch=lambda name, done, total: seen.append((name, done)))
    fetch = asyncio.ensure_future(store.obtain_async("small"))
    assert await asyncio.to_thread(hub.begun.wait, 30)
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    assert not hub.ended.is_set()
    hub.let_go.set()
    assert await asyncio.to_thread(hub.ended.wait, 30)
    assert seen == [("small", 5)]
    assert store.find("small") is None


async def test_who_waits_for_a_model_hears_that_the_program_ends(tmp_path: Path) -> None:
    hub = HangingHub()
    store = store_of(tmp_path, hub)
    fetch = asyncio.ensure_future(store.obtain_async("small"))
    assert await asyncio.to_thread(hub.begun.wait, 30)
    store.end_fetches()
    with pytest.raises(ModelError, match="was ended"):
        await fetch
    hub.let_go.set()
    assert await asyncio.to_thread(hub.ended.wait, 30)
