"""Models that come to this PC from its peers: from the first that has one, on from the next where that goes away."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from swarmstt.core.peers import Peer
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.node.peers import Peers
from swarmstt.speech.models import ModelStore
from swarmstt.swarm.model_sharing import BusyError, LacksError, fetch_model

logger = logging.getLogger(__name__)

SPARE_BYTES = 2**30
"""So much of the disk stays the person's."""
BUSY_SECONDS = 600.0
"""So long a model is waited for where each PC that has it gives it to others first."""
BUSY_PAUSE_SECONDS = 2.0
HUB = "the model hub"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """What is being fetched now, from whom, and which part of it has come."""

    model: str
    source: str
    percent: int = 0

    @property
    def sentence(self) -> str:
        return f"Getting the model {self.model} from {self.source}, {self.percent}\N{NO-BREAK SPACE}%."


class ModelTransfers:
    """Fetches models by hash, and knows what is being fetched. `changed` is called when that is something else."""

    def __init__(self, models: ModelStore, peers: Peers, changed: Callable[[], None]) -> None:
        self._models = models
        self._peers = peers
        self._changed = changed
        self._shown: dict[str, Fetch] = {}
        self._locks: dict[Path, asyncio.Lock] = {}

    @property
    def now(self) -> Fetch | None:
        """The fetch that began first of those that go on."""
        return next(iter(self._shown.values()), None)

    def show(self, model: str, source: str) -> None:
        """That model is coming from there."""
        self._put(Fetch(model=model, source=source))

    def update(self, model: str, percent: int) -> None:
        """So much of it has come, if it is still coming."""
        if model in self._shown:
            self._put(replace(self._shown[model], percent=percent))

    def _put(self, fetch: Fetch) -> None:
        if self._shown.get(fetch.model) != fetch:
            self._shown[fetch.model] = fetch
            self._changed()

    def ended(self, model: str) -> None:
        """It comes no more: it is here, or was given up."""
        if self._shown.pop(model, None) is not None:
            self._changed()

    @asynccontextmanager
    async def holding(self, folder: Path) -> AsyncIterator[None]:
        """Nobody else puts a model into that folder meanwhile."""
        async with self._locks.setdefault(folder, asyncio.Lock()):
            yield

    def holders(self, first: NodeId | None = None) -> list[Peer]:
        """Peers that may be asked: the first one, linked or not, and then all that are linked."""
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
    ) -> None:
        """Fetches that model into the folder from the first of these peers that has it and is not busy; the next goes
        on where one broke off.

        PeerError where none gives it, OSError where the disk does not take it. The folder must be held.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + BUSY_SECONDS
        while True:
            refusals = []
            for peer in holders:
                refusal = await self._try(peer, shown, model_hash, folder, progress)
                if refusal is None:
                    return
                refusals.append(refusal)
            busy = any(isinstance(each, BusyError) for each in refusals)
            if not busy or loop.time() > until:
                raise refusals[0] if refusals else PeerError("No PC that has it is there.")
            await asyncio.sleep(BUSY_PAUSE_SECONDS)

    async def _try(self, peer: Peer, shown: str, model_hash: str, folder: Path, progress: Progress) -> PeerError | None:
        """Why that peer did not give the model, if it did not."""
        try:
            await self._fetch_from(peer, shown, model_hash, folder, progress)
        except PeerError as error:
            level = logging.DEBUG if isinstance(error, LacksError) else logging.INFO
            logger.log(level, "The model %s could not be had from %s: %s", shown, _name_of(peer), error.message)
            return error
        return None

    async def _fetch_from(self, peer: Peer, shown: str, model_hash: str, folder: Path, progress: Progress) -> None:
        source = _name_of(peer)
        free = await asyncio.to_thread(_free_bytes, self._models)
        begun = False

        def tell(done: int, total: int) -> None:
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
            most_bytes=free - SPARE_BYTES,
            progress=tell,
        )
        logger.info("The model %s came from %s.", shown, source)


def _name_of(peer: Peer) -> str:
    return peer.name or "a new PC"


def _free_bytes(models: ModelStore) -> int:
    models.folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(models.folder).free
