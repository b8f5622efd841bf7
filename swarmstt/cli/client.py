"""Talks to the node on this PC over its HTTP API, like any program can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp

from swarmstt.codec import to_plain
from swarmstt.core.requests import BookOptions
from swarmstt.errors import LocalError, NoNodeError, NotFoundError
from swarmstt.node.data_dir import Folders, running_node
from swarmstt.options import flat
from swarmstt.page_address import PageAddress

FIND_SECONDS = 10.0
"""A node that has not told its status by then is as good as none."""


class Client:
    """A connection to the node at this address."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url
        self._address = PageAddress.parse(url)

    async def get(self, path: str) -> Any:
        return await self._call("GET", path, None)

    async def post(self, path: str, body: Any = None) -> Any:
        return await self._call("POST", path, body)

    async def delete(self, path: str, body: Any = None) -> Any:
        return await self._call("DELETE", path, body)

    async def add(self, paths: list[str], options: BookOptions) -> Any:
        """The answer of POST /books: the books that were taken, and the errors of those that were not."""
        status, answer = await self._ask("POST", "/books", {"paths": paths, "options": flat(to_plain(options))})
        # Where no book was taken the answer is an error as a whole, with the same lists.
        return answer if "errors" in answer else _checked(status, answer)

    async def _call(self, method: str, path: str, body: Any) -> Any:
        return _checked(*await self._ask(method, path, body))

    async def _ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        try:
            headers = self._address.headers
            async with self._session.request(method, self._address.base + path, json=body, headers=headers) as response:
                return response.status, await response.json()
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise NoNodeError(
                f"The node at {self._address.base} does not answer ({error}); is it still running?"
            ) from error


def _checked(status: int, answer: Any) -> Any:
    """The answer of a request that succeeded; LocalError with the node's own sentence for one that did not, of which
    NotFoundError is one."""
    if status >= 400:
        kind = NotFoundError if status == HTTPStatus.NOT_FOUND else LocalError
        raise kind(str(answer.get("error", f"The node answered {status}.")))
    return answer


@asynccontextmanager
async def connect(url: str, *, total_seconds: float | None = None) -> AsyncIterator[Client]:
    """A connection; NoNodeError from a request that takes longer than `total_seconds`."""
    timeout = aiohttp.ClientTimeout(total=total_seconds, sock_connect=5)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Client(session, url)


async def find_url(folders: Folders) -> str | None:
    """Where the node that holds this data folder listens; None where none runs."""
    node = running_node(folders)
    if node is None:
        return None
    try:
        async with connect(node.url, total_seconds=FIND_SECONDS) as client:
            await client.get("/status")
    except LocalError:
        return None  # it died without a word, or hangs
    return node.url


@asynccontextmanager
async def connect_to_running(folders: Folders) -> AsyncIterator[Client]:
    """The node that runs on this PC; NoNodeError where none does."""
    url = await find_url(folders)
    if url is None:
        raise NoNodeError
    async with connect(url) as client:
        yield client
