from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.app import build_app
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.incoming.places import keep_nothing
from swarmstt.web.outside import build_outside_app
from swarmstt.web.programs.access import Access
from tests.support.blocking import nothing_blocks as nothing_blocks
from tests.unit.web.fake_invitations import FakeInvitations
from tests.unit.web.fake_node import FakeNode
from tests.unit.web.programs.fake_programs import FakePrograms

Client = TestClient[Any, Any]


@pytest.fixture
def programs(tmp_path: Path) -> FakePrograms:
    return FakePrograms(tmp_path)


@pytest.fixture
def access(programs: FakePrograms) -> Access:
    return Access(programs)


@pytest.fixture
def app(tmp_path: Path, programs: FakePrograms, access: Access) -> web.Application:
    """The page's own, on loopback."""
    return build_app(replace(FakeNode(tmp_path).ports, programs=programs), programs=access)


@pytest.fixture
async def own(app: web.Application) -> AsyncIterator[Client]:
    """A program of this PC and its user."""
    async with TestClient(TestServer(app)) as opened:
        yield opened


@pytest.fixture
async def elsewhere(tmp_path: Path, access: Access) -> AsyncIterator[Client]:
    """Whoever comes over the network."""
    outside = build_outside_app(Admissions(FakeInvitations(tmp_path)), access, keep_nothing)
    async with TestClient(TestServer(outside)) as opened:
        yield opened
