"""Models that peers' books need and this PC lacks: fetched one at a time, from the peer that needs it, from any other
that has it, or from the hub, in that order."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from swarmstt.display_text import one_line
from swarmstt.errors import ModelError, PeerError
from swarmstt.ids import NodeId
from swarmstt.node.engines.engines import Engines
from swarmstt.node.models.transfers import HUB, Fetch, ModelTransfers
from swarmstt.speech.models.files import REPOSITORIES
from swarmstt.speech.models.store import ModelStore
from swarmstt.swarm.links.messages import NeededModel
from swarmstt.swarm.models.transfer import Room
from swarmstt.tasks import happens

logger = logging.getLogger(__name__)

MOST_NAME_LETTERS = 60
MOST_STORED_BYTES = 32 * 2**30
"""Of all models in the store, more than all known ones together. A member can name as many as it likes, and give for
each what is not a model: without a bound that would fill the disk."""
_STORE_IS_FULL = (
    "Models that others need may take 32 GB here, with those that this PC has for itself; remove one that nobody needs."
)
AGAIN_SECONDS = 60.0
"""While it is needed, a model that could not be had is tried again after this time."""


class ModelFetching:
    """Fetches what is needed. `wanted` returns True if this node would help at all; `offer` has it offer a model."""

    def __init__(
        self,
        engines: Engines,
        models: ModelStore,
        transfers: ModelTransfers,
        *,
        wanted: Callable[[], bool],
        offer: Callable[[str], Awaitable[None]],
    ) -> None:
        self._engines = engines
        self._models = models
        self._transfers = transfers
        self._wanted = wanted
        self._offer = offer
        self._needs: dict[NodeId, tuple[NeededModel, ...]] = {}
        self._due = asyncio.Event()

    @property
    def now(self) -> Fetch | None:
        """What is being fetched, for peers' books or own ones."""
        return self._transfers.now

    def needed(self, coordinator: NodeId, models: tuple[NeededModel, ...]) -> None:
        """Notes with which models a coordinator's books are decoded: it names all of them each time."""
        self._needs[coordinator] = models
        self._due.set()

    async def run(self) -> None:
        """Fetches, until cancelled, what is needed."""
        while True:
            self._due.clear()
            complete = True
            for coordinator, models in list(self._needs.items()):
                for needed in models:
                    complete = await self._see_to(coordinator, needed) and complete
            await happens(self._due, None if complete else AGAIN_SECONDS)

    async def _see_to(self, coordinator: NodeId, needed: NeededModel) -> bool:
        """Gets that model if this PC lacks it. True if nothing more is to be done for it."""
        model_hash, shown = needed.model_hash, _shown_name(needed)
        if model_hash in self._engines.model_hashes:
            return True
        if not self._wanted():
            return False
        try:
            if not await self._from_peer(coordinator, needed, shown) and not await self._from_hub(needed):
                return False
        except OSError as error:
            logger.warning("The model %s cannot be stored: %s.", shown, error.strerror or error)
            return False
        finally:
            self._transfers.ended(shown)
        await self._offer(model_hash)
        return True

    async def _from_peer(self, coordinator: NodeId, needed: NeededModel, shown: str) -> bool:
        """Fetches the model from a peer. False if none gave it."""
        folder = await asyncio.to_thread(self._models.place_for, needed.model, needed.model_hash)
        async with self._transfers.holding(folder):
            if needed.model_hash in self._engines.model_hashes:
                return True
            if folder != await asyncio.to_thread(self._models.place_for, needed.model, needed.model_hash):
                return False  # a model of that name has come meanwhile: the next round puts this one beside it
            try:
                holders = self._transfers.holders(coordinator)
                room = await asyncio.to_thread(room_for_others, self._models.folder)
                await self._transfers.fetch(shown, needed.model_hash, holders, folder, room=room)
                await self._engines.adopt(folder, needed.model, needed.model_hash)
            except PeerError:
                return False  # why is in the log
            except ModelError as error:
                logger.warning("What came as the model %s is not a model: %s", shown, error.message)
                return False
        return True

    async def _from_hub(self, needed: NeededModel) -> bool:
        """Fetches the model from the hub. False if it does not have that very one."""
        if needed.model not in REPOSITORIES:
            return False
        self._transfers.show(needed.model, HUB)
        try:
            return await self._engines.obtain(needed.model) == needed.model_hash
        except ModelError as error:
            logger.debug("%s", error.message)
            return False


def room_for_others(store: Path) -> Room:
    """Returns how much may come of models that others need, with what lies in the store already."""
    stored_bytes = 0
    for folder, _, names in os.walk(store):  # it passes over a folder that has just gone away
        for name in names:
            with suppress(FileNotFoundError):  # it has just got another name
                stored_bytes += Path(folder, name).lstat().st_size
    return Room(size_bytes=MOST_STORED_BYTES - stored_bytes, sentence=_STORE_IS_FULL)


def _shown_name(needed: NeededModel) -> str:
    """Returns the name to show: of a model that was given as a folder, the folder's."""
    return one_line(needed.model.replace("\\", "/").rstrip("/").rpartition("/")[2], MOST_NAME_LETTERS) or "model"
