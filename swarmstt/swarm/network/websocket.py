"""A helper link between two PCs: one WebSocket, one msgpack message a frame."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType, web

from swarmstt.bodies import read_apart
from swarmstt.codec import PlainError
from swarmstt.sockets import Frames
from swarmstt.swarm.links.link import LinkClosedError
from swarmstt.swarm.links.messages import Dismissed, DoorShut, Handed, Known, Message, News, decode, encode_apart
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

MOST_WAITING_BYTES = 8 * 2**20
"""Of frames that have not gone out: a sender of more waits."""
STALLED_SECONDS = 120.0
LEAST_BYTES_A_SECOND = 20_000
"""A frame may take so many seconds to go out, and more by its length: whoever reads less has no link any more. Else it
would keep one for ever, and all that is kept for it."""
CLOSE_SECONDS = 1.0

WebSocket: TypeAlias = ClientWebSocketResponse | web.WebSocketResponse


class WebSocketLink:
    """One end of a link, on an open WebSocket. `on_news` receives what is neither for the helper nor for the
    coordinator, and comes at any time. Use it as an async context manager.

    `send` does not wait for the network, so that one peer that has stopped reading holds nobody up.
    """

    def __init__(
        self,
        websocket: WebSocket,
        on_news: Callable[[News], None] = lambda news: None,
        *,
        stalled_seconds: float = STALLED_SECONDS,
    ) -> None:
        self._websocket = websocket
        self._frames = Frames(websocket)
        self._connection = websocket.get_extra_info("socket")
        self._on_news = on_news
        self._stalled_seconds = stalled_seconds
        self._encoding = asyncio.Lock()
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._waiting_bytes = 0
        self._has_room = asyncio.Event()
        self._gone_out = asyncio.Event()
        self._closed = False
        self._tasks = TaskSet()

    async def __aenter__(self) -> WebSocketLink:
        self._tasks.start(self._write())
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def send(self, message: Message) -> None:
        async with self._encoding:  # what is sent first goes out first
            frame = await encode_apart(message)
        while not self._is_closed and self._waiting_bytes > MOST_WAITING_BYTES:
            self._has_room.clear()
            await self._has_room.wait()
        if self._is_closed:
            raise LinkClosedError
        self._waiting_bytes += len(frame)
        self._gone_out.clear()
        self._waiting.put_nowait(frame)

    async def receive(self) -> Message:
        while True:
            message = await read_apart(await self._receive_frame(), decode)
            if not isinstance(message, (Known, Handed, Dismissed, DoorShut)):
                return message
            self._on_news(message)

    async def end_with(self, message: Message) -> None:
        """Sends a last message, waits a moment for it to go out, and closes: in that moment too if there is no room for
        it, since the other end reads nothing."""
        with suppress(LinkClosedError, asyncio.TimeoutError):
            await asyncio.wait_for(self.send(message), CLOSE_SECONDS)
            await asyncio.wait_for(self._gone_out.wait(), CLOSE_SECONDS)
        await self.close()

    async def _receive_frame(self) -> bytes:
        if self._is_closed:
            raise LinkClosedError
        try:
            received = await self._frames.next()
        except (ClientError, ConnectionError) as error:  # a ping could not be answered
            self._end()
            raise LinkClosedError from error
        if received.type is WSMsgType.BINARY:
            frame: bytes = received.data
            return frame
        self._end()
        if received.type is WSMsgType.TEXT:
            raise PlainError("Text was received on a link that carries none.")
        raise LinkClosedError

    async def close(self) -> None:
        self._end()
        await self._tasks.close()
        try:
            await asyncio.wait_for(self._websocket.close(), CLOSE_SECONDS)
        except (asyncio.TimeoutError, ClientError, OSError):
            self._break_off()  # what has not gone out never will

    @property
    def _is_closed(self) -> bool:
        return self._closed or self._websocket.closed

    def _end(self) -> None:
        """Sends and receives nothing more, and releases those that wait to send."""
        self._closed = True
        self._has_room.set()
        self._gone_out.set()

    def _break_off(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    async def _write(self) -> None:
        while True:
            frame = await self._waiting.get()
            try:
                await self._send(frame)
            except asyncio.TimeoutError:
                logger.debug("A link was closed: nothing is read at its other end.")
                self._end()
                self._break_off()
                return
            except (ClientError, OSError, RuntimeError) as error:  # RuntimeError: it is being closed
                logger.debug("A link broke: %s", error)
                self._end()
                return
            self._waiting_bytes -= len(frame)
            if not self._waiting_bytes:
                self._gone_out.set()
            if self._waiting_bytes <= MOST_WAITING_BYTES:
                self._has_room.set()

    async def _send(self, frame: bytes) -> None:
        """Sends a frame, and waits until there is room for the next one. TimeoutError if its end reads too little."""
        seconds = self._stalled_seconds + len(frame) / LEAST_BYTES_A_SECOND
        await asyncio.wait_for(self._websocket.send_bytes(frame), seconds)
