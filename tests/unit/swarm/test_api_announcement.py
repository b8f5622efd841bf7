"""What the entry for programs says, and that it follows whether programs may come."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from swarmstt.ids import NodeId
from swarmstt.swarm.network import api_announcement
from swarmstt.swarm.network.api_announcement import API_SERVICE, ApiAnnouncement
from swarmstt.swarm.network.interfaces import InterfaceAddress
from tests.support.waiting import eventually

ME = NodeId("a" * 64)
ADDRESSES = [InterfaceAddress(ip="192.168.1.5", interface="eth0", index=2)]


class FakeZeroconf:
    """Keeps what is announced."""

    entries: list[Any]

    def __init__(self, log: list[Any]) -> None:
        self.entries = log

    def __call__(self, **_: Any) -> FakeZeroconf:
        return self

    async def async_register_service(self, info: Any, **_: Any) -> asyncio.Future[None]:
        self.entries.append(info)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def async_close(self) -> None:
        self.entries.append(None)


async def test_it_is_announced_while_programs_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    entries: list[Any] = []
    monkeypatch.setattr("zeroconf.asyncio.AsyncZeroconf", FakeZeroconf(entries))
    monkeypatch.setattr(api_announcement, "own_addresses", lambda only: ADDRESSES)
    port: list[int | None] = [None]
    announcement = ApiAnnouncement(ME, (), lambda: port[0])
    running = asyncio.create_task(announcement.run())
    await asyncio.sleep(0)
    assert entries == []
    port[0] = 8000
    announcement.changed()
    await eventually(lambda: entries)
    [entry] = entries
    assert (entry.type, entry.port, entry.name) == (API_SERVICE, 8000, f"{ME[:32]}.{API_SERVICE}")
    assert entry.addresses == [socket.inet_aton("192.168.1.5")]
    assert entry.properties == {b"path": b"/v1", b"auth": b"token"}
    port[0] = None
    announcement.changed()
    await eventually(lambda: entries[1:] == [None])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
