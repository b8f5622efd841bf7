"""The row with a book's cover."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer

from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId
from swarmstt.web.app import build_app
from tests.support.pictures import png
from tests.unit.web.fake_node import FakeNode


class FakeCovers:
    async def cover(self, book_id: BookId) -> tuple[bytes, str] | None:
        if book_id == "none":
            raise NotFoundError("There is no book none.")
        return (png(), "image/png") if book_id == "1" else None


async def test_a_cover_is_sent_as_what_it_is(node: FakeNode) -> None:
    async with TestClient(TestServer(build_app(node.ports, covers=FakeCovers()))) as client:
        answer = await client.get("/books/1/cover")
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", png())
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert (await client.get("/books/2/cover")).status == 204
        assert (await client.get("/books/none/cover")).status == 404


async def test_a_node_without_covers_is_no_error(node: FakeNode) -> None:
    async with TestClient(TestServer(build_app(node.ports))) as client:
        assert (await client.get("/books/1/cover")).status == 204
