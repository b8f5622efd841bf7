"""What runs on a worker of a Dask cluster: an engine in a child process, and the functions that a node calls there.

Nodes name these functions only, so a worker needs swarmstt itself; it is given nothing but bytes and plain values.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from swarmstt import __version__
from swarmstt.codec import to_plain
from swarmstt.config import Config, build_config
from swarmstt.core.helping.cluster_workers import WorkerReport
from swarmstt.display_text import one_line
from swarmstt.errors import EngineError, InputError, ModelError, PeerError
from swarmstt.files import put_in_place
from swarmstt.node.data_dir import config_file, default_data_dir
from swarmstt.node.engines.engines import Engines
from swarmstt.speech.models.files import MODEL_FILE, is_wanted
from swarmstt.speech.models.store import ModelStore
from swarmstt.swarm.links.messages import Delivered, Failed, Leased, Returned, decode, encode

NAME = "swarmstt"
"""Of the plugin on a worker, and of what it adds to the worker's heartbeats."""
AGAIN_SECONDS = 60.0
"""A model that could not be loaded is not tried again before."""


def engine_version() -> str:
    """Returns what decodes here, as in Provenance, without loading it."""
    return f"ctranslate2 {version('ctranslate2')}"


def dask_version() -> str:
    """Returns the version of Dask's Distributed here."""
    return version("distributed")


class WorkerSide(WorkerPlugin):  # type: ignore[misc] # Dask's types are not looked at
    """Decodes on one worker, for all nodes that use it, until the worker ends. `slots`: chunks at once at the most."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._progress: dict[str, float] = {}
        self._decoding: dict[str, asyncio.Task[Delivered | Failed | Returned]] = {}
        self._troubles: dict[str, tuple[str, float]] = {}
        self._planned: tuple[frozenset[str], int] = frozenset(), slots
        self._own_mark = secrets.token_hex(4)

    def setup(self, worker: Worker) -> None:
        self._engine_version, self._dask_version = engine_version(), dask_version()
        self._config = _config_of(worker, self._slots)
        self.models = ModelStore(self._config.data_dir or default_data_dir())
        self.engines = Engines(self._config, self.models, one_line(str(worker.name)))
        worker.metrics[NAME] = lambda worker: self.report()

    async def teardown(self, worker: Worker) -> None:
        worker.metrics.pop(NAME, None)
        await self.engines.__aexit__(None, None, None)

    def transition(self, key: Any, start: str, finish: str, **more: Any) -> None:
        """Stops decoding a chunk that nobody waits for any more: Dask lets a task go on that was cancelled."""
        if finish in ("cancelled", "released", "forgotten") and key in self._decoding:
            self._decoding[key].cancel()

    def report(self) -> Any:
        """Returns what this worker is, in plain values."""
        now = asyncio.get_running_loop().time()
        self._troubles = {each: (why, until) for each, (why, until) in self._troubles.items() if until > now}
        models = self.engines.model_hashes.difference(self._troubles)
        description = self.engines.engine.describe() if self.engines.engine else None
        return to_plain(
            WorkerReport(
                version=__version__,
                engine=self._engine_version,
                slots=self._slots_with(models),
                device=description.device if description else None,
                models=models,
                jobs=dict(self._progress),
                dask=self._dask_version,
                trouble=next((why for why, _ in self._troubles.values()), None),
            )
        )

    def _slots_with(self, models: frozenset[str]) -> int:
        """Returns how many chunks can be decoded at once. To plan for models that are not loaded takes a millisecond,
        too long for each heartbeat."""
        if self.engines.engine is None and self._planned[0] == models:
            return self._planned[1]
        self._planned = models, self.engines.slots(models) or self._config.slots or 1
        return self._planned[1]

    async def decode(self, key: str, leased: Leased) -> Delivered | Failed | Returned:
        """Returns what came of a chunk; it is returned undecoded if this worker cannot, or if it is cancelled."""
        task = self._decoding[key] = asyncio.ensure_future(self._decode(key, leased))
        self._progress[key] = 0.0
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            del self._progress[key], self._decoding[key]
        return Returned(lease_id=leased.lease_id) if task.cancelled() else task.result()

    async def _decode(self, key: str, leased: Leased) -> Delivered | Failed | Returned:
        def on_progress(part: float) -> None:
            self._progress[key] = part

        try:
            result = await self.engines.decode(leased.job(), on_progress)
        except ModelError as error:
            until = asyncio.get_running_loop().time() + AGAIN_SECONDS
            self._troubles[leased.model_hash] = error.message, until
            return Returned(lease_id=leased.lease_id)
        except (EngineError, InputError) as error:
            return Failed(lease_id=leased.lease_id, reason=error.message)
        return Delivered.of(leased.lease_id, result)

    async def take_part(self, model: str, model_hash: str, file: str, offset: int, data: bytes, sha256: str) -> None:
        """Stores a part of a model's file; with the last one, which is empty, the file gets its name."""
        folder = await asyncio.to_thread(self.models.place_for, model, model_hash)
        if not is_wanted(file):
            raise PeerError(f"{file[:60]} is not a file of a model.")
        partial = folder / f".{file}.{self._own_mark}.partial"
        await asyncio.to_thread(_append, partial, offset, data)
        if data:
            return
        if not await asyncio.to_thread(put_in_place, partial, folder / file, sha256):
            raise PeerError(f"{file} arrived damaged; it is sent again.")
        if file == MODEL_FILE:
            await self.engines.adopt(folder, model, model_hash)


async def begin(slots: int, dask_worker: Worker) -> Any:
    """Makes this worker ready to decode up to that many chunks at once, if it is not; returns its report."""
    if NAME not in dask_worker.plugins:
        await dask_worker.plugin_add(WorkerSide(slots), name=NAME, catch_errors=False)
    return _side(dask_worker).report()


async def has_model(model: str, model_hash: str, dask_worker: Worker) -> bool:
    """Returns whether this worker has that model: in its store, in a package, or in the folder of that name."""
    engines = _side(dask_worker).engines
    return model_hash in engines.model_hashes or model_hash in await engines.look_around(model)


async def take_part(
    model: str, model_hash: str, file: str, offset: int, data: bytes, sha256: str, dask_worker: Worker
) -> None:
    """Takes a part of a model that a node sends."""
    await _side(dask_worker).take_part(model, model_hash, file, offset, data, sha256)


async def decode_here(key: str, frame: bytes) -> bytes:
    """Decodes a chunk on the worker that this runs on: the task that nodes submit."""
    leased = decode(frame)
    if not isinstance(leased, Leased):
        raise PeerError("Something else than a chunk was sent.")
    return encode(await _side(get_worker()).decode(key, leased))


def _side(worker: Worker) -> WorkerSide:
    side = worker.plugins[NAME]
    assert isinstance(side, WorkerSide)
    return side


def _config_of(worker: Worker, slots: int) -> Config:
    """Returns the options of this worker: those of its environment and file, within what Dask lets it use."""
    config = build_config({}, os.environ, config_file())
    slots = min(slots, config.slots or slots)
    limit_bytes = worker.memory_manager.memory_limit
    return replace(
        config,
        slots=slots,
        threads=config.threads or max(1, worker.state.nthreads // slots),
        memory_gb=config.memory_gb or (limit_bytes / 10**9 if limit_bytes else None),
    )


def _append(partial: Path, offset: int, data: bytes) -> None:
    partial.parent.mkdir(parents=True, exist_ok=True)
    with partial.open("ab" if offset else "wb") as output:
        if output.tell() != offset:
            raise PeerError("A part of the model is missing; it is sent again.")
        output.write(data)
