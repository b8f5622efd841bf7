"""Keeps one reader child between two short recordings, and has one started while a book is probed."""

from __future__ import annotations

from swarmstt.speech.ingest.reader import ROLE, BookReader, ReadRequest
from swarmstt.speech.process.child import ChildProcess
from swarmstt.speech.process.warm_child import IDLE_SECONDS, WarmChild


class WarmReader(WarmChild):
    """Reads recordings with a child that is there already, if one is. An async context manager."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        super().__init__(ROLE, idle_seconds)

    def read(self, request: ReadRequest) -> BookReader:
        """Returns what reads one recording, and leaves its child to the next."""
        return BookReader(request, children=_Lent(self))

    def read_once(self, request: ReadRequest) -> BookReader:
        """Returns what reads one book, and ends its child: a book may have taken much memory."""
        return BookReader(request, children=_OnceOnly(self))


class _Lent:
    """Lends children of others: none is started for what comes meanwhile, which waits for its turn."""

    def __init__(self, children: WarmChild) -> None:
        self._children = children

    async def take(self) -> ChildProcess:
        return await self._children.lend()

    async def give_back(self, child: ChildProcess) -> None:
        await self._children.give_back(child)


class _OnceOnly:
    """Takes children from others, and ends them."""

    def __init__(self, children: WarmChild) -> None:
        self._children = children

    async def take(self) -> ChildProcess:
        return await self._children.take()

    async def give_back(self, child: ChildProcess) -> None:
        await child.kill()
