from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from blockbuster import blockbuster_ctx

from swarmstt.web.app import build_app
from tests.unit.web.fake_node import FakeNode

Client = TestClient[Any, Any]


@pytest.fixture
def node(tmp_path: Path) -> FakeNode:
    return FakeNode(tmp_path)


@pytest.fixture(autouse=True)
def nothing_blocks() -> Iterator[None]:
    """Fails a test in which the application blocks the event loop."""
    with blockbuster_ctx("swarmstt.web") as blockbuster:
        for function in blockbuster.functions.values():
            function.can_block_in("swarmstt/web/page.py", "read_files")  # once, before anything is served
        yield


@pytest.fixture
async def client(node: FakeNode) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build_app(node, changes_seconds=0.0))) as opened:
        yield opened


async def eventually(happened: Callable[[], object]) -> None:
    """Waits for what sends no event, such as a file on the disk; the test's time limit ends the wait."""
    while not happened():
        await asyncio.sleep(0.005)
