"""A real browser on this PC shows a page from elsewhere: that page reads nothing of the node and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.e2e.support.browsing import Stage, browsing, needs_browser
from tests.unit.web.fake_node import book

pytestmark = needs_browser

TRY = """async (url) => {
  const tried = async (ask) => { try { return await ask(); } catch (error) { return "refused"; } };
  const read = (path, options) => tried(async () => (await fetch(url + path, options)).text());
  const send = (path, options) => tried(async () => String((await fetch(url + path, options)).status));
  const hear = (path) => new Promise((done) => {
    const socket = new WebSocket(url.replace("http", "ws") + path);
    socket.onmessage = (message) => done(message.data);
    socket.onerror = () => done("refused");
  });
  return {
    status: await read("/status"),
    books: await read("/books", {credentials: "include"}),
    socket: await hear("/ws/dashboard"),
    changed: await send("/books/1/pause", {method: "POST", mode: "cors"}),
    blind: await send("/books/1/pause", {method: "POST", mode: "no-cors"}),
    text: await send("/pause", {method: "POST", mode: "no-cors", body: "{}", headers: {"Content-Type": "text/plain"}}),
    removed: await send("/books/1", {method: "DELETE"}),
    leased: await send("/tasks/next?worker_id=evil", {mode: "no-cors"}),
  };
}"""
"""What each request came to: what could be read, a status, or "refused"."""


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere() -> AsyncIterator[int]:
    """The port of a web server that is not the node."""

    async def show(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    async with TestServer(app) as server:
        assert server.port
        yield server.port


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_page_of_another_origin_reads_and_changes_nothing(stage: Stage, elsewhere: int, host: str) -> None:
    """From the same host at another port, and from another host."""
    stage.node.known_books["1"] = book("1")
    page = await stage.window()
    await page.goto(f"http://{host}:{elsewhere}/")
    got = await page.evaluate(TRY, f"http://127.0.0.1:{stage.port}")
    assert set(got.values()) == {"refused"}, got
    assert stage.node.calls == []


async def test_the_page_itself_may(stage: Stage) -> None:
    """The same requests: so it is the origin that decides."""
    stage.node.known_books["1"] = book("1")
    page = await stage.open()
    got = await page.evaluate(TRY, f"http://127.0.0.1:{stage.port}")
    assert "refused" not in got.values()
    assert '"version"' in got["status"]
    assert (got["changed"], got["removed"], got["leased"]) == ("200", "200", "200")
    assert stage.node.calls != []


async def test_a_name_that_was_bent_to_this_pc_gets_403(stage: Stage) -> None:
    """DNS rebinding: for the browser it is the name's own origin."""
    async with AsyncExitStack() as stack:
        bent: Any = await stack.enter_async_context(browsing("--host-resolver-rules=MAP evil.example 127.0.0.1"))
        page = await bent.new_page()
        answer = await page.goto(f"http://evil.example:{stage.port}/")
        assert answer.status == 403
        assert await page.evaluate("async () => (await fetch('/status')).status") == 403
        assert await page.evaluate("async () => (await fetch('/pause', {method: 'POST'})).status") == 403
    assert stage.node.calls == []
