"""Models for the workers of a cluster: each looks for what it lacks on its own disk; then it gets it from this node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from swarmstt.core.helping.cluster_workers import ClusterWorkers, SeenWorker
from swarmstt.errors import PeerError
from swarmstt.node.cluster.connection import CONNECTION_ERRORS, Connection
from swarmstt.phrases import model_name, sending_model
from swarmstt.swarm.links.messages import NeededModel
from swarmstt.swarm.models.transfer import SharedModel
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

PART_BYTES = 4 * 2**20
"""A scheduler warns of what is over ten megabytes."""

FindModel = Callable[[str], Awaitable[SharedModel | None]]


class ModelSupply:
    """Gives workers the models that are `needed`. `given` is called when one has got one."""

    def __init__(self, workers: ClusterWorkers, find_model: FindModel, given: Callable[[], None]) -> None:
        self.needed: tuple[NeededModel, ...] = ()
        self.trouble: str | None = None
        """What is being sent, or why it could not be."""
        self._workers = workers
        self._find_model = find_model
        self._given = given

    def start_all(self, connection: Connection, tasks: TaskSet) -> None:
        """Begins to give models to the workers that lack one."""
        for needed in self.needed:
            if lacking := self._workers.to_supply(needed.model_hash, asyncio.get_running_loop().time()):
                tasks.start(self._give(connection, needed, lacking))

    async def _give(self, connection: Connection, needed: NeededModel, lacking: list[SeenWorker]) -> None:
        found = await asyncio.gather(*(self._has(connection, needed, each) for each in lacking))
        addresses = [each.address for each, has in zip(lacking, found, strict=True) if not has]
        try:
            if addresses:
                await self._send(connection, needed, addresses)
            self.trouble = None
        except (*CONNECTION_ERRORS, PeerError) as error:
            self.trouble = f"The model {model_name(needed.model)} could not be sent to the cluster: {error}."
            logger.warning("%s", self.trouble)
        finally:
            now = asyncio.get_running_loop().time()
            for each in lacking:
                self._workers.supplied(each.address, needed.model_hash, now)
        self._given()

    async def _has(self, connection: Connection, needed: NeededModel, seen: SeenWorker) -> bool:
        try:
            has = await connection.has_model(seen.address, needed.model, needed.model_hash)
        except Exception as error:  # noqa: BLE001 - whatever a worker raises: it is sent the model then
            logger.debug("%s could not look for the model: %r", seen.name, error)
            return False
        if has:
            self._workers.got(seen.address, needed.model_hash)
            self._given()
        return has

    async def _send(self, connection: Connection, needed: NeededModel, addresses: list[str]) -> None:
        """Sends the model's files, the one with the weights last, to all of these workers at once."""
        model = await self._find_model(needed.model_hash)
        if model is None:
            raise PeerError("this PC does not have it")
        name, total = model_name(needed.model), sum(file.size_bytes for file in model.listing.files)
        sent = 0
        for file in sorted(model.listing.files, key=lambda each: each.name == model.listing.model_file):
            for offset in [*range(0, file.size_bytes, PART_BYTES), file.size_bytes]:
                self.trouble = sending_model(name, 100 * sent // total, len(addresses))
                data = await asyncio.to_thread(_read, model.folder / file.name, offset)
                part = needed.model, needed.model_hash, file.name, offset, data, file.sha256
                addresses = await connection.send_part(addresses, *part)
                sent += len(data)
                if not addresses:
                    raise PeerError("no worker took it")
        for address in addresses:
            self._workers.got(address, needed.model_hash)


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PART_BYTES)
