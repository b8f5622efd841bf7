"""Serves the swarm port: challenges whoever comes, and hands the helper links of those who are members on."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.gate import Gate, GateLimits
from swarmstt.swarm.handshake import (
    ADMISSION_PATH,
    CHALLENGE_PATH,
    JOIN_PATH,
    LINK_PATH,
    MOST_HANDSHAKE_BYTES,
    Card,
    Challenge,
    Credentials,
    Member,
    pack,
    unpack,
)
from swarmstt.swarm.joining import Doorkeeper, answer
from swarmstt.swarm.last_requests import last_answer
from swarmstt.swarm.messages import FRAME_LIMIT_BYTES
from swarmstt.swarm.model_catalogue import CatalogueServer, ListModels
from swarmstt.swarm.model_sharing import FindModel, ModelServer
from swarmstt.swarm.proofs import Role, Transcript, check, new_nonce
from swarmstt.swarm.websocket import WebSocket

logger = logging.getLogger(__name__)

_SHUTDOWN_SECONDS = 1.0
_MOST_HEADER_BYTES = 1024
_UNHEARD = logging.Logger("swarmstt.strangers", level=logging.CRITICAL + 1)
"""What strangers get wrong in HTTP fills no log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A member that opened a link: who it is, what it says of itself, and the host that it called from."""

    node_id: NodeId
    card: Card
    host: str


ServeLink = Callable[[Caller, WebSocket], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SwarmServer:
    """Answers on the swarm port. `member` gives who this node is now; `serve_link` has a member's WebSocket until it
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
        may_go_on = self._gate.asks(self._gate.visitor(request.protocol))
        try:
            response = await handler(request)
        except web.HTTPException as error:  # nothing is at that path
            response = last_answer(error.status)
        if not may_go_on:
            response.force_close()
        return response

    async def _challenge(self, request: web.Request) -> web.Response:
        visitor = self._gate.visitor(request.protocol)
        visitor.nonce = new_nonce()
        visitor.commitment = _from_hex(request.query.get("commitment", ""))
        sign = self._keeper.sign() if self._keeper is not None else None
        challenge = Challenge(certificate=self._member().identity.certificate, nonce=visitor.nonce, sign=sign)
        return web.Response(body=pack(challenge))

    async def _join(self, request: web.Request) -> web.Response:
        """Answers whoever proves its certificate, and lets it in or not: 403 for one that proves nothing."""
        visitor = self._gate.visitor(request.protocol)
        nonce, visitor.nonce = visitor.nonce, None
        if self._keeper is None:
            return last_answer(403)
        try:
            body = await answer(
                await request.read(), self._member(), self._keeper, nonce, visitor.commitment, visitor.host
            )
        except PeerError:
            return last_answer(403)
        return last_answer(200, body)

    async def _admit(self, request: web.Request) -> web.Response:
        """Checks who it is: 403 for a stranger, 409 for a member that speaks another version."""
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
        if self._keeper is not None and self._keeper.bars(node_id):
            return last_answer(403)
        admission = pack(member.admission(transcript))
        if credentials.card.protocol != member.card.protocol:
            return last_answer(409, admission)
        visitor.node_id, visitor.card = node_id, credentials.card
        return web.Response(body=admission)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        visitor = self._gate.visitor(request.protocol)
        if visitor.node_id is None or visitor.card is None:
            return last_answer(403)
        websocket = web.WebSocketResponse(max_msg_size=FRAME_LIMIT_BYTES, compress=False, autoping=True)
        transport = request.transport
        await websocket.prepare(request)
        self._gate.admit(visitor)
        caller = Caller(node_id=visitor.node_id, card=visitor.card, host=visitor.host)
        try:
            await self._serve_link(caller, websocket)
        except PeerError as error:
            logger.warning("The link of %s was closed: %s", caller.card.name, error.message)
        except Exception:  # what else comes is a defect: it costs this link, and is told
            logger.exception("The link of %s failed.", caller.card.name)
        finally:
            self._gate.forget(request.protocol)
            if transport is not None:
                transport.abort()  # the link is over: nothing that may still wait is of use
        return websocket


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
    models: FindModel | None = None,
    catalogue: ListModels | None = None,
    is_known: Callable[[str], bool] = lambda host: False,
    limits: GateLimits | None = None,
) -> AsyncIterator[None]:
    """Serves peers on these listening sockets, which it closes, until the context is left."""
    gate = Gate(member().identity.server_context(), is_known=is_known, limits=limits)
    app = SwarmServer(member, serve_link, gate, keeper).app()
    if models is not None:
        app.add_routes(ModelServer(models, gate).routes())
    if catalogue is not None:
        app.add_routes(CatalogueServer(catalogue, gate).routes())
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log=None,
        logger=_UNHEARD,
        max_line_size=_MOST_HEADER_BYTES,
        max_field_size=_MOST_HEADER_BYTES,
        shutdown_timeout=_SHUTDOWN_SECONDS,
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
