"""The engines of a node: one model in memory at a time, loaded when it is needed, let go when it has long been idle."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from swarmstt.config import Config
from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import ModelError
from swarmstt.speech.engine import Engine
from swarmstt.speech.engine_settings import EngineSettings
from swarmstt.speech.model_files import is_multilingual
from swarmstt.speech.models import LocalModel, ModelStore
from swarmstt.swarm.messages import Leased

logger = logging.getLogger(__name__)

IDLE_SECONDS = 300.0
"""The memory belongs to the person at the PC: a model that was not needed for so long is let go."""


class Engines:
    """Decodes with whatever model a chunk asks for, if this PC has it."""

    def __init__(self, config: Config, models: ModelStore, helper_name: str) -> None:
        self._config = config
        self._models = models
        self._helper_name = helper_name
        self.on_loaded: Callable[[str], None] = lambda model_hash: None
        """Called with a model's hash when it was loaded for a chunk: how much fits at once may be another number."""
        self._by_hash: dict[str, LocalModel] = {}
        self._engine: Engine | None = None
        self._engine_hash: str | None = None
        self._stack = AsyncExitStack()
        self._users = 0
        self._changed = asyncio.Condition()
        self._idle_timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Engines:
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        await self._stack.aclose()

    @property
    def engine(self) -> Engine | None:
        """The engine that is loaded, or is loading."""
        return self._engine

    @property
    def model_hashes(self) -> frozenset[str]:
        """The models that have been asked for and that this PC has."""
        return frozenset(self._by_hash)

    async def obtain(self, name: str, progress: Callable[[int, int], None] = lambda done, total: None) -> str:
        """Sees to it that this PC has the model; its hash. ModelError where it cannot be had."""
        model = await self._models.obtain_async(name, progress)
        identity = await self._models.identity_async(model)
        self._by_hash[identity.fingerprint] = model
        return identity.fingerprint

    def is_multilingual(self, model_hash: str) -> bool:
        """Whether that model, which was obtained, knows more than English."""
        return is_multilingual(self._by_hash[model_hash].folder)

    async def look_around(self, preferred: str) -> list[str]:
        """The hashes of all models that this PC has, the preferred one last. No network is asked."""
        models = await asyncio.to_thread(self._models.list_models)
        # Those in packages are put together only if they are wanted.
        found = [model for model in models if model.source != "packages" and model.name != preferred]
        with suppress(ModelError):
            model = await asyncio.to_thread(self._models.find, preferred)
            found += [model] if model is not None else []
        hashes = []
        for model in found:
            with suppress(ModelError):
                identity = await self._models.identity_async(model)
                self._by_hash[identity.fingerprint] = model
                hashes.append(identity.fingerprint)
        return hashes

    def slots(self, model_hash: str) -> int:
        """How many chunks can be decoded at once with that model."""
        if self._engine is not None and self._engine_hash == model_hash:
            return self._engine.slots
        return Engine(self._settings(model_hash)).slots

    async def warm_up(self, model_hash: str) -> None:
        """Loads the model, so that the first chunk need not wait for it. ModelError where it cannot be loaded."""
        async with self._using(model_hash) as engine:
            await engine.start()

    async def decode(self, leased: Leased, on_progress: Callable[[float], None]) -> tuple[ChunkTranscript, Provenance]:
        """The transcript of a chunk, and who made it how."""
        async with self._using(leased.model_hash) as engine:
            fresh = engine.describe() is None
            await engine.start()
            if fresh:
                self.on_loaded(leased.model_hash)
            began_at = time.monotonic()
            transcript = await engine.decode(leased.audio, leased.sample_count, leased.options, on_progress)
            description = engine.describe()
            assert description is not None
            return transcript, Provenance(
                helper_name=self._helper_name,
                model=leased.model,
                device=description.device,
                compute_type=description.compute_type,
                processing_seconds=round(time.monotonic() - began_at, 3),
            )

    async def detect_language(self, model_hash: str, clips: Sequence[Path]) -> tuple[str, float]:
        """The language of these clips, and its probability."""
        async with self._using(model_hash) as engine:
            return await engine.detect_language(clips)

    @asynccontextmanager
    async def _using(self, model_hash: str) -> AsyncIterator[Engine]:
        """The engine with that model; another one is closed first, as soon as nobody uses it."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._users == 0 or self._engine_hash == model_hash)
            if self._engine is None or self._engine_hash != model_hash:
                self._engine = self._engine_hash = None
                await self._stack.aclose()
                self._engine = await self._stack.enter_async_context(Engine(self._settings(model_hash), say=_say))
                self._engine_hash = model_hash
            self._users += 1
            engine = self._engine
        try:
            yield engine
        finally:
            async with self._changed:
                self._users -= 1
                self._changed.notify_all()
            self._watch_idleness()

    def _settings(self, model_hash: str) -> EngineSettings:
        model = self._by_hash.get(model_hash)
        if model is None:
            raise ModelError("This PC does not have the model that the book is decoded with.")
        config = self._config
        return EngineSettings(
            model_folder=model.folder,
            device=config.device,
            compute_type=config.compute_type,
            slots=config.slots,
            threads=config.threads,
        )

    def _watch_idleness(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(IDLE_SECONDS, lambda: asyncio.ensure_future(self._let_go()))

    async def _let_go(self) -> None:
        if self._users == 0 and self._engine is not None:
            logger.info("The model was not needed for a while; its memory is free again.")
            await self._engine.stop_all(unload=True)


def _say(sentence: str) -> None:
    logger.warning("%s", sentence)
