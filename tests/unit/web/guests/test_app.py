"""What guests reach with an invitation, and what nobody reaches without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.config import MOST_SLOTS
from swarmstt.web.app import build_app
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import build_guest_app
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
def limits() -> dict[str, Any]:
    """Those of Admissions that a test sets otherwise."""
    return {}


@pytest.fixture
def admissions(invitations: FakeInvitations, limits: dict[str, Any]) -> Admissions:
    return Admissions(invitations, **limits)


@pytest.fixture(params=["outside", "loopback"])
async def guest(
    request: pytest.FixtureRequest, node: FakeNode, invitations: FakeInvitations, admissions: Admissions
) -> AsyncIterator[Client]:
    """Both applications that serve guests."""
    both = {
        "outside": lambda: build_guest_app(admissions),
        "loopback": lambda: build_app(node.ports, admissions=admissions),
    }
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
        *("register", "begins", "describe", "promise_heartbeats", "next_task", "audio", "audio"),
        *("heartbeat", "complete", "return_task", "return_task"),
    ]
    assert invitations.rows.calls[1:3] == [("begins", "w", None), ("describe", "w", "CPU", MOST_SLOTS)]
    assert invitations.rows.calls[-1] == ("return_task", "b-00000", "w", "No memory.")


async def test_only_text_says_why_a_guest_failed(guest: Client, invitations: FakeInvitations) -> None:
    """A list of 240,000 floats took half a second to write out, and everything else waited."""
    back = {"task_id": "b-00000", "worker_id": "w", "error": [0.1]}
    assert (await guest.post(f"{JOIN}/tasks/return", json=back)).status == 200
    assert invitations.rows.calls == [("return_task", "b-00000", "w", "The guest did not say why.")]


async def test_an_old_guest_registers(guest: Client, invitations: FakeInvitations) -> None:
    assert (await guest.post(f"{JOIN}/workers/register", json={"worker_id": "w", "hostname": "h"})).status == 200
    assert invitations.rows.calls == [("register", "w", "h"), ("begins", "w", None), ("describe", "w", None, 1)]


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


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "setup program"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macOS: with Python"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Debian package"),
        ("Mozilla/5.0 (Linux; Android 14)", "phones and tablets cannot help"),
        ("curl", "Debian package"),
    ],
)
async def test_a_person_is_told_how_to_get_it_for_this_system(guest: Client, agent: str, words: str) -> None:
    text = await (await guest.get(JOIN, headers={"Accept": "text/html", "User-Agent": agent})).text()
    assert words in text
    assert "Your PC gets parts of the audio" in text


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
    invitations.is_over = True
    expired = await guest.get(JOIN, headers=clicked)
    assert (expired.status, expired.content_type) == (410, "text/html")
    assert "It has expired." in await expired.text()
    invitations.is_over = False
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
        for path in ("/", "/status", "/tasks/next?worker_id=w", "/static/page/page.css", "/join", "/join/"):
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
    assert invitations.rows.calls[:2] == [("progress", "w", "b-00000", 0.5), ("promise_heartbeats", "w")]


async def test_revoking_breaks_off(guest: Client, invitations: FakeInvitations, admissions: Admissions) -> None:
    async with guest.ws_connect(f"{JOIN}/ws/worker/w") as opened:
        await opened.send_json({"type": "heartbeat", "task_id": "other"})
        await opened.receive_json()
        invitations.names.clear()
        admissions.revoked("1")
        assert (await opened.receive()).type in (WSMsgType.CLOSED, WSMsgType.ERROR, WSMsgType.CLOSE)
    assert (await guest.get(f"{JOIN}/tasks/next?worker_id=w")).status == 404


@pytest.mark.parametrize("limits", [{"requests_per_second": 0.3}])
async def test_too_many_requests(guest: Client, invitations: FakeInvitations) -> None:
    statuses = [(await guest.get(f"{JOIN}/tasks/next?worker_id=w")).status for _ in range(4)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert len(invitations.rows.calls) < 4


@pytest.mark.parametrize("limits", [{"most_requests": 1}])
async def test_too_many_at_a_time(guest: Client) -> None:
    async with guest.ws_connect(f"{JOIN}/ws/worker/w") as opened:
        await opened.send_json({"type": "heartbeat", "task_id": "other"})
        await opened.receive_json()
        assert (await guest.get(f"{JOIN}/tasks/next?worker_id=w")).status == 429


async def test_proxies_reach_guests_rows_only(node: FakeNode, admissions: Admissions) -> None:
    async with TestClient(TestServer(build_app(node.ports, admissions=admissions))) as client:
        for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert (await client.get("/status", headers={name: "1.2.3.4"})).status == 403
            assert (await client.get(f"{JOIN}/tasks/next?worker_id=w", headers={name: "1.2.3.4"})).status == 200


async def test_the_page_invites(node: FakeNode, invitations: FakeInvitations) -> None:
    async with TestClient(TestServer(build_app(replace(node.ports, invitations=invitations)))) as client:
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
        made = await client.post("/invitations", json={"name": "Eve", "days": 7, "plain": True})
        assert made.status == 201
        assert invitations.asked == [("Ben", 30, False), ("", 30, False), ("", 30, False), ("Eve", 7, True)]
        for wrong in ({"days": 0}, {"days": 3651}, {"days": True}, {"days": "7"}, {"days": 1.5}, {"plain": 1}):
            assert (await client.post("/invitations", json=wrong)).status == 400
        assert (await client.post("/invitations", json={"name": "x" * 201})).status == 400
        assert (await client.get("/invitations", headers={"Host": "evil.example"})).status == 403
        assert (await client.post("/invitations", headers={"Origin": "https://evil.example"})).status == 403


async def test_an_expired_invitation_says_so(guest: Client, invitations: FakeInvitations) -> None:
    invitations.is_over = True
    answer = await guest.get(f"{JOIN}/tasks/next?worker_id=w")
    assert (answer.status, await answer.json()) == (410, {"error": "It has expired."})
    assert invitations.rows.calls == []


async def test_an_invitation_over_tls_does_not_count_over_plain_http(
    guest: Client, invitations: FakeInvitations
) -> None:
    """Not even by a proxy that has ended TLS: it has read all that came by it."""
    invitations.rows.is_plain = False
    for headers in ({}, {"X-Forwarded-Proto": "https"}):
        answer = await guest.get(f"{JOIN}/tasks/next?worker_id=w", headers=headers)
        assert answer.status == 403
        assert "https://" in (await answer.json())["error"]
        opened = await guest.get(JOIN, headers={"Accept": "text/html", **headers})
        assert (opened.status, opened.content_type) == (403, "text/html")
        assert "https://" in await opened.text()
        with pytest.raises(WSServerHandshakeError):
            await guest.ws_connect(f"{JOIN}/ws/worker/w", headers=headers)
    assert invitations.rows.calls == []


@pytest.mark.parametrize("limits", [{"request_seconds": 0.05}])
@pytest.mark.parametrize("headers", [{}, {"Upgrade": "websocket"}])
async def test_a_request_that_takes_too_long_is_ended(guest: Client, headers: dict[str, str]) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await guest.post(f"{JOIN}/tasks/complete", data=slowly(), headers=headers)
    assert (answer.status, answer.headers["Connection"]) == (408, "close")


@pytest.mark.parametrize("name", ["Purpose", "Sec-Purpose", "X-Moz", "X-Purpose"])
async def test_a_browser_that_fetches_ahead_leases_nothing(
    guest: Client, node: FakeNode, invitations: FakeInvitations, name: str
) -> None:
    ahead = {name: "prefetch;prerender"}
    assert (await guest.get(f"{JOIN}/tasks/next?worker_id=w", headers=ahead)).status == 403
    assert invitations.rows.calls == []
    async with TestClient(TestServer(build_app(node.ports))) as client:
        assert (await client.get("/tasks/next?worker_id=w", headers=ahead)).status == 403
        answer = await client.get("/tasks/next?worker_id=w")
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
