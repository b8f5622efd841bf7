"""A model by its name: from this PC, else from a peer, else from the hub.

Peers are asked which models they have. Members are trusted: the first that has one under that name says which it is,
and a book's transcript names the model that it was decoded with, and its hash.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from swarmstt.core.membership.peers import Peer
from swarmstt.errors import ModelError, PeerError
from swarmstt.ids import NodeId
from swarmstt.node.engines.engines import Engines
from swarmstt.node.models.transfers import HUB, KnownPeers, ModelTransfers
from swarmstt.speech.models.files import folder_name, is_folder, repository_of
from swarmstt.speech.models.store import FetchShown, ModelStore
from swarmstt.swarm.models.catalogue import ask_catalogue
from swarmstt.tasks import happens

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 5.0
"""After its start a node that meets others gives them this long to be there, before it asks the hub for a model."""


class ModelFinding:
    """Gets models by name for this node's own books. `on_fetch` is called with the model's name, and how many bytes of
    how many have come from a peer."""

    def __init__(
        self,
        engines: Engines,
        models: ModelStore,
        peers: KnownPeers,
        transfers: ModelTransfers,
        *,
        on_fetch: FetchShown = lambda name, done, total: None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._on_fetch = on_fetch
        self._settle_seconds = settle_seconds
        self._engines = engines
        self._models = models
        self._peers = peers
        self._transfers = transfers
        self._settled_at = 0.0

    def meets_others(self) -> None:
        """Waits for peers from now on: those that are there come in the first seconds."""
        self._settled_at = asyncio.get_running_loop().time() + self._settle_seconds

    async def obtain(self, name: str) -> str:
        """Gets the model of that name or folder onto this PC, and returns its hash. ModelError if it cannot be had."""
        if await asyncio.to_thread(is_folder, name) or await self._engines.has_model(name):
            return await self._engines.obtain(name)
        key = folder_name(repository_of(name))
        folder = self._models.folder / key
        async with self._transfers.holding(folder):
            if await self._engines.has_model(name):  # it came while another waited for it
                return await self._engines.obtain(name)
            try:
                if not await self._from_peers(name, key):
                    self._transfers.show(name, HUB)
                return await self._engines.obtain(name, self._hub_progress(name))
            except OSError as error:
                raise ModelError(f"The model {name} cannot be stored: {error.strerror or error}.") from error
            finally:
                self._transfers.ended(name)

    async def _from_peers(self, name: str, key: str) -> bool:
        """Fetches the model into its place in the store. False if no peer has it."""
        loop, asked, came = asyncio.get_running_loop(), set[NodeId](), asyncio.Event()
        stop_listening = self._peers.changed.add(came.set)
        try:
            while True:
                came.clear()
                fresh = [peer for peer in self._transfers.holders() if peer.node_id not in asked]
                asked.update(peer.node_id for peer in fresh)
                if await self._from_those(name, key, fresh):
                    return True
                if not await happens(came, max(0.0, self._settled_at - loop.time())):
                    return False
        finally:
            stop_listening()

    async def _from_those(self, name: str, key: str, peers: list[Peer]) -> bool:
        """Fetches the model from one of these peers. False if none gave it."""
        holders: dict[str, list[Peer]] = {}
        hashes = await asyncio.gather(*(self._hash_at(peer, key) for peer in peers))
        for peer, model_hash in zip(peers, hashes, strict=True):
            if model_hash is not None:
                holders.setdefault(model_hash, []).append(peer)
        for model_hash, those in holders.items():
            try:
                await self._transfers.fetch(
                    name,
                    model_hash,
                    those,
                    self._models.folder / key,
                    lambda done, total: self._on_fetch(name, done, total),
                )
            except PeerError:
                continue  # why is in the log
            return True
        return False

    async def _hash_at(self, peer: Peer, key: str) -> str | None:
        """Returns the hash of the model that a peer has under that name."""
        try:
            models = await ask_catalogue(self._peers.member, tuple(peer.addresses), peer.node_id)
        except PeerError as error:
            logger.info("%s does not say which models it has: %s", peer.name, error.message)
            return None
        return next((each.model_hash for each in models if each.name == key), None)

    def _hub_progress(self, name: str) -> Callable[[int, int], None]:
        """Returns what shows, from the fetching thread, how much has come from the hub."""
        loop = asyncio.get_running_loop()
        percent = -1

        def on_bytes(done: int, total: int) -> None:
            nonlocal percent
            if total and 100 * done // total != percent:
                percent = 100 * done // total
                with suppress(RuntimeError):  # the loop is closed: nobody looks any more
                    loop.call_soon_threadsafe(self._transfers.update, name, percent)

        return on_bytes
