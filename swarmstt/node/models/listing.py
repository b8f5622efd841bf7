"""The models of this PC as a person sees them: which are here or can be had, how good they are, how long they take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from swarmstt.core.books import BookState
from swarmstt.core.models.choice import Worker, seconds_to_end
from swarmstt.core.models.known import KNOWN, LISTED
from swarmstt.core.scheduling.state import State
from swarmstt.errors import ConflictError, InputError, ModelError, NotFoundError
from swarmstt.ids import BookId
from swarmstt.node.engines.engines import Engines
from swarmstt.node.models.by_name import ModelFinding
from swarmstt.node.models.speeds import SwarmSpeeds
from swarmstt.node.models.transfers import ModelTransfers
from swarmstt.node.profile import Profile
from swarmstt.speech.models.files import is_folder, is_multilingual, repository_of, stored_name
from swarmstt.speech.models.hub import HubUnreachableError
from swarmstt.speech.models.store import LocalModel, ModelStore
from swarmstt.tasks import TaskSet
from swarmstt.web.models.port import ModelsView, ModelView

logger = logging.getLogger(__name__)

USUAL_SECONDS = 36_000.0
"""How long a book is for which no other length is asked."""


class Models:
    """Implements ModelsPort of the web room. `tasks` are the node's; `withdraw` has this PC decode with a model no
    more."""

    def __init__(
        self,
        profile: Profile,
        store: ModelStore,
        engines: Engines,
        finding: ModelFinding,
        transfers: ModelTransfers,
        speeds: SwarmSpeeds,
        state: State,
        tasks: TaskSet,
        *,
        withdraw: Callable[[str], Awaitable[None]],
    ) -> None:
        self._withdraw = withdraw
        self._profile = profile
        self._store = store
        self._engines = engines
        self._finding = finding
        self._transfers = transfers
        self._speeds = speeds
        self._state = state
        self._tasks = tasks
        self._fetching: set[str] = set()
        self._troubles: dict[str, str] = {}

    async def models(self, book_id: BookId | None = None) -> ModelsView:
        audio_seconds = USUAL_SECONDS if book_id is None else self._seconds_of(book_id)
        here = {model.name: model for model in await asyncio.to_thread(self._store.list_models)}
        others = [each for each in (*self._fetching, *self._troubles) if each not in here]
        names = dict.fromkeys([*LISTED, *sorted(here), *sorted(others)])
        workers = await self._speeds.workers()
        return {
            "models": [
                await asyncio.to_thread(self._view, name, here.get(name), audio_seconds, workers) for name in names
            ],
            "audio_seconds": audio_seconds,
            "model": self._profile.model,
        }

    def _view(self, name: str, here: LocalModel | None, audio_seconds: float, workers: Sequence[Worker]) -> ModelView:
        known, seconds = KNOWN.get(name), seconds_to_end(audio_seconds, name, workers)
        percent = self._transfers.percent_of(name)
        return {
            "name": name,
            "size_bytes": here.size_bytes if here is not None else known.size_bytes if known is not None else 0,
            "quality": None if known is None else known.quality,
            "english_only": name.endswith(".en") or _knows_english_only(here),
            "seconds": None if seconds is None else round(seconds),
            "here": here is not None,
            "removable": here is not None and here.source == "store",
            "fetching": percent if percent is not None or name not in self._fetching else 0,
            "trouble": self._troubles.get(name),
        }

    def _seconds_of(self, book_id: BookId) -> float:
        book = self._state.books.get(book_id)
        if book is None or book.for_program:
            raise NotFoundError("There is no such book any more.")
        return max(book.read_seconds, book.estimated_seconds)

    async def fetch_model(self, name: str) -> None:
        try:
            if await asyncio.to_thread(is_folder, name):
                raise InputError(f"{name} is a folder: a model in a folder need not be fetched.")
            repository_of(name)
        except ModelError as error:
            raise InputError(error.message) from error
        if name not in self._fetching:
            self._fetching.add(name)
            self._troubles.pop(name, None)
            self._tasks.start(self._fetch(name))

    async def _fetch(self, name: str) -> None:
        try:
            await self._finding.obtain(name)
        except ModelError as error:
            logger.info("%s", error.message)
            self._troubles[name] = _on_the_page(error)
        finally:
            self._fetching.discard(name)

    async def remove_model(self, name: str) -> None:
        models = {model.name: model for model in await asyncio.to_thread(self._store.list_models)}
        model = models.get(name) or models.get(stored_name(name))
        if model is None:
            raise NotFoundError(f"The model {name} is not on this PC.")
        if model.source != "store":
            raise ConflictError(f"The model {name} was not fetched by swarmstt, so swarmstt does not remove it.")
        model_hash = await self._engines.know(model)
        if any(
            book.state is BookState.OPEN and book.settings.model_hash == model_hash
            for book in self._state.books.values()
        ):
            raise ConflictError(f"The model {name} is needed for a book that is not finished.")
        async with (
            self._transfers.holding(model.folder),
            self._engines.forgetting(model_hash),
        ):
            await asyncio.to_thread(self._store.remove, model.name)
        await self._withdraw(model_hash)
        self._troubles.pop(name, None)


def _on_the_page(error: ModelError) -> str:
    """Returns what to say to somebody who sees no command line."""
    if isinstance(error.__cause__, HubUnreachableError):
        return f"The model hub cannot be reached ({error.__cause__.message}). Connect to the internet and try again."
    return error.message


def _knows_english_only(model: LocalModel | None) -> bool:
    """Returns whether a model that is here does. One of packages, which is not put together yet, knows all."""
    return model is not None and model.source != "packages" and not is_multilingual(model.folder)
