"""Who may ask, and the headers of every answer."""

from __future__ import annotations

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.api.guard import is_loopback_host
from swarmstt.web.app import build_app
from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode, book

LOOPBACK = [
    "127.0.0.1",
    "127.0.0.1:8000",
    "127.9.8.7:1",
    "localhost",
    "LOCALHOST:8000",
    "localhost.",
    "[::1]",
    "[::1]:8000",
]
ELSEWHERE = [
    "",
    "evil.example",
    "evil.example:8000",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "192.168.1.5:8000",
    "0.0.0.0:8000",
    "[::]:8000",
    "::1",
    "127.0.0.1:8000:1",
    "127.0.0.1:port",
    "user@127.0.0.1",
    "127.1",
    "2130706433",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_hosts(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_hosts_elsewhere(host: str) -> None:
    assert not is_loopback_host(host)


async def test_a_host_elsewhere_is_refused(client: Client, node: FakeNode) -> None:
    for path in ("/", "/status", "/static/page/page.css", "/nothing"):
        answer = await client.get(path, headers={"Host": "evil.example"})
        assert (answer.status, set(await answer.json())) == (403, {"error"})
        assert f"open http://127.0.0.1:{client.port}." in (await answer.json())["error"]
    assert node.calls == []


async def test_a_host_that_was_allowed(node: FakeNode) -> None:
    async with TestClient(TestServer(build_app(node.ports, allowed_hosts=["My-PC.local"]))) as client:
        assert (await client.get("/status", headers={"Host": "my-pc.local:8000"})).status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:1"])
async def test_another_origin_changes_nothing(client: Client, node: FakeNode, origin: str) -> None:
    node.known_books["1"] = book("1")
    headers = {"Origin": origin}
    assert (await client.post("/books/1/pause", headers=headers)).status == 403
    assert (await client.delete("/books/1", headers=headers)).status == 403
    assert (await client.post("/upload", data=b"x", headers=headers)).status == 403
    assert (await client.get("/tasks/next?worker_id=w", headers=headers)).status == 403
    for path in ("/ws/dashboard", "/ws/worker/w"):
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect(path, headers=headers)
        assert refused.value.status == 403
    assert node.calls == []


async def test_our_own_page_may(client: Client, node: FakeNode) -> None:
    node.known_books["1"] = book("1")
    headers = {"Origin": str(client.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/books/1/pause", headers=headers)).status == 200
    async with client.ws_connect("/ws/dashboard", headers=headers) as socket:
        assert (await socket.receive_json())["type"] == "snapshot"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_the_browser_says_of_a_request(client: Client, node: FakeNode, site: str) -> None:
    image = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    assert (await client.get("/status", headers=image)).status == 403
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    assert (await client.get("/", headers=link)).status == 200
    assert (await client.get("/tasks/next?worker_id=w", headers=link)).status == 403
    assert node.calls == []


@pytest.mark.parametrize("path", ["/", "/status", "/nothing", "/results/none", "/static/page/page.css"])
async def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert not [name for name in headers if name.lower().startswith("access-control")]


async def test_errors_of_the_server_are_sentences_too(client: Client) -> None:
    nothing = await client.get("/nothing")
    assert (nothing.status, (await nothing.json())["error"]) == (
        404,
        "There is nothing at /nothing; check the address.",
    )
    wrong = await client.put("/status")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")
    assert "use GET or HEAD" in (await wrong.json())["error"]


async def test_a_person_who_goes_to_a_wrong_address_gets_a_page(client: Client) -> None:
    answer = await client.get("/<b>nonsense", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status, answer.content_type) == (404, "text/html")
    text = await answer.text()
    assert "There is nothing at /&lt;b&gt;nonsense; check the address." in text
    assert '<a href="/">' in text


async def test_no_preflight_is_answered(client: Client) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert (await client.options("/books", headers=headers)).status in (403, 405)
