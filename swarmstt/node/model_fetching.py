"""Models that peers' books need and this PC lacks: fetched one at a time, from the peer first, then from the hub."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from swarmstt.errors import ModelError, PeerError
from swarmstt.ids import NodeId
from swarmstt.node.engines import Engines
from swarmstt.node.peers import Peers
from swarmstt.speech.model_files import MODEL_FILE, REPOSITORIES, file_sha256, is_wanted
from swarmstt.speech.models import ModelStore
from swarmstt.swarm.messages import NeededModel
from swarmstt.swarm.model_sharing import Listing, SharedFile, SharedModel, fetch_model
from swarmstt.tasks import happens

logger = logging.getLogger(__name__)

SPARE_BYTES = 2**30
"""So much of the disk stays the person's."""
AGAIN_SECONDS = 60.0
"""A model that could not be had is tried again after this, while it is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """What is being fetched now, from whom, and which part of it has come."""

    model: str
    source: str
    percent: int = 0

    @property
    def sentence(self) -> str:
        return f"Getting the model {self.model} from {self.source}, {self.percent} %."


class ModelFetching:
    """Fetches what is needed. `wanted` tells whether this node would help at all; `offer` has it offer a model."""

    def __init__(
        self,
        engines: Engines,
        models: ModelStore,
        peers: Peers,
        *,
        wanted: Callable[[], bool],
        offer: Callable[[str], Awaitable[None]],
    ) -> None:
        self.now: Fetch | None = None
        self._engines = engines
        self._models = models
        self._peers = peers
        self._wanted = wanted
        self._offer = offer
        self._needs: dict[NodeId, tuple[NeededModel, ...]] = {}
        self._due = asyncio.Event()

    def needed(self, coordinator: NodeId, models: tuple[NeededModel, ...]) -> None:
        """A coordinator says with which models its books are decoded: all of them each time."""
        self._needs[coordinator] = models
        self._due.set()

    async def run(self) -> None:
        """Fetches, for ever."""
        while True:
            self._due.clear()
            complete = True
            for coordinator, models in list(self._needs.items()):
                for needed in models:
                    complete = await self._see_to(coordinator, needed) and complete
            await happens(self._due, None if complete else AGAIN_SECONDS)

    async def _see_to(self, coordinator: NodeId, needed: NeededModel) -> bool:
        """Whether there is nothing more to do for that model."""
        model_hash = needed.model_hash
        if model_hash in self._engines.model_hashes:
            return True
        if not self._wanted():
            return False
        try:
            await self._from_peer(coordinator, needed)
        except PeerError as error:
            logger.info("The model %s could not be had from a peer: %s", needed.model, error.message)
            if not await self._from_hub(needed):
                return False
        except OSError as error:
            logger.warning("The model %s cannot be stored: %s.", needed.model, error.strerror or error)
            return False
        finally:
            self.now = None
        await self._offer(model_hash)
        return True

    async def _from_peer(self, coordinator: NodeId, needed: NeededModel) -> None:
        peer = self._peers.get(coordinator)
        if peer is None or not peer.addresses:
            raise PeerError("it is away")
        source, shown = peer.name or "a new PC", _shown_name(needed)
        folder = self._models.place_for(needed.model, needed.model_hash)
        free = await asyncio.to_thread(_free_bytes, self._models)
        self.now = Fetch(model=shown, source=source)

        def progress(done: int, total: int) -> None:
            self.now = Fetch(model=shown, source=source, percent=100 * done // total)

        logger.info("Getting the model %s from %s.", shown, source)
        await fetch_model(
            self._peers.member,
            peer.addresses,
            coordinator,
            needed.model_hash,
            folder,
            most_bytes=free - SPARE_BYTES,
            progress=progress,
        )
        await self._engines.adopt(folder, needed.model, needed.model_hash)
        logger.info("The model %s came from %s.", shown, source)

    async def _from_hub(self, needed: NeededModel) -> bool:
        """Whether the hub had that very model."""
        if needed.model not in REPOSITORIES:
            return False
        self.now = Fetch(model=needed.model, source="the model hub")
        try:
            return await self._engines.obtain(needed.model) == needed.model_hash
        except ModelError as error:
            logger.debug("%s", error.message)
            return False


def _shown_name(needed: NeededModel) -> str:
    """A model that was given as a folder is called by the folder's name."""
    return needed.model.replace("\\", "/").rstrip("/").rpartition("/")[2][:60] or "model"


def _free_bytes(models: ModelStore) -> int:
    models.folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(models.folder).free


async def shared_model(engines: Engines, model_hash: str) -> SharedModel | None:
    """The model with that hash, for peers, if this PC has it."""
    model = engines.model(model_hash)
    if model is None:
        return None

    def listed() -> SharedModel:
        files = tuple(
            SharedFile(
                name=path.name,
                size_bytes=path.stat().st_size,
                sha256=model_hash if path.name == MODEL_FILE else file_sha256(path),
            )
            for path in sorted(model.folder.iterdir())
            if is_wanted(path.name)
        )
        return SharedModel(folder=model.folder, listing=Listing(model_file=MODEL_FILE, files=files))

    return await asyncio.to_thread(listed)
