"""What the end-to-end tests share: the voice, and homes that hold nothing yet."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pytest_asyncio import is_async_test

from releasing.debian_package import standalone_build
from tests.e2e.support.browsing import Stage, browsing, close_windows
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook
from tests.e2e.support.voice import SENTENCES, Voice, once
from tests.unit.web.fake_node import FakeNode


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def voice(common: Path) -> Voice:
    folder = common / "voice"
    folder.mkdir(exist_ok=True)
    return Voice(folder)


@pytest.fixture(scope="session")
def short_book(common: Path, voice: Voice) -> ReferenceBook:
    """Two minutes, in four or five chunks, most of it silence: what is slow about a book are its words."""
    return ReferenceBook.of(common / "short", voice.say(*SENTENCES[:8], pause_seconds=11.0))


@pytest.fixture(scope="session")
def long_book(common: Path, voice: Voice) -> ReferenceBook:
    """Four minutes, in eight chunks or so."""
    return ReferenceBook.of(common / "long", voice.say(*SENTENCES[:16], pause_seconds=11.0))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home-of-one")


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Home]:
    """Makes homes for fixtures that live longer than a test."""
    return lambda name: Home(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def shared_home(new_home: Callable[[str], Home]) -> Home:
    """The home of the node that many tests share."""
    return new_home("shared")


@pytest.fixture(scope="session")
def node(shared_home: Home) -> Iterator[Running]:
    """A node that decodes; the tests give it books of their own."""
    with shared_home.up("--name", "The shared PC", SWARMSTT_OUTPUT_DIR=str(shared_home.output)) as running:
        yield running


@pytest.fixture
def visit(node: Running, shared_home: Home, tmp_path: Path) -> Home:
    """Folders of a test's own whose commands go to the shared node: what they need of it is up already."""
    assert node.url
    return Home(tmp_path / "home-of-a-guest", data_dir=shared_home.data_dir)


@pytest.fixture(scope="session")
def coordinator(new_home: Callable[[str], Home]) -> Iterator[Running]:
    """A node that only coordinates: guests do the decoding."""
    with new_home("coordinator").up("--no_helping") as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a browser share its event loop."""
    for item in items:
        if {"browser", "whole_browser"} & {*getattr(item, "fixturenames", ())} and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_browser() -> AsyncIterator[Any]:
    async with browsing(light=True) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_whole_browser() -> AsyncIterator[Any]:
    async with browsing() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def browser(shared_browser: Any) -> AsyncIterator[Any]:
    """Without any window of an earlier test, and what that kept."""
    yield shared_browser
    await close_windows(shared_browser)


@pytest_asyncio.fixture(loop_scope="session")
async def whole_browser(shared_whole_browser: Any) -> AsyncIterator[Any]:
    """The same, for the pages of real nodes."""
    yield shared_whole_browser
    await close_windows(shared_whole_browser)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path, browser: Any) -> AsyncIterator[Stage]:
    made = Stage(FakeNode(tmp_path), browser)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="session")
def standalone(common: Path) -> Path:
    """The standalone build without a model; SWARMSTT_STANDALONE_BUILD names one that is there."""
    there = os.environ.get("SWARMSTT_STANDALONE_BUILD")
    if there:
        return Path(there)

    def make(new: Path) -> None:
        standalone_build("none", new)

    return once(common / "standalone", make) / "swarmstt"
