"""The row with a book's cover."""

from __future__ import annotations

from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from swarmstt.ids import BookId
from swarmstt.web.api.requests import book_id_of


class CoversPort(Protocol):
    """The pictures of books."""

    async def cover(self, book_id: BookId) -> tuple[bytes, str] | None:
        """Returns a JPEG or PNG that was checked, and its content type; None if the book has no cover. NotFoundError if
        there is no such book."""


COVERS: web.AppKey[CoversPort] = web.AppKey("covers")


async def get_cover(request: web.Request) -> web.Response:
    """Answers with the cover; without content if there is none, which is no error."""
    covers = request.app.get(COVERS)
    found = None if covers is None else await covers.cover(book_id_of(request))
    if found is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    content, kind = found
    return web.Response(body=content, content_type=kind, headers={"Cache-Control": "private, max-age=3600"})
