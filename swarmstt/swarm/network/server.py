"""Serves the swarm port: challenges every caller, and hands on the helper links of those that are members."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.links.messages import MOST_BYTES_BESIDES_AUDIO
from swarmstt.swarm.network.gate import Gate, GateLimits, Visitor
from swarmstt.swarm.network.last_requests import last_answer
from swarmstt.swarm.network.websocket import WebSocket
from swarmstt.swarm.trust.handshake import (
    ADMISSION_PATH,
    CHALLENGE_PATH,
    GREETS,
    JOIN_PATH,
    JOINS,
    LINK_PATH,
    MOST_HANDSHAKE_BYTES,
    OLD_JOINS,
    Challenge,
    Credentials,
    Member,
    NodeInfo,
    pack,
    unpack,
)
from swarmstt.swarm.trust.joining import Commitment, Doorkeeper, answer, pack_answer
from swarmstt.swarm.trust.proofs import Role, Transcript, check, new_nonce

logger = logging.getLogger(__name__)

_SHUTDOWN_SECONDS = 1.0
_MOST_HEADER_BYTES = 1024
_UNHEARD = logging.Logger("swarmstt.strangers", level=logging.CRITICAL + 1)
"""What strangers get wrong in HTTP does not fill the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A member that opened a link: who it is, what it says of itself, and the host that it called from."""

    node_id: NodeId
    info: NodeInfo
    host: str


ServeLink = Callable[[Caller, WebSocket], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MembersRoutes = Callable[[Gate], Sequence[web.RouteDef]]
"""More rows for members, which ask this gate who they are."""
GuestsApp = Callable[[Gate], web.Application]
"""What guests with an invitation reach, and they alone, under /join/. It tells this gate who is one."""
GUESTS_PATH = "/join/"


class SwarmServer:
    """Answers on the swarm port. `member` returns who this node is now; `serve_link` has a member's WebSocket until it
    returns. Without a `keeper` nobody can join."""

    def __init__(
        self, member: Callable[[], Member], serve_link: ServeLink, gate: Gate, keeper: Doorkeeper | None
    ) -> None:
        self._member = member
        self._keeper = keeper
        self._serve_link = serve_link
        self._gate = gate

    def app(self) -> web.Application:
        app = web.Application(client_max_size=MOST_HANDSHAKE_BYTES, middlewares=[self._limit])
        app.on_response_prepare.append(_say_nothing_of_this_program)
        app.add_routes(
            [
                web.get(CHALLENGE_PATH, self._challenge, allow_head=False),
                web.post(ADMISSION_PATH, self._admit),
                web.get(LINK_PATH, self._link, allow_head=False),
                web.post(JOIN_PATH, self._join),
            ]
        )
        return app

    @web.middleware
    async def _limit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Cuts off a stranger that asks on and on."""
        visitor = self._gate.visitor(request.protocol)
        if visitor.is_guest and not request.rel_url.raw_path.startswith(GUESTS_PATH):
            return last_answer(404)
        self._gate.asks(visitor)
        try:
            response = await handler(request)
        except web.HTTPException as error:  # nothing is at that path
            response = last_answer(error.status)
        if not self._gate.may_go_on(visitor):
            response.force_close()
        return response

    async def _challenge(self, request: web.Request) -> web.Response:
        visitor = self._gate.visitor(request.protocol)
        visitor.nonce = new_nonce()
        self.break_off(visitor)
        visitor.commitment = self._commitment(request, visitor.nonce)
        door_status = self._keeper.door_status() if self._keeper is not None else None
        challenge = Challenge(
            certificate=self._member().identity.certificate,
            nonce=visitor.nonce,
            door_status=door_status,
            protocol=self._member().info.protocol,
        )
        return web.Response(body=pack(challenge))

    def _commitment(self, request: web.Request, nonce: bytes) -> Commitment | None:
        """Returns what the caller binds itself to; a try of one that wants to be let in counts from now on."""
        joins = JOINS in request.query
        digest = _from_hex(request.query.get(JOINS if joins else GREETS, ""))
        if self._keeper is not None and OLD_JOINS in request.query:
            self._keeper.outdated_seen()
        if self._keeper is None or not digest:
            return None
        return Commitment(digest=digest, nonce=nonce, attempt=self._keeper.begin_try() if joins else None)

    def break_off(self, visitor: Visitor) -> None:
        """Ends the try of a visitor that has not shown what it committed itself to."""
        commitment, visitor.commitment = visitor.commitment, None
        self._end_try(commitment, let_in=False)

    def _end_try(self, commitment: Commitment | None, *, let_in: bool) -> None:
        if self._keeper is not None and commitment is not None and commitment.attempt is not None:
            self._keeper.end_try(commitment.attempt, let_in=let_in)

    async def _join(self, request: web.Request) -> web.Response:
        """Answers a node that proves its certificate, and lets it in or not: 403 for one that proves nothing."""
        visitor = self._gate.visitor(request.protocol)
        commitment, visitor.commitment, visitor.nonce = visitor.commitment, None, None
        let_in = False
        if self._keeper is None:
            return last_answer(403)
        try:
            answered = await answer(await request.read(), self._member(), self._keeper, commitment, visitor.host)
            let_in = answered.decision.verdict is DoorAnswer.ADMITTED
        except PeerError:
            return last_answer(403)
        finally:
            self._end_try(commitment, let_in=let_in)
        return last_answer(200, await pack_answer(answered))

    async def _admit(self, request: web.Request) -> web.Response:
        """Checks who it is: 403 for a stranger, 409 for a member with another version of the protocol."""
        visitor = self._gate.visitor(request.protocol)
        nonce, visitor.nonce = visitor.nonce, None  # each is good for one answer
        member = self._member()
        try:
            credentials = unpack(Credentials, await request.read())
            transcript = Transcript(
                server_nonce=nonce or b"",
                client_nonce=credentials.nonce,
                server_certificate=member.identity.certificate,
                client_certificate=credentials.certificate,
            )
            node_id = check(credentials.proof, member.swarm_key, transcript, Role.CLIENT)
        except PeerError:
            return last_answer(403)
        is_barred = self._keeper is not None and self._keeper.bars(node_id)
        if is_barred or not credentials.info.is_usable:
            return last_answer(403)
        admission = pack(member.admission(transcript))
        if credentials.info.protocol != member.info.protocol:
            return last_answer(409, admission)
        if not member.has(node_id):
            return last_answer(403)  # it asks by a request to join then, and shows how it was let in
        visitor.node_id, visitor.info = node_id, credentials.info
        return web.Response(body=admission)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        visitor = self._gate.visitor(request.protocol)
        if visitor.node_id is None or visitor.info is None:
            return last_answer(403)
        websocket = web.WebSocketResponse(max_msg_size=MOST_BYTES_BESIDES_AUDIO, compress=False, autoping=False)
        transport = request.transport
        await websocket.prepare(request)
        self._gate.admit(visitor)
        caller = Caller(node_id=visitor.node_id, info=visitor.info, host=visitor.host)
        try:
            await self._serve_link(caller, websocket)
        except PeerError as error:
            logger.warning("The link of %s was closed: %s", caller.info.name, error.message)
        except Exception:  # anything else is a defect: it costs this link, and is logged
            logger.exception("The link of %s failed.", caller.info.name)
        finally:
            self._gate.forget(request.protocol)
            if transport is not None:
                transport.abort()  # the link is over: nothing that may still wait is of use
        return websocket


async def _say_nothing_of_this_program(request: web.Request, response: web.StreamResponse) -> None:
    """The header "Server" names Python and aiohttp with their versions."""
    response.headers.pop("Server", None)


def _from_hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


@asynccontextmanager
async def serve_swarm(
    member: Callable[[], Member],
    serve_link: ServeLink,
    sockets: Sequence[socket.socket],
    *,
    keeper: Doorkeeper | None = None,
    more: Sequence[MembersRoutes] = (),
    guests: GuestsApp | None = None,
    is_known: Callable[[str], bool] = lambda host: False,
    limits: GateLimits | None = None,
) -> AsyncIterator[None]:
    """Serves peers on these listening sockets, and closes them when the context is left. `more` are rows beside those
    of links, `guests` those of guests."""

    def gone(visitor: Visitor) -> None:
        server.break_off(visitor)

    gate = Gate(member().identity.server_context(), is_known=is_known, on_gone=gone, limits=limits)
    server = SwarmServer(member, serve_link, gate, keeper)
    app = server.app()
    for routes in more:
        app.add_routes(routes(gate))
    if guests is not None:
        app.add_subapp(GUESTS_PATH, guests(gate))
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log=None,
        logger=_UNHEARD,
        max_line_size=_MOST_HEADER_BYTES,
        max_field_size=_MOST_HEADER_BYTES,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        auto_decompress=False,  # a little that is compressed can become very much
        lingering_time=0.0,  # what nobody asked for is not read to its end
    )
    await runner.setup()
    assert runner.server is not None
    gate.listen(sockets, runner.server)
    try:
        yield
    finally:
        await gate.close()
        await runner.cleanup()
