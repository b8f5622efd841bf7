"""Nothing that strangers, guests, members or the page send holds the event loop of a real node for 50 ms, counted in
time on a processor (tests/support/watched_node.py)."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import secrets
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgpack
import pytest
from aiohttp import ClientError, WSMsgType

from swarmstt.core.membership.statements import Statement, admission, removal
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.ids import LeaseId, NodeId
from swarmstt.swarm.links.messages import (
    FRAME_LIMIT_BYTES,
    MOST_BYTES_BESIDES_AUDIO,
    Delivered,
    GossipedPeer,
    Handed,
    Heartbeat,
    Known,
    Needed,
    NeededModel,
    encode,
)
from swarmstt.swarm.network.server import Caller, serve_swarm
from swarmstt.swarm.network.websocket import WebSocket
from swarmstt.web.api.bodies import MOST_BODY_BYTES
from swarmstt.web.programs.receiving import MOST_JSON_BYTES
from tests.e2e.bounds.members import LyingMember, new_identity
from tests.e2e.support.home import Home
from tests.e2e.support.http_client import ask
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually
from tests.e2e.support.watched import Watched, watched
from tests.swarm.listening import on_loopback
from tests.swarm.test_floods import PROVENANCE

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a thread waits for a processor"),
]

CROWD = 48
TEXT_BYTES = MOST_BODY_BYTES - 100


def body(inside: bytes) -> bytes:
    return b'{"a":' + inside + b"}"


JSON_BODIES = {
    "one long text": body(b'"' + b"\\u00e9" * (TEXT_BYTES // 6) + b'"'),
    "floats": body(b"[" + b"1.5," * 30_000 + b"1]"),
    "long numbers": body(b"[" + (b"0." + b"1" * 60 + b",") * 15_000 + b"1]"),
    "names": b"{" + b",".join(b'"%06d":1' % number for number in range(100_000)) + b"}",
    "names of options": b'{"paths":["/x"],"options":{' + b",".join(b'"%d":1' % each for each in range(5000)) + b"}}",
    "texts": body(b"[" + (b'"' + b"y" * 30 + b'",') * 50_000 + b"1]"),
    "lists": body(b"[" + b"[]," * 24_000 + b"[]]"),
    "one in the other": body(b"[" * 24_000 + b"]" * 24_000),
    "UTF-16": ('{"a":"' + "x" * (TEXT_BYTES // 2 - 10) + '"}').encode("utf-16"),
    "spaces": b"{" + b" " * TEXT_BYTES + b"}",
}
PART = b'--X\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n'
UPLOADS = {
    "many files": b"".join(PART % (b"file", b'; filename="%d.mp3"' % each) + b"a\r\n" for each in range(1500)),
    "many fields": b"".join(PART % (b"f%d" % each, b"") + b"a\r\n" for each in range(20_000)),
    "a long name": PART % (b"file", b'; filename="' + b"a" * 4_000_000 + b'"') + b"a\r\n",
    "many headers": b"--X\r\n" + b"X-a: b\r\n" * 200_000 + b"\r\na\r\n",
    "edges": PART % (b"file", b'; filename="a.mp3"') + b"\r\n--Y" * 1_000_000,
    "a long option": PART % (b"language", b"") + b"e" * 8_000_000,
}
SMALL_PIECES = b"1\r\na\r\n" * 200_000
HEADS = {
    "a body in pieces of a byte": b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + SMALL_PIECES,
    "requests without end": b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" * 20_000,
    "headers without end": b"GET %b HTTP/1.1\r\n" + b"a: b\r\n" * 100_000,
    "a long header": b"GET %b HTTP/1.1\r\na: " + b"b" * 1_000_000,
}


@pytest.fixture(scope="module")
def target(new_home: Callable[[str], Home]) -> Iterator[Watched]:
    with watched(new_home("watched"), "--no_helping") as found:
        yield found


@pytest.fixture(scope="module")
def invitation(target: Watched) -> SplitResult:
    made = target.node.ask("/invitations", "POST", {"name": "Eve", "days": 1, "plain": False})
    return urlsplit(str(made.json["url"]))


def whatever() -> ssl.SSLContext:
    """TLS with anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def at_once(count: int, once: Callable[[], object]) -> int:
    """Does it so many times at once, and returns how often it went well: the node may hang up on any of them."""

    def one(_: int) -> int:
        with suppress(OSError, http.client.HTTPException):
            once()
            return 1
        return 0

    with ThreadPoolExecutor(count) as crowd:
        return sum(crowd.map(one, range(count)))


# The page, and what else asks it on this PC.


@pytest.mark.parametrize("name", JSON_BODIES)
def test_bodies_for_the_page(target: Watched, name: str) -> None:
    crowd = CROWD if name in ("one long text", "floats") else CROWD // 4
    for each in target.tries():
        with each:
            at_once(crowd, lambda: ask(target.node.url + "/books", "POST", JSON_BODIES[name]))


@pytest.mark.parametrize("name", UPLOADS)
def test_uploads(target: Watched, name: str) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=X"}
    for each in target.tries():
        with each:
            at_once(2, lambda: ask(target.node.url + "/upload", "POST", UPLOADS[name] + b"\r\n--X--\r\n", kind))


def recording(data: bytes) -> bytes:
    return b'{"model":"x","input_audio":{"format":"wav","data":"' + data + b'"}}'


SOUND_BYTES = MOST_JSON_BYTES - 1000
RECORDINGS = {
    "base64": recording(b"AAAA" * (SOUND_BYTES // 4)),
    "base64 as .NET writes it": recording(b"\\u002bAAA" * (SOUND_BYTES // 9)),
    "backslashes": recording(b"\\\\" * (SOUND_BYTES // 2)),
    "texts": b'{"model":[' + b'"a",' * (SOUND_BYTES // 4) + b'"a"]}',
    "spaces": b" " * SOUND_BYTES + recording(b"AAAA"),
}
"""For the rows of programs, each as large as may be."""


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_in_json(target: Watched, name: str) -> None:
    row = target.node.url + "/v1/audio/transcriptions"
    for each in target.tries():
        with each:
            assert at_once(2, lambda: ask(row, "POST", RECORDINGS[name], {"Content-Type": "application/json"}))


# Guests.


def result(count: int) -> dict[str, Any]:
    word = {"start": 1.0, "end": 1.5, "word": " word", "probability": 0.5}
    segments = [{**word, "text": " word", "words": [word]}] * count
    transcript = {"language": "en", "duration": 1800.0, "segments": segments}
    return {"task_id": "none", "worker_id": "w", "transcript": transcript}


GUEST_BODIES = {
    **{name: (JSON_BODIES[name], "application/json") for name in ("one long text", "floats", "names", "lists")},
    "words": (json.dumps(result(8000)).encode(), "application/json"),
    "words in msgpack": (msgpack.packb(result(8000)), "application/msgpack"),
    "empty lists": (b"\xdd\x00\x3f\xff\x00" + b"\x90" * 0x3FFF00, "application/msgpack"),
}


@pytest.mark.parametrize("name", GUEST_BODIES)
def test_results_of_guests(target: Watched, invitation: SplitResult, name: str) -> None:
    sent, kind = GUEST_BODIES[name]

    def once() -> None:
        assert invitation.hostname
        opened = http.client.HTTPSConnection(invitation.hostname, invitation.port, context=whatever(), timeout=60)
        with closing(opened):
            opened.request("POST", invitation.path + "/tasks/complete", sent, {"Content-Type": kind})
            opened.getresponse().read()

    for each in target.tries():
        with each:
            at_once(CROWD, once)


PINGS = b"\x89\x80mask" * 200_000
"""1.2 MB of them, which take no other turn to answer than that of one message."""


def test_pings_of_guests(target: Watched, invitation: SplitResult) -> None:
    assert invitation.hostname
    place = (invitation.hostname, invitation.port or 0)
    head = f"GET {invitation.path}/ws/worker/w HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

    def once() -> None:
        with socket.create_connection(place, 30) as raw, whatever().wrap_socket(raw) as opened:
            opened.sendall(head.encode())
            assert b" 101 " in opened.recv(4096)
            opened.settimeout(2.0)
            opened.sendall(PINGS)

    for each in target.tries():
        with each:
            at_once(4, once)


# Strangers, each crowd from an address of its own.

hosts = itertools.count(1)


@pytest.mark.parametrize("path", [b"/join", b"/admission", b"/challenge", b"/join/none/tasks/complete"])
@pytest.mark.parametrize("name", HEADS)
def test_requests_of_strangers(target: Watched, name: str, path: bytes) -> None:
    sent = HEADS[name].replace(b"%b", path)

    place = ("127.0.0.1", target.swarm_port)

    def once(own: tuple[str, int]) -> None:
        with socket.create_connection(place, 30, own) as raw, whatever().wrap_socket(raw) as opened, suppress(OSError):
            opened.sendall(sent)
            while opened.recv(65536):
                pass

    for each in target.tries():
        own = f"127.0.1.{next(hosts)}", 0
        with each:
            # Those of earlier tests have their places for some seconds.
            eventually(lambda own=own: at_once(8, lambda: once(own)), "any of them is heard")  # type: ignore[misc]


# Members.


@pytest.fixture(scope="module")
def member(target: Watched, tmp_path_factory: pytest.TempPathFactory) -> LyingMember:
    identity = new_identity(tmp_path_factory.mktemp("member") / "mallory")
    return LyingMember(identity, target.swarm_port, NodeId(target.node.get("/status")["node"]["node_id"]))


def ids(count: int) -> list[NodeId]:
    return [NodeId(secrets.token_hex(32)) for _ in range(count)]


def known(count: int) -> bytes:
    peers = (GossipedPeer(node_id=each, name="n" * 50, addresses=("10.255.0.1:1",)) for each in ids(count))
    return encode(Known(peers=tuple(peers)))


def delivered() -> bytes:
    words = tuple(Word(start=each / 8, end=each / 8, text=f" w{each}", probability=1.0) for each in range(12_000))
    transcript = ChunkTranscript(
        language="en", duration=1800.0, segments=(Segment(start=0.0, end=1800.0, text="words", words=words),)
    )
    return encode(Delivered(lease_id=LeaseId(1), transcript=transcript, provenance=PROVENANCE))


FRAMES: dict[str, Callable[[], list[bytes]]] = {
    "peers that are none": lambda: [known(1000) for _ in range(8)],
    "models that nobody has": lambda: [
        encode(Needed(models=tuple(NeededModel(model="m", model_hash=each) for each in ids(8000))))
    ],
    "words": lambda: [delivered()] * 3,
    "heartbeats": lambda: [encode(Heartbeat(progress={LeaseId(each): 0.5 for each in range(1000)}))] * 2,
    "B6: 4 MB of lists": lambda: [msgpack.packb(["known", {"peers": [[]] * (MOST_BYTES_BESIDES_AUDIO - 100)}])],
    "a frame as large as audio": lambda: [msgpack.packb(["leased", {"audio": bytes(59 * 2**20)}])],
    "small lists": lambda: [msgpack.packb(["known", {"peers": [[1, 2, 3]] * 24_000}])],
}


@pytest.mark.parametrize("name", FRAMES)
async def test_frames_of_members(target: Watched, member: LyingMember, name: str) -> None:
    for each in target.tries():
        frames = FRAMES[name]()
        await member.join()
        with each:
            await member.send(frames)


async def test_pings_of_members(target: Watched, member: LyingMember) -> None:
    for each in target.tries():
        await member.join()
        with each:
            await member.ping(50_000)


async def test_the_largest_frame_of_a_coordinator(target: Watched, tmp_path: Path) -> None:
    """The node dials it, to help it."""
    node_id = NodeId(target.node.get("/status")["node"]["node_id"])
    frame = msgpack.packb(["leased", {"audio": bytes(FRAME_LIMIT_BYTES - 100)}])
    for number, each in enumerate(target.tries()):
        sockets, address = on_loopback()
        identity = new_identity(tmp_path / f"liar {number}")
        liar = LyingMember(identity, target.swarm_port, node_id, own_port=address.port)
        ended = asyncio.Event()

        async def lend(caller: Caller, websocket: WebSocket, ended: asyncio.Event = ended) -> None:
            await websocket.receive()
            with suppress(ConnectionError, ClientError):
                await websocket.send_bytes(frame)
            while (await websocket.receive()).type is WSMsgType.BINARY:
                pass
            ended.set()

        await liar.join()
        with each:
            async with serve_swarm(lambda liar=liar: liar.member, lend, sockets), liar.linked():  # type: ignore[misc]
                await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)


ROSTERS: dict[str, Callable[[NodeId, list[NodeId], list[NodeId]], list[Statement]]] = {
    "admissions": lambda own, others, invented: [admission(own, each) for each in invented],
    "removals": lambda own, others, invented: [removal(own, each) for each in invented],
    "who stays": lambda own, others, invented: [removal(own, each, invented[:500]) for each in invented[500:560]],
    "a chain": lambda own, others, invented: (
        [admission(one, other) for one, other in itertools.pairwise([own, *others])]
        + [removal(each, one, invented[60:64]) for each in others for one in invented[:60]]
    ),
}
"""What a member says, of the others and of many that it invented."""


async def test_rosters_of_members(target: Watched, member: LyingMember, tmp_path: Path) -> None:
    others = [new_identity(tmp_path / str(number)) for number in range(40)]
    for said in ROSTERS.values():
        for each in target.tries():
            await member.join()
            statements = said(member.identity.node_id, [other.node_id for other in others], ids(3500))
            frame = encode(Handed(roster=member.roster_with(statements, *others), established=True))
            with each:
                await member.send([frame])
