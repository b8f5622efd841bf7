"""What guests reach with an invitation, and what nobody reaches without."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.config import MOST_SLOTS
from swarmstt.web import guest_app, outside
from swarmstt.web.app import build_app
from swarmstt.web.guest_app import Admissions, build_guest_app
from swarmstt.web.outside import Outside
from tests.unit.web.conftest import Client
from tests.unit.web.fake_invitations import TOKEN, FakeInvitations
from tests.unit.web.fake_node import FakeNode

JOIN = f"/join/{TOKEN}"
RESULT = {
    "task_id": "b-00000",
    "worker_id": "w",
    "transcript": {"language": "en", "duration": 1, "segments": []},
    "processing_time": 1,
}


@pytest.fixture
def invitations(tmp_path: Path) -> FakeInvitations:
    (tmp_path / "b-00000.flac").write_bytes(b"fLaC")
    return FakeInvitations(tmp_path)


@pytest.fixture
def admissions(invitations: FakeInvitations) -> Admissions:
    return Admissions(invitations)


@pytest.fixture(params=["outside", "loopback"])
async def guest(
    request: pytest.FixtureRequest, node: FakeNode, invitations: FakeInvitations, admissions: Admissions
) -> AsyncIterator[Client]:
    """Both applications that serve guests."""
    both = {"outside": lambda: build_guest_app(admissions), "loopback": lambda: build_app(node, admissions=admissions)}
    async with TestClient(TestServer(both[request.param]())) as client:
        yield client


async def test_the_rows(guest: Client, invitations: FakeInvitations) -> None:
    headers = {"Host": "friends.example", "X-Forwarded-Proto": "https"}
    about = {"worker_id": "w", "hostname": "h", "device": "CPU", "slots": 1000, "heartbeats": True}
    assert (await guest.post(f"{JOIN}/workers/register", json=about, headers=headers)).status == 200
    task = await (await guest.get(f"{JOIN}/tasks/next?worker_id=w", headers=headers)).json()
    assert task["task"]["id"] == "b-00000"
    assert await (await guest.get(f"{JOIN}/chunks/b-00000.flac", headers=headers)).read() == b"fLaC"
    assert (await guest.get(f"{JOIN}/chunks/c-00000.flac", headers=headers)).status == 404
    assert (await guest.post(f"{JOIN}/workers/w/heartbeat", headers=headers)).status == 200
    assert (await guest.post(f"{JOIN}/tasks/complete", json=RESULT, headers=headers)).status == 200
    back = {"task_id": "b-00000", "worker_id": "w"}
    assert (await guest.post(f"{JOIN}/tasks/return", json=back)).status == 200
    assert (await guest.post(f"{JOIN}/tasks/return", json={**back, "error": "No\nmemory."})).status == 200
    names = [call[0] for call in invitations.rows.calls]
    assert names == [
        *("register_guest", "describe", "promise_heartbeats", "next_task", "chunk_audio", "chunk_audio"),
        *("guest_heartbeat", "complete_task", "return_task", "return_task"),
    ]
    assert invitations.rows.calls[1] == ("describe", "w", "CPU", MOST_SLOTS)
    assert invitations.rows.calls[-1] == ("return_task", "b-00000", "w", "No memory.")


async def test_an_old_guest_registers(guest: Client, invitations: FakeInvitations) -> None:
    assert (await guest.post(f"{JOIN}/workers/register", json={"worker_id": "w", "hostname": "h"})).status == 200
    assert invitations.rows.calls == [("register_guest", "w", "h"), ("describe", "w", None, 1)]


ELSEWHERE = [
    "",
    "/",
    "/status",
    "/tasks",
    "/books",
    "/upload",
    "/results/b",
    "/ws/dashboard",
    "/invitations",
    "/join/x",
]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "HEAD"])
async def test_nothing_else(guest: Client, method: str) -> None:
    stranger = await guest.request("GET", "/join/unknown/tasks/next?worker_id=w")
    nothing = await stranger.read()
    for path in ELSEWHERE:
        answer = await guest.request(method, JOIN + path)
        assert (answer.status, stranger.status) == (404, 404), path
        assert method == "HEAD" or await answer.read() == nothing
        assert "Server" not in answer.headers
        assert not any(name.startswith("Access-Control") for name in answer.headers)


async def test_strangers_learn_nothing(guest: Client, invitations: FakeInvitations) -> None:
    for token in ("unknown", TOKEN[:-1], TOKEN + "t", "%00", "x" * 5000):
        for path in ("/tasks/next?worker_id=w", "/workers/register", "/chunks/b-00000.flac", "/ws/worker/w"):
            answer = await guest.get(f"/join/{token}{path}")
            assert (answer.status, await answer.json()) == (404, {"error": "There is nothing here."})
    assert invitations.rows.calls == []


async def test_a_person_is_told_what_the_link_is_for(guest: Client, invitations: FakeInvitations) -> None:
    """Also one who followed it from a message in a browser."""
    clicked = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    for path in ("", "/"):
        answer = await guest.get(JOIN + path, headers=clicked)
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert f"swarmstt help http://{guest.host}:{guest.port}{JOIN}<" in await answer.text()
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers
    assert invitations.rows.calls == []
    invitations.names.clear()
    revoked = await guest.get(JOIN, headers=clicked)
    assert (revoked.status, await revoked.json()) == (404, {"error": "There is nothing here."})


async def test_the_address_is_that_of_the_proxy_and_no_markup(guest: Client) -> None:
    forwarded = {"Accept": "text/html", "X-Forwarded-Host": "friends.example", "X-Forwarded-Proto": "https"}
    answer = await guest.get(JOIN, headers=forwarded)
    assert f"swarmstt help https://friends.example{JOIN}<" in await answer.text()
    for strange in ("<script>", 'a"b', "a;rm", "a b", "a/b"):
        for headers in ({"Host": strange}, {"X-Forwarded-Host": strange}):
            text = await (await guest.get(JOIN, headers={"Accept": "text/html", **headers})).text()
            assert "swarmstt help URL<" in text
            assert strange not in text
    text = await (await guest.get(JOIN, headers={**forwarded, "X-Forwarded-Proto": "<b>"})).text()
    assert "http://friends.example" in text


async def test_outside_there_is_no_page(admissions: Admissions) -> None:
    async with TestClient(TestServer(build_guest_app(admissions))) as client:
        for path in ("/", "/status", "/tasks/next?worker_id=w", "/static/page.css", "/join", "/join/"):
            assert (await client.get(path)).status == 404


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_pages_cannot_be_guests(guest: Client, invitations: FakeInvitations, headers: dict[str, str]) -> None:
    assert (await guest.get(f"{JOIN}/tasks/next?worker_id=w", headers=headers)).status == 403
    assert (await guest.post(f"{JOIN}/workers/w/heartbeat", headers=headers)).status == 403
    with pytest.raises(WSServerHandshakeError):
        await guest.ws_connect(f"{JOIN}/ws/worker/w", headers=headers)
    assert invitations.rows.calls == []


async def test_the_socket(guest: Client, invitations: FakeInvitations) -> None:
    origin = {"Origin": f"http://{guest.host}:{guest.port}"}  # as some libraries send it
    async with guest.ws_connect(f"{JOIN}/ws/worker/w", headers=origin) as opened:
        await opened.send_json({"type": "progress", "task_id": "b-00000", "progress": 0.5, "heartbeats": True})
        await opened.send_json({"type": "progress", "task_id": "b-00001", "progress": 0.5})
        assert await opened.receive_json() == {"type": "stopped", "task_id": "b-00001"}
        await opened.send_str("{")
        assert (await opened.receive_json())["type"] == "error"
    assert invitations.rows.calls[:2] == [("guest_progress", "w", "b-00000", 0.5), ("promise_heartbeats", "w")]


async def test_revoking_breaks_off(guest: Client, invitations: FakeInvitations, admissions: Admissions) -> None:
    async with guest.ws_connect(f"{JOIN}/ws/worker/w") as opened:
        await opened.send_json({"type": "heartbeat", "task_id": "other"})
        await opened.receive_json()
        invitations.names.clear()
        admissions.revoked("1")
        assert (await opened.receive()).type in (WSMsgType.CLOSED, WSMsgType.ERROR, WSMsgType.CLOSE)
    assert (await guest.get(f"{JOIN}/tasks/next?worker_id=w")).status == 404


async def test_too_many_requests(guest: Client, invitations: FakeInvitations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_app, "REQUESTS_PER_SECOND", 0.3)
    statuses = [(await guest.get(f"{JOIN}/tasks/next?worker_id=w")).status for _ in range(4)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert len(invitations.rows.calls) < 4


async def test_too_many_at_a_time(guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_app, "MOST_REQUESTS", 1)
    async with guest.ws_connect(f"{JOIN}/ws/worker/w") as opened:
        await opened.send_json({"type": "heartbeat", "task_id": "other"})
        await opened.receive_json()
        assert (await guest.get(f"{JOIN}/tasks/next?worker_id=w")).status == 429


async def test_proxies_reach_guests_rows_only(node: FakeNode, admissions: Admissions) -> None:
    async with TestClient(TestServer(build_app(node, admissions=admissions))) as client:
        for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert (await client.get("/status", headers={name: "1.2.3.4"})).status == 403
            assert (await client.get(f"{JOIN}/tasks/next?worker_id=w", headers={name: "1.2.3.4"})).status == 200


async def test_the_page_invites(node: FakeNode, invitations: FakeInvitations) -> None:
    async with TestClient(TestServer(build_app(node, invitations=invitations))) as client:
        made = await client.post("/invitations", json={"name": "Ben"})
        assert (made.status, (await made.json())["name"]) == (201, "Ben")
        listed = await (await client.get("/invitations")).json()
        assert [each["name"] for each in listed["invitations"]] == ["Anna", "Ben"]
        assert (await client.delete("/invitations/1")).status == 200
        assert (await client.delete("/invitations/1")).status == 404
        assert (await client.delete("/invitations")).status == 200
        assert invitations.names == {}
        for nameless in ({}, {"name": ""}):
            made = await client.post("/invitations", json=nameless)
            assert (made.status, (await made.json())["name"]) == (201, "")
        assert (await client.post("/invitations", json={"name": "x" * 201})).status == 400
        assert (await client.get("/invitations", headers={"Host": "evil.example"})).status == 403
        assert (await client.post("/invitations", headers={"Origin": "https://evil.example"})).status == 403


class Away:
    """An Outside that listens on a free port of loopback."""

    def __init__(self, admissions: Admissions) -> None:
        self.outside = Outside(lambda: build_guest_app(admissions), admissions)
        self.url = ""

    async def open(self) -> None:
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        await self.outside.open("127.0.0.1", bound)

    async def status(self) -> int:
        async with ClientSession() as session, session.get(f"{self.url}{JOIN}/tasks/next?worker_id=w") as answer:
            return answer.status


@pytest.fixture
async def away(admissions: Admissions) -> AsyncIterator[Away]:
    opened = Away(admissions)
    await opened.open()
    yield opened
    await opened.outside.close_all()


async def test_listening_outside_ends_and_begins_again(away: Away) -> None:
    for _ in range(2):
        assert await away.status() == 200
        assert away.outside.addresses == {"127.0.0.1"}
        await away.outside.close("127.0.0.1")
        assert away.outside.addresses == frozenset()
        with pytest.raises(ClientConnectionError):
            await away.status()
        await away.open()


async def _read_to_the_end(url: str, first: bytes) -> bytes:
    """What comes until the other side closes, however it does."""
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        writer.write(first)
        while more := await reader.read(65536):
            heard += more
    except ConnectionError:
        pass
    finally:
        writer.close()
    return heard


async def test_strangers_do_not_stay(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "STRANGER_SECONDS", 0.05)
    assert await _read_to_the_end(away.url, b"GET /") == b""


async def test_a_stranger_is_answered_once(away: Away) -> None:
    heard = await _read_to_the_end(away.url, 2 * b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert heard.count(b"HTTP/1.1 404 ") == 1


async def test_too_many_connections(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "MOST_CONNECTIONS", 0)
    assert await _read_to_the_end(away.url, b"") == b""
