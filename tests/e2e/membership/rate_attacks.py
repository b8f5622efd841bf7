"""What a guest or a program does with no trick but how often: attacks for attacking.py."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from tests.e2e.membership.attacking import Stranger

MESSAGES_A_SECOND = 20_000
REQUESTS_A_SECOND = 2000
CROWD = 16
TICKS_A_SECOND = 20
_PROGRESS = b'{"type":"progress","task_id":"none-00000","progress":0.5}'
_MASKED_PROGRESS = b"\x81" + bytes([0x80 | len(_PROGRESS)]) + bytes(4) + _PROGRESS


@asynccontextmanager
async def _opened(url: SplitResult) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    context = None
    if url.scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(url.hostname, url.port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def messages_of_a_guest(stranger: Stranger) -> None:
    """A guest says on its sockets how far it is, as often as it can."""
    url = urlsplit(stranger.invitation)
    many = max(1, round(MESSAGES_A_SECOND * stranger.rate / (CROWD * TICKS_A_SECOND)))

    async def once() -> None:
        async with _opened(url) as (reader, writer):
            head = f"GET {url.path.rstrip('/')}/ws/worker/w HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            writer.write(
                f"{head}Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
            )
            if b" 101 " not in await reader.readline():
                return
            reading = asyncio.ensure_future(_hear_out(reader))
            while not reading.done():
                writer.write(_MASKED_PROGRESS * many)
                await writer.drain()
                stranger.did["messages"] += many
                stranger.begun.set()
                await asyncio.sleep(1.0 / TICKS_A_SECOND)

    await stranger.again_and_again(CROWD, 5.0 * CROWD, once)


def _requests(row: str, url_of: Callable[[Stranger], str]) -> Callable[[Stranger], Awaitable[None]]:
    async def attack(stranger: Stranger) -> None:
        url = urlsplit(url_of(stranger))
        request = f"GET {url.path.rstrip('/')}{row} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n".encode()
        pause = CROWD / (REQUESTS_A_SECOND * stranger.rate)

        async def once() -> None:
            async with _opened(url) as (reader, writer):
                while True:
                    writer.write(request)
                    await stranger.hear(reader, 10.0)
                    if reader.at_eof():
                        return
                    stranger.did["requests"] += 1
                    stranger.begun.set()
                    await asyncio.sleep(pause)

        await stranger.again_and_again(CROWD, 1000.0, once)

    return attack


async def _hear_out(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(65536):
            pass


BY_RATE = {
    "messages of a guest": messages_of_a_guest,
    "requests of a guest": _requests("/tasks/next?worker_id=w", lambda stranger: stranger.invitation),
    "requests of a program": _requests("/models", lambda stranger: stranger.program),
}
