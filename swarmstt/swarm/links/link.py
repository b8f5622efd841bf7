"""A link carries messages between a helper and a coordinator, in order, until one side closes it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from swarmstt.errors import PeerError
from swarmstt.swarm.links.messages import Message, decode, encode


class LinkClosedError(PeerError):
    """The link to the other PC was closed."""


class Link(Protocol):
    """One end of a link."""

    async def send(self, message: Message) -> None:
        """Send a message; return when it has been handed on, not when it arrived. LinkClosedError if that is closed."""

    async def receive(self) -> Message:
        """Return the next message. LinkClosedError once the other end has closed; PlainError if it is not a message."""

    async def close(self) -> None:
        """Close both directions; may be called again."""


class MemoryLink:
    """One end of a link inside a process: a node's own helper reaches its coordinator as any peer does."""

    def __init__(self, incoming: asyncio.Queue[bytes | None], outgoing: asyncio.Queue[bytes | None]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._closed = False

    @classmethod
    def pair(cls) -> tuple[MemoryLink, MemoryLink]:
        one: asyncio.Queue[bytes | None] = asyncio.Queue()
        other: asyncio.Queue[bytes | None] = asyncio.Queue()
        return cls(one, other), cls(other, one)

    async def send(self, message: Message) -> None:
        if self._closed:
            raise LinkClosedError
        self._outgoing.put_nowait(encode(message))

    async def receive(self) -> Message:
        frame = None if self._closed else await self._incoming.get()
        if frame is None:
            self._closed = True
            raise LinkClosedError
        return decode(frame)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._outgoing.put_nowait(None)
            self._incoming.put_nowait(None)
