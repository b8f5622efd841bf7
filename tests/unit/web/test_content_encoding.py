"""A body that is packed, or that only says so, is the sender's mistake, and never this program's."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import aiohttp
import pytest

from swarmstt.web.app import build_app, serve
from tests.unit.web.fake_node import FakeNode

BODY = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\nRIFF\r\n--edge--\r\n'
KINDS = {
    "/upload": "multipart/form-data; boundary=edge",
    "/books": "application/json",
    "/tasks/complete": "application/json",
}


@pytest.fixture
async def url(node: FakeNode) -> AsyncIterator[str]:
    async with serve(build_app(node.ports), 0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "compress", "x-unknown", "gzip, gzip"])
@pytest.mark.parametrize(
    "body", [BODY, gzip.compress(BODY), gzip.compress(BODY * 100)[:-40]], ids=["lie", "true", "cut"]
)
async def test_a_packed_body_is_refused_with_a_sentence(url: str, path: str, encoding: str, body: bytes) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": KINDS[path]}
    async with aiohttp.ClientSession() as session:
        answer = await session.post(url + path, data=body, headers=headers)
        assert answer.status in (400, 415), await answer.text()
        assert (await answer.json())["error"].endswith(".")


async def test_no_row_of_the_page_takes_such_a_lie_for_its_own_mistake(node: FakeNode) -> None:
    app = build_app(node.ports)
    rows = {(each.method, each.resource.canonical) for each in app.router.routes() if each.resource is not None}
    async with serve(app, 0) as port, aiohttp.ClientSession() as session:
        for method, path in sorted(rows):
            if method in ("GET", "HEAD", "*") or path == "/shutdown":
                continue
            for headers in ({"Content-Encoding": encoding} for encoding in ("gzip", "deflate", "x-unknown")):
                answer = await session.request(
                    method,
                    f"http://127.0.0.1:{port}{path}",
                    data=BODY,
                    headers={**headers, "Content-Type": KINDS.get(path, "application/json")},
                )
                assert answer.status < 500, (method, path, headers, await answer.text())
