"""Connections are accepted on and on, whatever became of one."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import closing
from typing import Any

import pytest

from swarmstt.sockets import listening_socket, serve_connections


class Greeting(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")
        transport.close()


async def test_a_caller_that_has_gone_keeps_no_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows says ERROR_NETNAME_DELETED then, and asyncio's own servers go deaf."""
    loop = asyncio.get_running_loop()
    accept, failures = loop.sock_accept, [OSError(errno.EINVAL, "gone"), ConnectionAbortedError()]

    async def failing(listening: socket.socket) -> Any:
        if failures:
            raise failures.pop()
        return await accept(listening)

    monkeypatch.setattr(loop, "sock_accept", failing)
    listening = listening_socket("127.0.0.1", 0, option="--port")
    serving = asyncio.create_task(serve_connections(listening, Greeting))
    for _ in range(2):
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        with closing(writer):
            assert await reader.read() == b"hello"
    assert failures == []
    serving.cancel()
    await asyncio.wait({serving})
    assert listening.fileno() == -1
