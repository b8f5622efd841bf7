"""Names that other nodes sent lead to no program on this PC."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from swarmstt.core.membership.addresses import Address
from swarmstt.ids import NodeId
from swarmstt.swarm.trust.joining import ask_for_roster
from swarmstt.swarm.trust.pinned_requests import UnreachableError
from tests.unit.swarm.members import member

pytestmark = pytest.mark.attack


async def test_a_name_that_means_this_pc_is_not_dialled(tmp_path: Path) -> None:
    """Whoever runs a name server can give 127.0.0.1 any name; this one has it everywhere."""
    called = asyncio.Event()

    def came(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        writer.close()

    server = await asyncio.start_server(came, "127.0.0.1", 0)
    async with server:
        address = Address("localhost", server.sockets[0].getsockname()[1])
        with pytest.raises(UnreachableError):
            await ask_for_roster(member(tmp_path, "anna"), [address], NodeId("b" * 64))
    assert not called.is_set()
