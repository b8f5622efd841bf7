"""A stranger's PC on the network of real members: what it tries at their swarm ports, and what it hears of them."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp import web
from yarl import URL
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.ids import NodeId
from swarmstt.swarm.links.messages import PROTOCOL_VERSION, encode
from swarmstt.swarm.network.discovery import RESOLVE_MILLISECONDS, SERVICE
from swarmstt.swarm.trust.handshake import (
    ADMISSION_PATH,
    CHALLENGE_PATH,
    JOIN_PATH,
    LINK_PATH,
    Challenge,
    Credentials,
    Member,
    NodeInfo,
    pack,
    unpack,
)
from swarmstt.swarm.trust.identity import Identity, load_identity
from swarmstt.swarm.trust.joining import ask_for_roster
from swarmstt.swarm.trust.pinned_requests import PinnedSession, RefusedError
from swarmstt.swarm.trust.proofs import Transcript, new_nonce
from tests.e2e.support.home import model_folder
from tests.e2e.support.network import Namespace, run
from tests.e2e.support.swarms import SWARM_PORT, Pc
from tests.e2e.support.waiting import PATIENCE_SECONDS
from tests.support.waiting import eventually
from tests.swarm.test_strangers import RESULT, prove

Result = TypeVar("Result")

REFUSALS = {(403, b""), (404, b""), (405, b""), (405, b"405: Method Not Allowed")}
"""All that one who is no member may ever get: not one byte of it says anything of the swarm."""
PAUSE_SECONDS = 0.1
FIRST_SPARE_HOST = 100
_NAME_LENGTH = 32
"""Hex digits of the node id that a node's mDNS entry is named by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A member that is attacked."""

    address: Address
    node_id: NodeId
    swarm_key: bytes

    @classmethod
    def of(cls, pc: Pc, host: str, swarm_key: bytes) -> Target:
        return cls(address=Address(host, SWARM_PORT), node_id=pc.node_id, swarm_key=swarm_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock(PinnedSession):
    """A connection that remembers each answer: the path asked for, the status, and the body."""

    answers: list[tuple[str, int, bytes]] = field(default_factory=list)

    async def request(self, method: str, path: str, body: bytes = b"", **more: Any) -> tuple[int, bytes]:
        """Whoever comes too often is cut off, and comes again."""

        async def heard() -> tuple[int, bytes] | None:
            with suppress(aiohttp.ClientConnectionError):
                return await PinnedSession.request(self, method, path, body, **more)
            return None

        status, answer = await eventually(heard, "to be let speak", pause_seconds=PAUSE_SECONDS)
        self.answers.append((path, status, answer))
        return status, answer

    @property
    def unwarranted(self) -> list[tuple[str, int, bytes]]:
        """Answers that are neither refusals nor challenges."""
        return [
            (path, status, answer)
            for path, status, answer in self.answers
            if not path.startswith(CHALLENGE_PATH) and (status, answer) not in REFUSALS
        ]

    @property
    def challenges(self) -> list[Challenge]:
        return [unpack(Challenge, answer) for path, _, answer in self.answers if path.startswith(CHALLENGE_PATH)]


class Lair:
    """The stranger's PC: what runs on its event loop happens in its namespace. It has many addresses, since from each
    one a member takes only so many connections."""

    def __init__(self, namespace: Namespace, host: str, folder: Path) -> None:
        self.host = host
        self.folder = folder
        folder.mkdir()
        self.identity = load_identity(folder)
        self.namespace = namespace
        self._hosts = map(str, itertools.count(FIRST_SPARE_HOST))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="lair")
        self._thread.start()

    def _live(self) -> None:
        self.namespace.enter()
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs it there to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    def close(self) -> None:
        async def end() -> None:
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self.do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def other_identity(self, name: str) -> Identity:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return load_identity(folder)

    def as_member(self, swarm_key: bytes, identity: Identity | None = None) -> Member:
        """Who it claims to be."""
        info = NodeInfo(name="mallory", version="1.0", protocol=PROTOCOL_VERSION, port=SWARM_PORT)
        return Member(identity=identity or self.identity, swarm_key=swarm_key, info=info)

    def new_host(self) -> str:
        """One more address of this PC."""
        host = f"{self.host.rpartition('.')[0]}.{next(self._hosts)}"
        run("ip", "-n", self.namespace.name, "addr", "add", f"{host}/24", "dev", "eth0")
        return host

    @asynccontextmanager
    async def knocking(self, target: Target) -> AsyncIterator[Knock]:
        """A session of one connection at a time, pinned to the target's certificate, from an address of its own."""
        connector = aiohttp.TCPConnector(
            limit=1, ssl=aiohttp.Fingerprint(bytes.fromhex(target.node_id)), local_addr=(self.new_host(), 0)
        )
        url = URL.build(scheme="https", host=target.address.host, port=target.address.port)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield Knock(http=http, url=url, node_id=target.node_id)


def model_hash() -> str:
    """Of the model that the members have, and would give to one of them."""
    return hashlib.sha256((model_folder() / "model.bin").read_bytes()).hexdigest()


async def gets_nothing(knock: Knock, *, challenged: bool = False) -> None:
    """Here there is no link, no audio, no text, no model and no peer, and nobody takes a result. With a proof before
    it, these are just so many connections as a member takes from one address at once."""
    model, result = f"/model/{model_hash()}", encode(RESULT)
    asked = (
        *(("GET", path, b"") for path in (model, f"{model}/model.bin", LINK_PATH)),
        *(("POST", path, result) for path in (LINK_PATH, ADMISSION_PATH, JOIN_PATH)),
    )
    for method, path, body in asked:
        if challenged:
            await knock.challenge()
        await knock.request(method, path, body)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await knock.http.ws_connect(knock.url.with_path(LINK_PATH))
    assert refused.value.status == 403
    assert knock.unwarranted == []
    assert [challenge.door_status for challenge in knock.challenges if challenge.door_status is not None] == []


async def is_refused(lair: Lair, target: Target, who: Member) -> None:
    """Whoever that is gets in by no proof that it can make."""
    async with lair.knocking(target) as knock:
        assert (await prove(knock, who))[0] == 403
        await gets_nothing(knock)


async def with_no_key(lair: Lair, target: Target) -> None:
    async with lair.knocking(target) as knock:
        await gets_nothing(knock)


async def with_the_challenge_alone(lair: Lair, target: Target) -> None:
    async with lair.knocking(target) as knock:
        await gets_nothing(knock, challenged=True)


async def with_a_wrong_key(lair: Lair, target: Target) -> None:
    await is_refused(lair, target, lair.as_member(hashlib.sha256(target.swarm_key).digest()))


async def with_a_replayed_proof(lair: Lair, target: Target) -> None:
    """What a member said, and was admitted for, is said again: on that connection, and on others."""
    friend = lair.as_member(target.swarm_key, lair.other_identity("friend"))
    async with lair.knocking(target) as knock:
        status, body = await prove(knock, friend)
        assert status == 200, "a member is admitted; else this would prove nothing"
        assert (await knock.request("GET", f"/model/{model_hash()}"))[0] == 200
        assert (await knock.request("POST", ADMISSION_PATH, body))[0] == 403
    await says_again(lair, target, body)


async def says_again(lair: Lair, target: Target, body: bytes) -> None:
    async with lair.knocking(target) as knock:
        await knock.challenge()
        assert (await knock.request("POST", ADMISSION_PATH, body))[0] == 403
        await gets_nothing(knock)


async def with_its_own_certificate_and_anothers_id(lair: Lair, target: Target) -> None:
    """It has even come by the key; but it cannot sign for a member."""
    friend = lair.other_identity("friend")
    for certificate in (friend.certificate, bytes.fromhex(friend.node_id)):
        async with lair.knocking(target) as knock:
            challenge = await knock.challenge()
            transcript = Transcript(
                server_nonce=challenge.nonce,
                client_nonce=new_nonce(),
                server_certificate=challenge.certificate,
                client_certificate=friend.certificate,
            )
            proven: Credentials = lair.as_member(target.swarm_key).credentials(transcript)
            body = pack(replace(proven, certificate=certificate, info=replace(proven.info, name=friend.node_id)))
            assert (await knock.request("POST", ADMISSION_PATH, body))[0] == 403
            await gets_nothing(knock)


async def asking_to_be_let_in(lair: Lair, target: Target) -> None:
    """A swarm with a key file has no door, so it is not even told by whom it is refused."""
    with pytest.raises(RefusedError):
        await ask_for_roster(lair.as_member(bytes(32)), [target.address], target.node_id)


async def is_not_let_in(target: Target, who: Member, verdict: DoorAnswer) -> None:
    asked = await ask_for_roster(who, [target.address], target.node_id)
    assert (asked.decision.verdict, asked.decision.roster, asked.decision.established) == (verdict, None, False)


KNOCKS = (
    with_no_key,
    asking_to_be_let_in,
    with_the_challenge_alone,
    with_a_wrong_key,
    with_a_replayed_proof,
    with_its_own_certificate_and_anothers_id,
)


class Relay:
    """Stands between: asks a member for its challenge, hands that to the member that dials the stranger, and carries
    the answer back. It has a certificate of its own, having no choice."""

    def __init__(self, lair: Lair, target: Target) -> None:
        self.lair = lair
        self.target = target
        self.caught: list[tuple[Knock, bytes]] = []
        """Each proof that it was given, and the connection on which it was carried to the target."""
        self._knock: Knock | None = None
        self._stack = AsyncExitStack()

    async def open(self) -> int:
        """The port at which it waits."""
        app = web.Application()
        app.add_routes([web.get(CHALLENGE_PATH, self._challenge), web.post(ADMISSION_PATH, self._admission)])
        runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=0.5)
        self._stack.push_async_callback(runner.cleanup)
        await runner.setup()
        site = web.TCPSite(runner, self.lair.host, 0, ssl_context=self.lair.identity.server_context())
        await site.start()
        port: int = runner.addresses[0][1]
        return port

    async def close(self) -> None:
        await self._stack.aclose()

    async def _challenge(self, request: web.Request) -> web.Response:
        self._knock = await self._stack.enter_async_context(self.lair.knocking(self.target))
        nonce = (await self._knock.challenge()).nonce
        return web.Response(body=pack(Challenge(certificate=self.lair.identity.certificate, nonce=nonce)))

    async def _admission(self, request: web.Request) -> web.Response:
        knock, body = self._knock, await request.read()
        assert knock is not None
        status, answer = await knock.request("POST", ADMISSION_PATH, body)
        self.caught.append((knock, body))
        return web.Response(status=status, body=answer)


class Impostor:
    """Announces another's mDNS entry with an address of its own, and listens there to what members may say."""

    def __init__(self, lair: Lair) -> None:
        self.lair = lair
        self.greeted: list[str] = []
        """From where it was dialled, and TLS spoken."""
        self.heard = b""
        """All that came through TLS."""
        self._stack = AsyncExitStack()
        self._zeroconf: AsyncZeroconf | None = None

    async def open(self) -> None:
        self._zeroconf = AsyncZeroconf(interfaces=[self.lair.host])
        self._stack.push_async_callback(self._zeroconf.async_close)
        context = self.lair.identity.server_context()
        server = await asyncio.start_server(self._listen, self.lair.host, SWARM_PORT, ssl=context)
        self._stack.callback(server.close)

    async def close(self) -> None:
        await self._stack.aclose()

    async def overhear(self, node_id: NodeId) -> dict[bytes, bytes | None]:
        """What the entry of that node says, as anybody on the network hears it."""
        assert self._zeroconf is not None
        info = AsyncServiceInfo(SERVICE, f"{node_id[:_NAME_LENGTH]}.{SERVICE}")
        zeroconf = self._zeroconf.zeroconf
        await eventually(lambda: info.async_request(zeroconf, RESOLVE_MILLISECONDS), "its entry")
        assert info.port == SWARM_PORT
        return dict(info.properties)

    async def announce(self, node_id: NodeId, said: dict[bytes, bytes | None]) -> None:
        assert self._zeroconf is not None
        info = AsyncServiceInfo(
            SERVICE,
            f"{node_id[:_NAME_LENGTH]}.{SERVICE}",
            port=SWARM_PORT,
            parsed_addresses=[self.lair.host],
            server="mallory.local.",
            properties=said,
        )
        await (await self._zeroconf.async_register_service(info, cooperating_responders=True))

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.greeted.append(writer.get_extra_info("peername")[0])
        with suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65536):
                self.heard += data
        writer.transport.abort()
