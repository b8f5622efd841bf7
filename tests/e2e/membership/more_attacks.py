"""What else a stranger in the network, or a guest with an invitation, does to a node: attacks for attacking.py."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.e2e.membership.attacking import Stranger

PROOFS_A_SECOND = 20
TRIES_A_SECOND = 10
ADVERTS = 40
ADVERTS_A_SECOND = 20
IDLE_GUESTS = 300
REQUESTS_A_SECOND = 50
BODIES_A_SECOND = 2
EMPTY_LISTS = b"\xdd\x00\x7f\xff\x00" + b"\x90" * 0x7FFF00
"""8 MB that would become eight million lists."""


async def wrong_proofs(stranger: Stranger) -> None:
    """Proves itself by a real certificate, and by a key that is not the swarm's."""
    from swarmstt.core.membership.addresses import Address
    from swarmstt.errors import PeerError
    from swarmstt.swarm.network.dialling import dial
    from swarmstt.swarm.trust.handshake import Member, NodeInfo
    from swarmstt.swarm.trust.identity import load_identity

    with tempfile.TemporaryDirectory() as folder:
        identity = load_identity(Path(folder))
        info = NodeInfo(name="x", version="0", protocol=1, port=1)
        member = Member(identity=identity, swarm_key=secrets.token_bytes(32), info=info)

        async def once() -> None:
            stranger.begun.set()
            with contextlib.suppress(PeerError):
                async with dial(member, [Address(stranger.host, stranger.port)], None):
                    pass
            stranger.did["proofs"] += 1

        await stranger.again_and_again(4, PROOFS_A_SECOND * stranger.rate, once)


async def broken_off_joins(stranger: Stranger) -> None:
    """Commits itself, as one who wants to join does, and hangs up with the answer."""

    async def once() -> None:
        async with stranger.connected(tls=True) as (reader, writer):
            asked = f"GET /challenge?joins={secrets.token_hex(32)} HTTP/1.1\r\nHost: x\r\n\r\n"
            writer.write(asked.encode())
            await stranger.hear(reader, 5.0)
            stranger.did["tries"] += 1

    await stranger.again_and_again(4, TRIES_A_SECOND * stranger.rate, once)


async def false_adverts(stranger: Stranger) -> None:
    """Announces PCs with open doors that are not there, again and again others."""
    from zeroconf import DNSOutgoing, DNSPointer, DNSService, DNSText, const  # type: ignore[attr-defined]

    kind = "_swarmstt._tcp.local."
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=(stranger.own_address, 0), allow_broadcast=True
    )

    async def once() -> None:
        node_id = secrets.token_hex(32)
        name = f"{node_id[:40]}.{kind}"
        text = b"".join(bytes([len(each)]) + each for each in (b"id=" + node_id.encode(), b"name=" + b"\x1b[2K" * 20))
        out = DNSOutgoing(const._FLAGS_QR_RESPONSE | const._FLAGS_AA)
        answers = (
            DNSPointer(kind, const._TYPE_PTR, const._CLASS_IN, 4500, name),
            DNSService(name, const._TYPE_SRV, const._CLASS_IN, 120, 0, 0, 8765, f"{node_id[:12]}.local."),
            DNSText(name, const._TYPE_TXT, const._CLASS_IN, 4500, text),
        )
        for each in answers:
            out.add_answer_at_time(each, 0)
        for packet in out.packets():
            transport.sendto(packet, ("224.0.0.251", 5353))
        stranger.did["adverts"] += 1
        stranger.begun.set()

    try:
        await stranger.again_and_again(ADVERTS, ADVERTS_A_SECOND * stranger.rate, once)
    finally:
        transport.close()


def _as_guest(
    once: Callable[[Stranger, asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]],
    crowd: int,
    a_second: float,
) -> Callable[[Stranger], Awaitable[None]]:
    """An attack by somebody with an invitation: `once` has a connection to where guests come in, and the path."""

    async def attack(stranger: Stranger) -> None:
        url = urlsplit(stranger.invitation)
        context = None
        if url.scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        async def one() -> None:
            reader, writer = await asyncio.open_connection(url.hostname, url.port, ssl=context)
            stranger.begun.set()
            try:
                await once(stranger, reader, writer, url.path.rstrip("/"))
            finally:
                writer.transport.abort()

        await stranger.again_and_again(max(1, round(crowd * stranger.rate)), a_second * stranger.rate, one)

    return attack


def _request(path: str, row: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
    head = f"{'GET' if body is None else 'POST'} {path}{row} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n"
    more = "" if body is None else f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{more}\r\n".encode() + (body or b"")


async def _says_nothing(
    stranger: Stranger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
) -> None:
    stranger.did["connections"] += 1
    await reader.read(1)


async def _malformed(stranger: Stranger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
    head = f"GET {path}/tasks/next HTTP/9.9\r\nContent-Length: -1\r\nTransfer-Encoding: x\r\n\x00\r\n\r\n"
    writer.write(head.encode())
    await stranger.hear(reader, 5.0)
    stranger.did["requests"] += 1


async def _empty_lists(
    stranger: Stranger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
) -> None:
    writer.write(_request(path, "/tasks/complete", EMPTY_LISTS, "application/msgpack"))
    await writer.drain()
    await stranger.hear(reader, 10.0)
    stranger.did["bodies"] += 1


async def _nonsense(stranger: Stranger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
    """Takes a part, gives it back undone as a result that nobody heard, and comes again as another."""
    worker = secrets.token_hex(8)
    registered = {"worker_id": worker, "hostname": "\x1b[2Kx", "slots": 8, "heartbeats": False}
    result = {"task_id": "0", "worker_id": worker, "result": {"segments": [{"start": 9e9, "end": -1, "text": "x"}] * 9}}
    for row, body in (("/workers/register", registered), ("/tasks/complete", result), ("/tasks/return", result)):
        writer.write(_request(path, row, json.dumps(body).encode()))
        await stranger.hear(reader, 5.0)
        stranger.did["requests"] += 1


BY_STRANGERS = {
    "wrong proofs": wrong_proofs,
    "joins broken off": broken_off_joins,
    "false adverts": false_adverts,
}
BY_GUESTS = {
    "idle guests": _as_guest(_says_nothing, IDLE_GUESTS, 100.0),
    "malformed HTTP": _as_guest(_malformed, 8, REQUESTS_A_SECOND),
    "8 MB of empty lists": _as_guest(_empty_lists, 4, BODIES_A_SECOND),
    "nonsense of guests": _as_guest(_nonsense, 8, REQUESTS_A_SECOND),
}
