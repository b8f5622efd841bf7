"""A file as an answer."""

from __future__ import annotations

from typing import IO, Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.typedefs import LooseHeaders
from aiohttp.web_request import BaseRequest


class SentFile(web.FileResponse):
    """A file as it is, or a range of it: never a packed twin (`.gz`, `.br`) that happens to lie beside it.

    Threads read it. aiohttp would have the system copy it to the connection (`sendfile`), and the event loop would
    stand still while a slow disk reads."""

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        headers: LooseHeaders = [pair for pair in request.headers.items() if pair[0].lower() != "accept-encoding"]
        return await super().prepare(request.clone(headers=headers))

    async def _sendfile(self, request: BaseRequest, fobj: IO[Any], offset: int, count: int) -> AbstractStreamWriter:
        writer = await web.StreamResponse.prepare(self, request)
        assert writer is not None
        return await self._sendfile_fallback(writer, fobj, offset, count)
