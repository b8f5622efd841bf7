"""The models that this PC shares with peers: which it has, by name, and the files of each, by hash."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from swarmstt.errors import ModelError
from swarmstt.files import file_sha256
from swarmstt.node.engines.engines import Engines
from swarmstt.speech.models.files import MODEL_FILE, is_wanted
from swarmstt.speech.models.packages import PACKAGED_SHA256
from swarmstt.speech.models.store import SHARED_PREFIX, ModelStore
from swarmstt.swarm.models.catalogue import NamedModel
from swarmstt.swarm.models.transfer import Listing, SharedFile, SharedModel


class ModelGiving:
    """Gives the swarm port's rows about models their answers."""

    def __init__(self, engines: Engines, models: ModelStore) -> None:
        self._engines = engines
        self._models = models

    async def named(self) -> list[NamedModel]:
        """Returns all models that have a name on every PC; not those that a person keeps in some folder. No network is
        asked."""
        found = []
        for model in await asyncio.to_thread(self._models.list_models):
            if model.source == "packages":
                found.append(NamedModel(name=model.name, model_hash=PACKAGED_SHA256))
            elif not model.name.startswith(SHARED_PREFIX):
                name = model.name.replace("/", "--")  # one of the hub's cache is called OWNER/NAME
                with suppress(ModelError):
                    found.append(NamedModel(name=name, model_hash=await self._engines.know(model)))
        return found

    async def model(self, model_hash: str) -> SharedModel | None:
        """Returns the model with that hash, if this PC has it; one from packages is put together now."""
        model = self._engines.model(model_hash)
        if model is None and model_hash in {each.model_hash for each in await self.named()}:
            if model_hash == PACKAGED_SHA256:
                with suppress(ModelError):
                    await self._engines.obtain("base")
            model = self._engines.model(model_hash)
        if model is None:
            return None
        folder = model.folder

        def listed() -> SharedModel:
            files = tuple(
                SharedFile(
                    name=path.name,
                    size_bytes=path.stat().st_size,
                    sha256=model_hash if path.name == MODEL_FILE else file_sha256(path),
                )
                for path in sorted(folder.iterdir())
                if is_wanted(path.name)
            )
            return SharedModel(folder=folder, listing=Listing(model_file=MODEL_FILE, files=files))

        return await asyncio.to_thread(listed)
