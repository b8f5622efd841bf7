"""The engines of a node: one model in memory at a time, loaded when it is needed, let go when it has long been idle."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from swarmstt.config import Config
from swarmstt.core.books import Provenance
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import ConflictError, ModelError, NotLoadedError
from swarmstt.node.engines.load_retries import LoadRetries
from swarmstt.node.engines.model_turns import ModelTurns
from swarmstt.node.engines.slot_time import SlotTime
from swarmstt.speech.engine.engine import Engine
from swarmstt.speech.engine.settings import EngineSettings
from swarmstt.speech.models.files import is_multilingual
from swarmstt.speech.models.store import LocalModel, ModelStore
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

IDLE_SECONDS = 300.0
"""The memory belongs to the person at the PC: a model that was not needed for so long is let go."""


class Engines:
    """Decodes with whatever model a chunk asks for, if this PC has it: the ChunkDecoder of a node.

    `loaded` is called with a model's hash when it was loaded for a chunk, or memory ran short with it: how much fits at
    once may be another number. `is_resting` tells whether this PC decodes nothing now."""

    def __init__(
        self,
        config: Config,
        models: ModelStore,
        helper_name: str,
        *,
        make_engine: Callable[..., Engine] = Engine,
        loaded: Callable[[str], None] = lambda model_hash: None,
        is_resting: Callable[[], bool] = lambda: False,
        idle_seconds: float = IDLE_SECONDS,
        load_retries: LoadRetries | None = None,
    ) -> None:
        self._config = config
        self._make_engine = make_engine
        self._models = models
        self.helper_name = helper_name
        """Who is named as the one that decoded a chunk."""
        self._loaded = loaded
        self._is_resting = is_resting
        self._idle_seconds = idle_seconds
        self.load_retries = load_retries or LoadRetries()
        self._by_hash: dict[str, LocalModel] = {}
        self._engine: Engine | None = None
        self._engine_hash: str | None = None
        self._multilingual = cache(lambda model_hash: is_multilingual(self._by_hash[model_hash].folder))
        self._stack = AsyncExitStack()
        self._turns = ModelTurns(self._serves)
        self._is_outdated = False
        self._idle_timer: asyncio.TimerHandle | None = None
        self._slot_time = SlotTime()
        self._tasks = TaskSet()

    async def __aenter__(self) -> Engines:
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        await self._tasks.close()
        await self._stack.aclose()

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._tasks.failed

    @property
    def engine(self) -> Engine | None:
        """The engine that is loaded, or is loading."""
        return self._engine

    @property
    def model_hashes(self) -> frozenset[str]:
        """The models that have been asked for and that this PC has."""
        return frozenset(self._by_hash)

    async def obtain(self, name: str, progress: Callable[[int, int], None] = lambda done, total: None) -> str:
        """Get the model, unless this PC has it; return its hash. ModelError if it cannot be had."""
        model = await self._models.obtain_async(name, progress)
        identity = await self._models.identity_async(model)
        self._by_hash[identity.fingerprint] = model
        return identity.fingerprint

    async def know(self, model: LocalModel) -> str:
        """Return the hash of a model that this PC has; it can be used from now on. ModelError if it cannot be read."""
        identity = await self._models.identity_async(model)
        self._by_hash.setdefault(identity.fingerprint, model)
        return identity.fingerprint

    def model(self, model_hash: str) -> LocalModel | None:
        """The model with that hash, if this PC has it and knows so."""
        return self._by_hash.get(model_hash)

    async def adopt(self, folder: Path, name: str, model_hash: str) -> None:
        """Takes up a model that has come into the store. ModelError if its folder does not hold one."""
        model = await asyncio.to_thread(self._models.find, str(folder))
        assert model is not None
        self._by_hash[model_hash] = replace(model, name=name)

    def is_multilingual(self, model_hash: str) -> bool:
        """Whether that model, which was obtained, knows more than English. Its files are asked once."""
        return self._multilingual(model_hash)

    def hash_for_languages(self) -> str | None:
        """The model that is loaded, if it can tell languages: it need not wait for its turn."""
        loaded = self._engine_hash
        return loaded if loaded is not None and self.is_multilingual(loaded) else None

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

    async def model_names(self) -> list[str]:
        """The models that this PC can decode with, by name. No network is asked."""
        return [model.name for model in await asyncio.to_thread(self._models.list_models)]

    async def has_model(self, name: str) -> bool:
        """Returns whether this PC has the model, by name or folder. ModelError for a name that no model has."""
        return await asyncio.to_thread(self._models.find, name) is not None

    def slots(self, model_hashes: Collection[str]) -> int:
        """How many chunks can be decoded at once: with the model that is loaded, if it is one of these, since one is
        loaded at a time; else the most with any of them."""
        if self._engine is not None and self._engine_hash in model_hashes and not self._is_outdated:
            return self._engine.slots
        known = [each for each in model_hashes if each in self._by_hash]  # a person may have removed one just now
        return max((Engine(self._settings(each)).slots for each in known), default=0)

    @asynccontextmanager
    async def forgetting(self, model_hash: str) -> AsyncIterator[None]:
        """Lets go of a model that is removed meanwhile: it is forgotten unless that fails. No model's turn comes
        before. ConflictError if something is decoded with it."""
        async with self._turns.between():
            if self._engine_hash == model_hash:
                if self._turns.user_count:
                    name = self._by_hash[model_hash].name
                    raise ConflictError(
                        f"The model {name} is in use now: try again when nothing is transcribed with it."
                    )
                await self._close()
            yield
            self._by_hash.pop(model_hash, None)

    async def set_limits(self, *, slots: int | None, memory_gb: float | None) -> None:
        """Decodes so many chunks at once (None: as many as fit), in so much memory (None: what is free), from the next
        chunk on that finds nobody at work."""
        if (slots, memory_gb) == (self._config.slots, self._config.memory_gb):
            return

        def change() -> None:
            self._config = replace(self._config, slots=slots, memory_gb=memory_gb)
            self._is_outdated = self._engine is not None

        await self._turns.change(change)

    def rest(self) -> None:
        """Frees the memory and the processor at once: a person paused this PC. What nobody took back is done again."""
        if self._engine is not None:
            self._engine.end_child()

    async def warm_up(self, model_hash: str) -> None:
        """Loads the model, so that the first chunk need not wait for it. ModelError if it cannot be loaded."""
        async with self._using(model_hash) as engine:
            await engine.start()
            self.load_retries.loaded(model_hash)

    async def decode(self, job: ChunkJob, on_progress: Callable[[float], None]) -> ChunkResult:
        """Decode a chunk; see ChunkDecoder."""
        async with self._using(job.model_hash) as engine:
            fresh = engine.describe() is None
            await engine.start()
            self.load_retries.loaded(job.model_hash)
            if fresh:
                self._loaded(job.model_hash)
            with self._slot_time.spent(engine.slots) as spent:
                transcript = await engine.decode(job, on_progress)
                description = engine.describe()
                assert description is not None
                provenance = Provenance(
                    helper_name=self.helper_name,
                    model=job.model,
                    device=description.device,
                    compute_type=description.compute_type,
                    engine=description.engine,
                    processing_seconds=round(spent(), 3),
                )
            return ChunkResult(transcript=transcript, provenance=provenance)

    async def detect_language(self, model_hash: str, clips: Sequence[Path], among: Sequence[str]) -> tuple[str, float]:
        """The language of these clips, one of `among` unless that is empty, and its probability. A PC that decodes
        nothing finds it too, since no other can help with the book before, and then rests again at once. While the
        model's loading is broken off, it waits."""
        while (found := await self._detected(model_hash, clips, among)) is None:
            await self.load_retries.wait(model_hash)
        return found

    async def _detected(self, model_hash: str, clips: Sequence[Path], among: Sequence[str]) -> tuple[str, float] | None:
        """Returns None if the model's loading was broken off."""
        try:
            async with self._using(model_hash) as engine:
                found = await engine.detect_language(clips, among)
        except NotLoadedError:
            return None
        finally:
            if self._is_resting():
                self.rest()
        self.load_retries.loaded(model_hash)
        return found

    @asynccontextmanager
    async def _using(self, model_hash: str) -> AsyncIterator[Engine]:
        """The engine with that model; another one is closed first, as soon as nobody uses it. Models have their turns
        in the order in which they were asked for."""
        async with self._turns.turn(model_hash):
            if not self._serves(model_hash):
                await self._close()
                settings, resized = self._settings(model_hash), partial(self._loaded, model_hash)
                fresh = self._make_engine(settings, say=partial(logger.warning, "%s"), resized=resized)
                self._engine = await self._stack.enter_async_context(fresh)
                self._engine_hash, self._is_outdated = model_hash, False
            engine = self._engine
            assert engine is not None
        try:
            yield engine
        finally:
            await self._turns.leave()
            self._watch_idleness()

    async def _close(self) -> None:
        """Ends the engine. It must be its turn's: nobody begins another meanwhile."""
        self._engine = self._engine_hash = None
        old, self._stack = self._stack, AsyncExitStack()
        await old.aclose()

    def _serves(self, model_hash: str) -> bool:
        return self._engine is not None and self._engine_hash == model_hash and not self._is_outdated

    def _settings(self, model_hash: str) -> EngineSettings:
        model = self._by_hash.get(model_hash)
        if model is None:
            raise ModelError("This PC does not have the model that the book needs.")
        return EngineSettings(
            model_folder=model.folder,
            device=self._config.device,
            compute_type=self._config.compute_type,
            slots=self._config.slots,
            threads=self._config.threads,
            memory_gb=self._config.memory_gb,
            batch_sizes_file=self._models.batch_sizes_file(model_hash),
        )

    def _watch_idleness(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        loop = asyncio.get_running_loop()
        self._idle_timer = loop.call_later(self._idle_seconds, lambda: self._tasks.start(self._let_go()))

    async def _let_go(self) -> None:
        if self._turns.user_count == 0 and self._engine is not None:
            logger.info("The model was not needed for a while; its memory is free again.")
            await self._engine.stop_all(unload=True)
