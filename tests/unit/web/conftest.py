from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.app import build_app
from tests.support.blocking import nothing_blocks as nothing_blocks
from tests.unit.web.fake_node import FakeNode

Client = TestClient[Any, Any]


@pytest.fixture
def node(tmp_path: Path) -> FakeNode:
    return FakeNode(tmp_path)


@pytest.fixture
async def client(node: FakeNode) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build_app(node.ports, changes_seconds=0.0, undecided=node, edits=node))) as opened:
        yield opened
