"""Whatever comes that is not HTTP: one line for those who look closely, and no traceback."""

from __future__ import annotations

import asyncio
import logging

import pytest

from swarmstt.web.app import build_app, serve
from tests.unit.web.fake_node import FakeNode

HEAD = b"POST /tasks/complete HTTP/1.1\r\nHost: 127.0.0.1\r\n"
MALFORMED = [
    b"\x16\x03\x01\x00\xc8\x01\x00",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /status HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n\r\n",
    b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    HEAD + b"Content-Encoding: deflate\r\nContent-Length: 5\r\n\r\nhello",
    HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    HEAD + b"Content-Length: 50\r\n\r\n{",
    HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /ws/dashboard HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
]


@pytest.mark.parametrize("sent", MALFORMED)
async def test_malformed_http_leaves_no_traceback(
    node: FakeNode, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    caplog.set_level(logging.DEBUG, logger="swarmstt")
    async with serve(build_app(node.ports), 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()
        await reader.read()
        writer.close()
    assert [each.exc_info for each in caplog.records if each.exc_info and each.name != "asyncio"] == []
    assert [each for each in caplog.records if each.levelno > logging.INFO] == []
    assert len(caplog.records) <= 2, caplog.text
    assert "\\x16" not in caplog.text
