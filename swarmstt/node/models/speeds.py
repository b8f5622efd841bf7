"""How fast the swarm is with each model: as it was seen, and by a short try on this PC if nothing was."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping

import psutil

from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.config import Config
from swarmstt.core.books import BookState
from swarmstt.core.models.choice import Waiting, Worker
from swarmstt.core.models.known import REFERENCE
from swarmstt.core.models.speeds import HelperSpeeds, ModelSpeeds, Seen
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.state import State
from swarmstt.errors import SwarmError
from swarmstt.ids import HelperId, NodeId
from swarmstt.storage.store import Store

logger = logging.getLogger(__name__)

Try = Callable[[str], Awaitable[Seen]]
"""Decodes a short sample with a model on this PC."""
_FACT = "model_speeds"


class SwarmSpeeds:
    """Who can decode, and how fast: what was seen is remembered over restarts. `try_out`: see Try."""

    def __init__(
        self,
        config: Config,
        own_id: NodeId,
        own_offer: Callable[[], HelperOffer],
        state: State,
        store: Store,
        try_out: Try,
    ) -> None:
        self._own_offer = own_offer
        self._limit_gb = config.memory_gb
        self._own_id = HelperId(own_id)
        self._state = state
        self._store = store
        self._try_out = try_out
        self._speeds: ModelSpeeds | None = None
        self._until = 0

    async def workers(self, *, local_only: bool = False) -> list[Worker]:
        """Returns all that decode now: only this PC if the book is to stay here."""
        speeds = await self._mended()
        own = self._own_offer()
        found = [
            Worker(
                slots=own.slots,
                speeds=speeds.of(self._own_id),
                device=own.device,
                room_bytes=None if self._is_working() else self._room_bytes(),
            )
        ]
        if not local_only:
            others = [each for each in self._state.helpers.values() if each.linked and each.helper_id != self._own_id]
            found += [
                Worker(slots=each.offer.slots, speeds=speeds.of(each.helper_id), device=each.offer.device)
                for each in others
            ]
        return [each for each in found if each.slots]

    def before(self, *, first: bool) -> list[Waiting]:
        """Returns what is done before a book that comes now. `first`: it is put before the others."""
        return [
            Waiting(model=book.settings.model, audio_seconds=book.remaining_seconds)
            for book in self._state.books.values()
            if book.state is BookState.OPEN and not book.paused and (book.prioritised or not first)
        ]

    async def try_out(self) -> None:
        """Decodes a short sample, if nothing was seen of this PC so far, and it is free to."""
        is_seen = bool((await self._mended()).of(self._own_id).by_model)
        if is_seen or self._is_working() or not self._own_offer().slots:
            return
        try:
            seen = await self._try_out(REFERENCE)
        except SwarmError as error:
            logger.info("How fast this PC is could not be tried: %s", error.message)
            return
        self._speeds = (await self._mended()).mended([seen])
        await self._keep()

    def _is_working(self) -> bool:
        """Returns whether this PC decodes something of its own: then a model is in its memory already."""
        own = self._state.helpers.get(self._own_id)
        return own is not None and bool(own.held)

    def _room_bytes(self) -> int:
        free = int(psutil.virtual_memory().available)
        return free if self._limit_gb is None else min(free, int(self._limit_gb * 10**9))

    async def _mended(self) -> ModelSpeeds:
        """Returns the speeds with all that was seen until now."""
        if self._speeds is None:
            self._speeds, self._until = _read(await self._store.fact(_FACT))
        seen, until = await self._store.model_speeds.after(self._until)
        if seen:
            self._speeds, self._until = self._speeds.mended(seen), until
            await self._keep()
        return self._speeds

    async def _keep(self) -> None:
        assert self._speeds is not None
        helpers = {name: to_plain(each) for name, each in self._speeds.helpers.items()}
        await self._store.set_fact(_FACT, json.dumps({"until": self._until, "helpers": helpers}))


def _read(text: str | None) -> tuple[ModelSpeeds, int]:
    """Returns the speeds that were kept, and up to which lease they count what was seen."""
    try:
        kept: Mapping[str, object] = json.loads(text or "{}")
        helpers = from_plain(dict[str, HelperSpeeds], kept.get("helpers", {}))
        until = from_plain(int, kept.get("until", 0))
    except (ValueError, AttributeError, PlainError):
        return ModelSpeeds(), 0
    return ModelSpeeds(helpers={HelperId(name): each for name, each in helpers.items()}), until
