"""What this PC gives of its models to peers: which it has, by name, and the files of each, by hash."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from swarmstt.errors import ModelError
from swarmstt.node.engines import Engines
from swarmstt.speech.model_files import MODEL_FILE, file_sha256, is_wanted
from swarmstt.speech.model_packages import PACKAGED_SHA256
from swarmstt.speech.models import SHARED_PREFIX, ModelStore
from swarmstt.swarm.model_catalogue import NamedModel
from swarmstt.swarm.model_sharing import Listing, SharedFile, SharedModel


class ModelGiving:
    """Both answers as the swarm port asks for them."""

    def __init__(self, engines: Engines, models: ModelStore) -> None:
        self._engines = engines
        self._models = models

    async def named(self) -> list[NamedModel]:
        """All models that go by a name on every PC; not those that a person keeps in some folder. No network is
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
        """The model with that hash, if this PC has it; from the packages it is put together now."""
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
