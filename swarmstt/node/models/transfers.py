"""Models that come to this PC from its peers: from the first that has one, then from the next if that one goes away."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from swarmstt.core.membership.peers import Peer
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.observers import Observers
from swarmstt.speech.models.store import ModelStore
from swarmstt.swarm.models.transfer import RETRY_PAUSE_SECONDS, BusyError, LacksError, Room, fetch_model
from swarmstt.swarm.trust.handshake import Member

logger = logging.getLogger(__name__)

SPARE_BYTES = 2**30
"""So much of the disk is left to the person."""
MOST_MODEL_BYTES = 8 * 2**30
"""The largest there is has 6.2 GB (large, in float32); what a peer gives as a model could be as large as the disk."""
_DISK_IS_FULL = "There is no room for the model on this PC; free some space."
BUSY_SECONDS = 600.0
"""So long a model is waited for if each PC that has it gives it to others first."""
BUSY_PAUSE_SECONDS = 2.0
HUB = "the model hub"

Progress = Callable[[int, int], None]


class KnownPeers(Protocol):
    """As much of Peers as fetching models takes."""

    @property
    def changed(self) -> Observers[[]]: ...

    @property
    def member(self) -> Member: ...

    def get(self, node_id: NodeId) -> Peer | None: ...

    def shown(self) -> list[Peer]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A model that is being fetched, from whom, and how much of it has come."""

    model: str
    source: str
    percent: int = 0

    @property
    def sentence(self) -> str:
        return f"Getting the model {self.model} from {self.source}, {self.percent}\N{NO-BREAK SPACE}%."


class ModelTransfers:
    """Fetches models by hash, and knows what is being fetched. `changed` is called whenever that is something else."""

    def __init__(
        self,
        models: ModelStore,
        peers: KnownPeers,
        changed: Callable[[], None],
        *,
        spare_bytes: int = SPARE_BYTES,
        busy_pause_seconds: float = BUSY_PAUSE_SECONDS,
        retry_pause_seconds: float = RETRY_PAUSE_SECONDS,
    ) -> None:
        self._spare_bytes = spare_bytes
        self._busy_pause_seconds = busy_pause_seconds
        self._retry_pause_seconds = retry_pause_seconds
        self._models = models
        self._peers = peers
        self._changed = changed
        self._shown: dict[str, Fetch] = {}
        self._locks: dict[Path, asyncio.Lock] = {}

    @property
    def now(self) -> Fetch | None:
        """The fetch that began first of those that have not ended."""
        return next(iter(self._shown.values()), None)

    def percent_of(self, model: str) -> int | None:
        """Returns how much of a model has come; None if it is not being fetched."""
        fetch = self._shown.get(model)
        return None if fetch is None else fetch.percent

    def show(self, model: str, source: str) -> None:
        """Shows that this model is coming from there."""
        self._put(Fetch(model=model, source=source))

    def update(self, model: str, percent: int) -> None:
        """Shows how much of the model has come, if it is still coming."""
        if model in self._shown:
            self._put(replace(self._shown[model], percent=percent))

    def _put(self, fetch: Fetch) -> None:
        if self._shown.get(fetch.model) != fetch:
            self._shown[fetch.model] = fetch
            self._changed()

    def ended(self, model: str) -> None:
        """Shows the model no more: it is here, or was given up."""
        if self._shown.pop(model, None) is not None:
            self._changed()

    @asynccontextmanager
    async def holding(self, folder: Path) -> AsyncIterator[None]:
        """Keeps everybody else from putting a model into that folder."""
        async with self._locks.setdefault(folder, asyncio.Lock()):
            yield

    def holders(self, first: NodeId | None = None) -> list[Peer]:
        """Returns the peers that may be asked: the first one, linked or not, and then all that are linked."""
        linked = [peer for peer in self._peers.shown() if peer.linked and peer.node_id != first]
        preferred = self._peers.get(first) if first is not None else None
        return [peer for peer in [preferred, *linked] if peer is not None and peer.addresses]

    async def fetch(
        self,
        shown: str,
        model_hash: str,
        holders: Sequence[Peer],
        folder: Path,
        progress: Progress = lambda done, total: None,
        *,
        room: Room | None = None,
    ) -> None:
        """Fetches that model into the folder from the first of these peers that has it and is not busy. If one breaks
        off, the next continues from there. `room`: how much may come, if that is less than the disk has room for.

        PeerError if none gives it, OSError if the disk does not take it. The folder must be held.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + BUSY_SECONDS
        while True:
            refusals = []
            for peer in holders:
                refusal = await self._try(peer, shown, model_hash, folder, progress, room)
                if refusal is None:
                    return
                refusals.append(refusal)
            busy = any(isinstance(each, BusyError) for each in refusals)
            if not busy or loop.time() > until:
                raise refusals[0] if refusals else PeerError("No PC that has it is there.")
            await asyncio.sleep(self._busy_pause_seconds)

    async def _try(
        self, peer: Peer, shown: str, model_hash: str, folder: Path, progress: Progress, room: Room | None
    ) -> PeerError | None:
        """Returns why that peer did not give the model; None if it did."""
        try:
            await self._fetch_from(peer, shown, model_hash, folder, progress, room)
        except PeerError as error:
            level = logging.DEBUG if isinstance(error, LacksError) else logging.INFO
            logger.log(level, "The model %s could not be had from %s: %s", shown, _name_of(peer), error.message)
            return error
        return None

    async def _fetch_from(
        self, peer: Peer, shown: str, model_hash: str, folder: Path, progress: Progress, room: Room | None
    ) -> None:
        source = _name_of(peer)
        free_bytes = await asyncio.to_thread(_free_bytes, self._models) - self._spare_bytes
        on_disk = Room(size_bytes=free_bytes, sentence=_DISK_IS_FULL)
        begun = False

        def on_bytes(done: int, total: int) -> None:
            nonlocal begun
            if not begun:
                logger.info("Getting the model %s from %s: %.0f MB.", shown, source, total / 1e6)
                self.show(shown, source)
                begun = True
            self.update(shown, 100 * done // total)
            progress(done, total)

        await fetch_model(
            self._peers.member,
            tuple(peer.addresses),
            peer.node_id,
            model_hash,
            folder,
            most_bytes=MOST_MODEL_BYTES,
            room=min(on_disk, room or on_disk, key=lambda each: each.size_bytes),
            progress=on_bytes,
            retry_pause_seconds=self._retry_pause_seconds,
        )
        logger.info("The model %s came from %s.", shown, source)


def _name_of(peer: Peer) -> str:
    return peer.name or "a new PC"


def _free_bytes(models: ModelStore) -> int:
    models.folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(models.folder).free
