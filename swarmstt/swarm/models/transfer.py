"""Models go from member to member on the swarm port, so that one PC with the model is enough for a swarm.

`GET /model/HASH` answers a Listing; `GET /model/HASH/FILE` the file, or the Range of it that is asked for. Both only on
a connection whose other end has proven that it is a member.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgpack
from aiohttp import web

from swarmstt.codec import to_plain
from swarmstt.core.membership.addresses import Address
from swarmstt.errors import PeerError
from swarmstt.files import put_in_place
from swarmstt.ids import NodeId, is_sha256
from swarmstt.swarm.network.dialling import visit
from swarmstt.swarm.network.gate import Gate
from swarmstt.swarm.network.last_requests import last_answer, members_last
from swarmstt.swarm.trust.handshake import Member, unpack
from swarmstt.swarm.trust.pinned_requests import PinnedSession, UnreachableError

MODEL_PATH = "/model"
MOST_AT_ONCE = 3
"""Files that go out at the same time; a peer that comes later is asked to come again."""
BLOCK_BYTES = 2**20
SILENT_SECONDS = 20.0
"""A peer that sends nothing for so long counts as gone."""
LISTING_SECONDS = 60.0
"""For the list of a model's files, which are hashed for it, and put together before that if need be."""
ATTEMPTS = 3
"""After so many in a row that bring nothing, the peer counts as gone."""
RETRY_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastRate:
    """What must come within so many seconds, and in each try: a peer that sends less counts as gone, and another has
    its turn. The slowest home network is a hundred times as fast."""

    size_bytes: int = 2**20
    seconds: float = 60.0


LEAST_RATE = LeastRate()
_FILE_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of a model; the model's hash is the SHA-256 of `model_file`."""

    model_file: str
    files: tuple[SharedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedModel:
    """A model that this node has and shares."""

    folder: Path
    listing: Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much more of a model may come, and what is said of one that lacks more."""

    size_bytes: int
    sentence: str


FindModel = Callable[[str], Awaitable[SharedModel | None]]
"""Returns the model with that hash, if this node has it."""
Progress = Callable[[int, int], None]
"""Called with how many bytes of how many have come."""


class DamagedError(PeerError):
    """What a peer sent is not what it promised."""


class LacksError(PeerError):
    """The peer does not have that model."""


class BusyError(PeerError):
    """The peer gives models to others now, and this one later."""


def model_routes(find: FindModel, *, most_at_once: int = MOST_AT_ONCE) -> Callable[[Gate], list[web.RouteDef]]:
    """Returns the rows of the swarm port that give members this node's models."""
    return lambda gate: ModelServer(find, gate, most_at_once=most_at_once).routes()


class ModelServer:
    """Gives this node's models to members, `most_at_once` files at the same time."""

    def __init__(self, find: FindModel, gate: Gate, *, most_at_once: int = MOST_AT_ONCE) -> None:
        self.most_at_once = most_at_once
        self._find = find
        self._gate = gate
        self._at_once = 0

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{MODEL_PATH}/{{model_hash}}", self._list, allow_head=False),
            web.get(f"{MODEL_PATH}/{{model_hash}}/{{name}}", self._send, allow_head=False),
        ]

    async def _model(self, request: web.Request) -> SharedModel | None:
        model_hash = request.match_info["model_hash"]
        return await self._find(model_hash) if is_sha256(model_hash) else None

    async def _list(self, request: web.Request) -> web.StreamResponse:
        with members_last(self._gate, request) as is_member:
            model = await self._model(request) if is_member else None
        if model is None:
            return last_answer(403)
        return last_answer(200, msgpack.packb(to_plain(model.listing)))

    async def _send(self, request: web.Request) -> web.StreamResponse:
        with members_last(self._gate, request) as is_member:
            model, name = await self._model(request) if is_member else None, request.match_info["name"]
            if model is None or name not in {file.name for file in model.listing.files}:
                return last_answer(403)
            if self._at_once >= self.most_at_once:
                return last_answer(503)
            self._at_once += 1
            try:
                response = web.FileResponse(model.folder / name, chunk_size=BLOCK_BYTES)
                response.force_close()
                await response.prepare(request)
            finally:
                self._at_once -= 1
            return response


async def fetch_model(
    member: Member,
    addresses: Sequence[Address],
    node_id: NodeId,
    model_hash: str,
    folder: Path,
    *,
    most_bytes: int,
    room: Room | None = None,
    progress: Progress = lambda done, total: None,
    retry_pause_seconds: float = RETRY_PAUSE_SECONDS,
    least_rate: LeastRate = LEAST_RATE,
) -> None:
    """Fetches that model from a peer into `folder`, its model file last. An earlier fetch that broke off is continued,
    and what came by it needs no room any more.

    PeerError if the peer does not have it, is away for long, too slow, or sends what is damaged, if the model is larger
    than `most_bytes`, or if it lacks more than there is `room` for; BusyError if the peer gives models to others;
    OSError if the disk does not take it.
    """
    listing = _checked(await _listing(member, addresses, node_id, model_hash), model_hash, most_bytes)
    total, before = sum(file.size_bytes for file in listing.files), 0
    if room is not None and total - await asyncio.to_thread(_come, listing, folder) > room.size_bytes:
        raise PeerError(room.sentence)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    for file in sorted(listing.files, key=lambda each: each.name == listing.model_file):
        target = folder / file.name
        partial = _partial(file, folder)

        def on_bytes(done: int, before: int = before) -> None:
            progress(before + done, total)

        async def once(
            file: SharedFile = file, partial: Path = partial, on_bytes: Callable[[int], None] = on_bytes
        ) -> None:
            async with visit(member, addresses, node_id) as session:
                await _append(session, f"{MODEL_PATH}/{model_hash}/{file.name}", file, partial, on_bytes, least_rate)

        await _patiently(once, partial, retry_pause_seconds, min(least_rate.size_bytes, file.size_bytes // 100))
        await asyncio.to_thread(_put_in_place, file, partial, target)
        before += file.size_bytes


async def _listing(member: Member, addresses: Sequence[Address], node_id: NodeId, model_hash: str) -> Listing:
    async def ask() -> tuple[int, bytes]:
        async with visit(member, addresses, node_id) as session:
            return await session.request("GET", f"{MODEL_PATH}/{model_hash}")

    try:
        status, body = await asyncio.wait_for(ask(), LISTING_SECONDS)
    except (aiohttp.ClientError, asyncio.TimeoutError, ConnectionError) as error:
        raise UnreachableError("The other PC does not answer.") from error
    if status != 200:
        raise LacksError("The other PC does not have that model.")
    return unpack(Listing, body)


def _checked(listing: Listing, model_hash: str, most_bytes: int) -> Listing:
    names = [file.name for file in listing.files]
    sane = len(set(names)) == len(names) <= 20 and all(_FILE_NAME.fullmatch(name) for name in names)
    sane = sane and all(is_sha256(file.sha256) and file.size_bytes > 0 for file in listing.files)
    if not sane or {f.sha256 for f in listing.files if f.name == listing.model_file} != {model_hash}:
        raise DamagedError("What the other PC says of the model cannot be understood.")
    if sum(file.size_bytes for file in listing.files) > most_bytes:
        raise PeerError(f"It is larger than a model may be that comes from another PC: {most_bytes / 2**30:.0f} GB.")
    return listing


async def _patiently(
    once: Callable[[], Awaitable[None]], partial: Path, pause_seconds: float, least_bytes: int
) -> None:
    """Tries again as long as enough comes each time."""
    vain = 0
    while True:
        before = await asyncio.to_thread(_size, partial)
        try:
            return await once()
        except (aiohttp.ClientError, asyncio.TimeoutError, ConnectionError, UnreachableError) as error:
            came = await asyncio.to_thread(_size, partial) - before > least_bytes
            vain = 0 if came else vain + 1
            if vain == ATTEMPTS:
                raise UnreachableError("The model's transfer broke off.") from error
        await asyncio.sleep(pause_seconds)


async def _append(
    session: PinnedSession,
    path: str,
    file: SharedFile,
    partial: Path,
    on_bytes: Callable[[int], None],
    least_rate: LeastRate,
) -> None:
    """Appends what `partial` lacks of the file."""
    clock = asyncio.get_running_loop().time
    done = await asyncio.to_thread(_size, partial)
    if done > file.size_bytes:
        await asyncio.to_thread(partial.unlink)
        done = 0
    if done == file.size_bytes:
        return
    timeout = aiohttp.ClientTimeout(total=None, sock_read=SILENT_SECONDS)
    headers = {"Range": f"bytes={done}-"}
    async with session.http.get(session.url.with_path(path), headers=headers, timeout=timeout) as response:
        if response.status == 503:
            raise BusyError("It gives models to others now.")
        if response.status != 206:
            raise UnreachableError(f"The other PC answers with status {response.status}.")
        with await asyncio.to_thread(partial.open, "ab") as output:
            counted, counted_at = done, clock()
            while done < file.size_bytes and (block := await response.content.read(BLOCK_BYTES)):
                await asyncio.to_thread(output.write, block[: file.size_bytes - done])
                done += len(block)
                on_bytes(min(done, file.size_bytes))
                if clock() - counted_at >= least_rate.seconds:
                    if done - counted < least_rate.size_bytes:
                        raise UnreachableError("The other PC sends too slowly.")
                    counted, counted_at = done, clock()
    if done < file.size_bytes:
        raise UnreachableError("The other PC sent too little.")


def _partial(file: SharedFile, folder: Path) -> Path:
    return folder / f".{file.name}.{file.sha256[:12]}.partial"


def _come(listing: Listing, folder: Path) -> int:
    """Returns how many bytes an earlier fetch has left to go on from."""
    return sum(min(file.size_bytes, _size(_partial(file, folder))) for file in listing.files)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _put_in_place(file: SharedFile, partial: Path, target: Path) -> None:
    if not put_in_place(partial, target, file.sha256):
        raise DamagedError(f"{file.name} arrived damaged; it is fetched again the next time.")
