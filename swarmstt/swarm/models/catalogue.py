"""Which models a member has, by name and hash, so that another can ask for one by the name that a person gave.

`GET /models` answers a Catalogue, on a connection whose other end has proven that it is a member. Names are compared,
and shown to nobody; they never become paths. Members are trusted: the first one that has a model under a name says
which model that is. A transcript names the model that it was decoded with, and its hash, so it can be seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiohttp
import msgpack
from aiohttp import web

from swarmstt.codec import to_plain
from swarmstt.core.membership.addresses import Address
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId, is_sha256
from swarmstt.swarm.network.dialling import visit
from swarmstt.swarm.network.gate import Gate
from swarmstt.swarm.network.last_requests import last_answer, members_last
from swarmstt.swarm.trust.handshake import Member, unpack
from swarmstt.swarm.trust.pinned_requests import UnreachableError

CATALOGUE_PATH = "/models"
MOST_MODELS = 64
MOST_NAME_LENGTH = 100
MOST_CATALOGUE_BYTES = 64 * 1024
ANSWER_SECONDS = 10.0
"""From the first packet to the whole answer. A model that was never hashed takes its PC seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """`name`: as its store has it, such as "base" or "owner--name"; `model_hash`: the SHA-256 of its weights."""

    name: str
    model_hash: str

    @property
    def is_sane(self) -> bool:
        return 0 < len(self.name) <= MOST_NAME_LENGTH and self.name.isprintable() and is_sha256(self.model_hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    models: tuple[NamedModel, ...]


ListModels = Callable[[], Awaitable[Sequence[NamedModel]]]
"""Returns the models that this node would give."""


def catalogue_routes(models: ListModels) -> Callable[[Gate], list[web.RouteDef]]:
    """Returns the row of the swarm port that says which models this node has."""
    return lambda gate: CatalogueServer(models, gate).routes()


class CatalogueServer:
    """Answers members that ask which models this node has."""

    def __init__(self, models: ListModels, gate: Gate) -> None:
        self._models = models
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        return [web.get(CATALOGUE_PATH, self._answer, allow_head=False)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        with members_last(self._gate, request) as is_member:
            if not is_member:
                return last_answer(403)
            sane = [each for each in await self._models() if each.is_sane]
        return last_answer(200, msgpack.packb(to_plain(Catalogue(models=tuple(sane[:MOST_MODELS])))))


async def ask_catalogue(member: Member, addresses: Sequence[Address], node_id: NodeId) -> tuple[NamedModel, ...]:
    """Asks a peer which models it has. PeerError if it does not answer, or its answer makes no sense."""
    try:
        status, body = await asyncio.wait_for(_ask(member, addresses, node_id), ANSWER_SECONDS)
    except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
        raise UnreachableError("The other PC does not answer.") from error
    if status != 200:
        raise PeerError("The other PC does not tell which models it has.")
    models = unpack(Catalogue, body, most_bytes=MOST_CATALOGUE_BYTES).models
    if len(models) > MOST_MODELS or not all(each.is_sane for each in models):
        raise PeerError("What the other PC says of its models cannot be understood.")
    return models


async def _ask(member: Member, addresses: Sequence[Address], node_id: NodeId) -> tuple[int, bytes]:
    async with visit(member, addresses, node_id) as session:
        return await session.request("GET", CATALOGUE_PATH, most_bytes=MOST_CATALOGUE_BYTES)
