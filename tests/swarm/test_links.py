"""Real links on loopback: TLS, proofs, WebSockets, and what strangers get."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from swarmstt.core.membership.addresses import Address
from swarmstt.ids import BookId, HelperId, LeaseId, NodeId
from swarmstt.options import DecodeOptions
from swarmstt.swarm.links.link import LinkClosedError
from swarmstt.swarm.links.messages import (
    MOST_BYTES_BESIDES_AUDIO,
    PROTOCOL_VERSION,
    GossipedPeer,
    Hello,
    Known,
    Leased,
    Message,
    Stopped,
    Wanted,
)
from swarmstt.swarm.links.offer import Offer
from swarmstt.swarm.network.dialling import RefusedError, UnreachableError, dial
from swarmstt.swarm.network.gate import GateLimits
from swarmstt.swarm.network.server import Caller, serve_swarm
from swarmstt.swarm.network.websocket import WebSocket, WebSocketLink
from swarmstt.swarm.trust.handshake import (
    ADMISSION_PATH,
    CHALLENGE_PATH,
    LINK_PATH,
    Challenge,
    Member,
    pack,
    unpack,
)
from swarmstt.swarm.trust.proofs import Transcript, new_nonce
from swarmstt.tasks import TaskSet
from tests.support.waiting import PATIENCE_SECONDS, eventually, settled
from tests.swarm.fakes import FakeNode, expected
from tests.swarm.listening import on_loopback
from tests.unit.swarm.members import OTHER_KEY, member

HELLO = Hello(version=PROTOCOL_VERSION, node_id=NodeId("x"), offer=Offer(name="x"))


class Server:
    """A member that listens on loopback, and keeps what its callers say."""

    def __init__(self, own: Member, address: Address) -> None:
        self.member = own
        self.address = address
        self.callers: list[Caller] = []
        self.received: list[Message] = []

    @property
    def node_id(self) -> NodeId:
        return self.member.identity.node_id

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    async def echo(self, caller: Caller, websocket: WebSocket) -> None:
        self.callers.append(caller)
        async with WebSocketLink(websocket) as link:
            with contextlib.suppress(LinkClosedError):
                while True:
                    self.received.append(await link.receive())
                    await link.send(self.received[-1])


@asynccontextmanager
async def served(
    own: Member,
    *,
    serve: Callable[[Caller, WebSocket], Awaitable[None]] | None = None,
    limits: GateLimits | None = None,
    is_known: Callable[[str], bool] = lambda host: False,
) -> AsyncIterator[Server]:
    sockets, address = on_loopback()
    server = Server(own, address)
    async with serve_swarm(lambda: own, serve or server.echo, sockets, limits=limits, is_known=is_known):
        yield server


@asynccontextmanager
async def linked(own: Member, server: Server) -> AsyncIterator[WebSocketLink]:
    async with dial(own, [server.address], server.node_id) as dialled, WebSocketLink(dialled.websocket) as link:
        yield link


@pytest.fixture
def anna(tmp_path: Path) -> Member:
    return member(tmp_path, "anna")


@pytest.fixture
def ben(tmp_path: Path) -> Member:
    return member(tmp_path, "ben", port=4711)


@pytest.fixture
def stranger(tmp_path: Path) -> Member:
    return member(tmp_path, "stranger", swarm_key=OTHER_KEY)


@pytest.mark.parametrize("pinned", [True, False])
async def test_members_link_and_know_each_other(anna: Member, ben: Member, pinned: bool) -> None:
    async with served(anna) as server:
        expected_id = server.node_id if pinned else None
        async with dial(ben, [server.address], expected_id) as dialled, WebSocketLink(dialled.websocket) as link:
            assert (dialled.node_id, dialled.info.name, dialled.address) == (server.node_id, "anna", server.address)
            await link.send(HELLO)
            await link.send(Wanted(total=3))
            assert [await link.receive(), await link.receive()] == [HELLO, Wanted(total=3)]
        (caller,) = server.callers
        assert (caller.node_id, caller.info, caller.host) == (ben.identity.node_id, ben.info, "127.0.0.1")


async def test_the_first_address_that_answers_is_taken(anna: Member, ben: Member) -> None:
    async with served(anna) as server, served(ben) as other:
        dead = Address("127.0.0.1", free_port())
        async with dial(ben, [dead, other.address, server.address], server.node_id) as dialled:
            assert dialled.address == server.address
        assert other.callers == []


async def test_a_large_message_passes(anna: Member, ben: Member) -> None:
    leased = Leased(
        lease_id=LeaseId(1),
        book_id=BookId("aaaa0000"),
        book_title="Moby",
        sample_count=16_000,
        model="base",
        model_hash="0" * 64,
        options=DecodeOptions(language="en"),
        audio=bytes(10_000_000),
    )

    async def lend(caller: Caller, websocket: WebSocket) -> None:
        async with WebSocketLink(websocket) as link:
            await link.send(leased)
            with contextlib.suppress(LinkClosedError):
                await link.receive()

    async with served(anna, serve=lend) as server, linked(ben, server) as link:
        assert await link.receive() == leased


async def test_a_link_whose_other_end_reads_nothing_ends_all_the_same(anna: Member, ben: Member) -> None:
    """As the link to a member that was removed must, which is told so by its last message."""

    async def deaf(caller: Caller, websocket: WebSocket) -> None:
        await asyncio.Event().wait()

    big = Known(peers=(GossipedPeer(node_id=NodeId("a"), name="n" * 3_000_000, addresses=()),))
    async with served(anna, serve=deaf) as server, linked(ben, server) as link:
        tasks = TaskSet()
        sending = [tasks.start(link.send(big)) for _ in range(12)]
        await eventually(lambda: sum(each.done() for each in sending) >= 2)
        await asyncio.wait_for(link.end_with(Known(peers=())), PATIENCE_SECONDS)
        with pytest.raises(LinkClosedError):
            await link.send(HELLO)
        await asyncio.wait(sending)
        assert {type(each.exception()) for each in sending} == {type(None), LinkClosedError}
        await tasks.close()


async def test_a_member_that_reads_nothing_holds_up_only_who_sends_too_much(anna: Member, ben: Member) -> None:
    async def deaf(caller: Caller, websocket: WebSocket) -> None:
        await asyncio.Event().wait()

    big = Known(peers=(GossipedPeer(node_id=NodeId("a"), name="n" * 3_000_000, addresses=()),))
    async with served(anna, serve=deaf) as server, linked(ben, server) as link:
        tasks = TaskSet()
        sending = [tasks.start(link.send(big)) for _ in range(12)]
        await eventually(lambda: sum(each.done() for each in sending) >= 2)
        await settled()
        waiting = [each for each in sending if not each.done()]
        assert waiting
        await link.close()
        with pytest.raises(LinkClosedError):
            await asyncio.gather(*waiting)
        await tasks.close()


async def test_a_link_that_closes_is_closed_at_both_ends(anna: Member, ben: Member) -> None:
    async with served(anna) as server, dial(ben, [server.address], None) as dialled:
        async with WebSocketLink(dialled.websocket) as link:
            await link.send(Stopped(lease_id=LeaseId(1)))
            assert await link.receive() == Stopped(lease_id=LeaseId(1))
        for use in (link.receive(), link.send(Wanted(total=1))):
            with pytest.raises(LinkClosedError):
                await use


@pytest.mark.parametrize("pinned", [True, False])
async def test_a_node_with_another_key_gets_no_link(anna: Member, stranger: Member, pinned: bool) -> None:
    async with served(anna) as server:
        with pytest.raises(RefusedError, match="belongs to another swarm"):
            async with dial(stranger, [server.address], server.node_id if pinned else None):
                pass
        assert server.callers == []


async def test_a_node_of_another_swarm_is_not_helped(ben: Member, stranger: Member) -> None:
    async with served(stranger) as server:
        with pytest.raises(RefusedError, match="belongs to another swarm"):
            async with dial(ben, [server.address], server.node_id):
                pass


async def test_a_member_is_not_taken_for_another(anna: Member, ben: Member, tmp_path: Path) -> None:
    async with served(anna) as server:
        with pytest.raises(RefusedError, match="Another PC answers"):
            async with dial(ben, [server.address], member(tmp_path, "clara").identity.node_id):
                pass


async def test_another_version_is_told_to_both(anna: Member, tmp_path: Path) -> None:
    newer = member(tmp_path, "newer", protocol=PROTOCOL_VERSION + 1)
    for server_side, client_side in ((anna, newer), (newer, anna)):
        async with served(server_side) as server:
            with pytest.raises(RefusedError):
                async with dial(client_side, [server.address], None):
                    pass
            assert server.callers == []


async def test_nobody_there(anna: Member) -> None:
    with pytest.raises(UnreachableError):
        async with dial(anna, [Address("127.0.0.1", free_port())], None):
            pass
    with pytest.raises(UnreachableError):
        async with dial(anna, [Address("no-such-host.invalid", 1)], None):
            pass


# What strangers try.


@asynccontextmanager
async def visiting(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    """One connection to the server, as any program opens it."""
    pin = aiohttp.Fingerprint(bytes.fromhex(server.node_id))
    connector = aiohttp.TCPConnector(limit=1, ssl=pin)
    async with aiohttp.ClientSession(server.url, connector=connector) as session:
        yield session


async def credentials_for(session: aiohttp.ClientSession, who: Member) -> bytes:
    async with session.get(CHALLENGE_PATH) as response:
        challenge = unpack(Challenge, await response.read())
    transcript = Transcript(
        server_nonce=challenge.nonce,
        client_nonce=new_nonce(),
        server_certificate=challenge.certificate,
        client_certificate=who.identity.certificate,
    )
    return pack(who.credentials(transcript))


async def admission(session: aiohttp.ClientSession, body: bytes) -> tuple[int, bytes]:
    async with session.post(ADMISSION_PATH, data=body) as response:
        return response.status, await response.read()


async def test_without_a_proof_there_is_no_link(anna: Member) -> None:
    async with served(anna) as server, visiting(server) as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(LINK_PATH)
        assert refused.value.status == 403
        assert server.callers == []


async def test_a_proof_opens_one_connection_and_no_other(anna: Member, ben: Member) -> None:
    """Replayed on another connection, or a second time, it is worth nothing."""
    async with served(anna) as server, visiting(server) as session, visiting(server) as thief:
        body = await credentials_for(session, ben)
        async with thief.get(CHALLENGE_PATH):
            pass
        assert await admission(thief, body) == (403, b"")
        status, answer = await admission(session, body)
        assert status == 200
        assert answer
        assert (await admission(session, body))[0] == 403


async def test_a_stranger_between_two_members_gets_no_link(anna: Member, ben: Member, stranger: Member) -> None:
    """It passes on the challenge of the one to the other, who signs what it sees: the stranger's certificate."""
    async with served(anna) as server, visiting(server) as session:
        async with session.get(CHALLENGE_PATH) as response:
            challenge = unpack(Challenge, await response.read())
        seen_by_ben = Transcript(
            server_nonce=challenge.nonce,
            client_nonce=new_nonce(),
            server_certificate=stranger.identity.certificate,
            client_certificate=ben.identity.certificate,
        )
        assert await admission(session, pack(ben.credentials(seen_by_ben))) == (403, b"")


async def test_a_member_cannot_bring_another_members_certificate(anna: Member, ben: Member, tmp_path: Path) -> None:
    clara = member(tmp_path, "clara")
    pretender = replace(clara, identity=replace(clara.identity, certificate=ben.identity.certificate))
    async with served(anna) as server, visiting(server) as session:
        assert await admission(session, await credentials_for(session, pretender)) == (403, b"")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"\x80", b"\x00" * 20_000])
async def test_nonsense_is_refused(anna: Member, ben: Member, body: bytes) -> None:
    async with served(anna) as server:
        async with visiting(server) as session:
            assert (await admission(session, body))[0] in (403, 413)
        async with dial(ben, [server.address], None) as dialled:
            assert dialled.node_id == server.node_id


async def test_old_tls_is_refused(anna: Member) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with served(anna) as server:
        with pytest.raises(OSError):  # noqa: PT011 # systems name it in many ways
            await asyncio.open_connection(server.address.host, server.address.port, ssl=context)


async def test_frames_that_are_too_large_end_the_link(anna: Member, ben: Member) -> None:
    async with (
        served(anna) as server,
        dial(ben, [server.address], None) as dialled,
        WebSocketLink(dialled.websocket),
    ):
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            await dialled.websocket.send_bytes(bytes(MOST_BYTES_BESIDES_AUDIO + 1))
        received = await dialled.websocket.receive()
        assert received.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert server.received == []


async def test_who_reads_nothing_has_no_link_for_ever(anna: Member, ben: Member) -> None:
    ended = asyncio.Event()

    async def serve(caller: Caller, websocket: WebSocket) -> None:
        async with WebSocketLink(websocket, stalled_seconds=0.1) as link:
            known = Known(
                peers=(GossipedPeer(node_id=NodeId("0" * 64), name="n" * 50, addresses=("10.0.0.1:1",)),) * 64
            )
            with contextlib.suppress(LinkClosedError):
                while True:
                    await link.send(known)
            with contextlib.suppress(LinkClosedError):
                await link.receive()
            ended.set()

    async with served(anna, serve=serve) as server, dial(ben, [server.address], None):
        await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)


async def test_text_ends_the_link(anna: Member, ben: Member, caplog: pytest.LogCaptureFixture) -> None:
    async with served(anna) as server, dial(ben, [server.address], None) as dialled:
        await dialled.websocket.send_str("hello")
        received = await dialled.websocket.receive()
        assert received.type is not aiohttp.WSMsgType.BINARY
    assert "Text was received" in caplog.text


# A book over real links.


async def test_a_book_is_shared_over_a_real_link(anna: Member, ben: Member) -> None:
    """Coordinator and helper are real; decoding is by waiting."""
    one, other = await FakeNode("anna", speed=400.0).start(), await FakeNode("ben", speed=400.0).start()
    book = BookId("aaaa0000")

    async def serve(caller: Caller, websocket: WebSocket) -> None:
        async with WebSocketLink(websocket) as link:
            with contextlib.suppress(LinkClosedError):
                await one.helper_server.serve(link, kind="peer", proven_id=NodeId("ben"))

    async def help_anna(server: Server) -> None:
        async with dial(ben, [server.address], server.node_id) as dialled, WebSocketLink(dialled.websocket) as link:
            with contextlib.suppress(LinkClosedError):
                await other.helper.serve(link, NodeId("anna"))

    try:
        async with served(anna, serve=serve) as server:
            other.tasks.start(help_anna(server))
            await eventually(lambda: len(one.driver.state.helpers) == 2)
            await one.add_book(book)
            await one.done(book)
            assert one.words(book) == expected(book)
            assert one.decoder.decoded
            assert other.decoder.decoded
            await other.kill()
    finally:
        await one.kill()


async def test_a_helper_cannot_speak_for_another(anna: Member, ben: Member, caplog: pytest.LogCaptureFixture) -> None:
    one = await FakeNode("anna").start()

    async def serve(caller: Caller, websocket: WebSocket) -> None:
        async with WebSocketLink(websocket) as link:
            await one.helper_server.serve(link, kind="peer", proven_id=caller.node_id)

    try:
        async with served(anna, serve=serve) as server, linked(ben, server) as link:
            await link.send(HELLO)
            with pytest.raises(LinkClosedError):
                await link.receive()
        assert HelperId("x") not in one.driver.state.helpers
        assert "did not introduce itself" in caplog.text
    finally:
        await one.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
