"""What a node's own helper offers: which models, how many slots, on what. Models are loaded ahead of chunks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from swarmstt.core.books import BookSettings
from swarmstt.core.helping.unavailability import UnavailableReason, lack_of_models
from swarmstt.errors import ModelError, NotLoadedError
from swarmstt.node.engines.engines import Engines
from swarmstt.node.helping.availability import AvailabilityMonitor
from swarmstt.node.models.by_name import ModelFinding
from swarmstt.node.profile import Profile
from swarmstt.swarm.links.helper_client import HelperClient
from swarmstt.tasks import TaskSet


class Offering:
    """Keeps the helper's offer true. `fetching` says whether a model is on its way; `tasks` are the node's."""

    def __init__(
        self,
        helper: HelperClient,
        engines: Engines,
        finding: ModelFinding,
        monitor: AvailabilityMonitor,
        profile: Profile,
        *,
        fetching: Callable[[], bool],
        tasks: TaskSet,
    ) -> None:
        self._helper = helper
        self._engines = engines
        self._finding = finding
        self._monitor = monitor
        self._profile = profile
        self._fetching = fetching
        self._told_fetching = False
        self._tasks = tasks
        self._warm_ups = TaskSet()
        self._retried: set[str] = set()
        """Models that are to be tried again after a pause."""

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._warm_ups.failed

    async def close(self) -> None:
        await self._warm_ups.close()

    async def ready(self, name: str) -> str:
        """Gets the model, begins to load it, and has the helper offer it; returns its hash. ModelError if it
        cannot be had."""
        model_hash = await self._finding.obtain(name)
        await self.add(model_hash)
        if self._helper.offer.slots:
            self._warm_ups.start(self._warm_up(model_hash))
        return model_hash

    async def ready_or_give_up(self, settings: BookSettings) -> None:
        """Gets the model of a book ready. If it cannot be had, peers have to do without this PC, and it is shown."""
        try:
            await self.ready(settings.model)
        except ModelError as error:
            await self._helper.give_up_model(settings.model_hash, error)

    async def add_found(self, preferred: str, *, offered: bool) -> None:
        """Looks for all models that this PC has and, if they are to be `offered`, has the helper offer them, so that
        peers' books find it ready. Peers that lack one get it in either case."""
        for model_hash in await self._engines.look_around(preferred):
            if offered:
                await self.add(model_hash)
        await self._say_again()  # what it lacks is sent too

    async def add(self, model_hash: str) -> None:
        """Has the helper decode with this model too, if it can."""
        if model_hash not in self._helper.troubles:
            await self._change((self._helper.offer.model_hashes or frozenset()) | {model_hash})

    async def withdraw(self, model_hash: str) -> None:
        """Has the helper decode with this model no more: it is to be removed."""
        await self._change((self._helper.offer.model_hashes or frozenset()) - {model_hash})

    async def renew(self) -> None:
        """Sends everybody again what this PC offers: its name, its availability or its number of slots changed."""
        await self._change(self._engines.model_hashes)

    def fetching_changed(self) -> None:
        """Lets peers know when a fetch begins, and when it is over."""
        if self._fetching() != self._told_fetching:
            self._told_fetching = self._fetching()
            self._tasks.start(self._say_again())

    async def availability_changed(self) -> None:
        """Does what the monitor decided; what failed before a pause is tried again after it."""
        decodes = self._monitor.availability.decodes
        if decodes and not self._helper.offer.slots:
            self._helper.troubles.clear()
        await self.renew()
        if not decodes:
            await self._rest()

    async def _rest(self) -> None:
        """This PC decodes nothing now: its memory and processor are the person's. Only the language of a book that has
        just come is still found."""
        await self._warm_ups.cancel()
        self._engines.rest()

    async def _warm_up(self, model_hash: str) -> None:
        try:
            await self._engines.warm_up(model_hash)
        except ModelError as error:
            await self._helper.give_up_model(model_hash, error)
        else:
            await self.add(model_hash)  # the device it found may take another number of chunks at once

    def gave_up(self, model_hash: str, error: ModelError) -> None:
        """Has a model tried again whose loading was broken off, as by whoever ends processes: later it may go well."""
        if isinstance(error, NotLoadedError) and model_hash not in self._retried:
            self._retried.add(model_hash)
            self._warm_ups.start(self._retry(model_hash))

    async def _retry(self, model_hash: str) -> None:
        try:
            await self._engines.load_retries.wait(model_hash)
        finally:
            self._retried.discard(model_hash)
        self._helper.troubles.pop(model_hash, None)
        await self._warm_up(model_hash)

    async def try_again(self) -> None:
        """Tries every model again with which this PC could not decode: a person asks for it."""
        self._engines.load_retries.end_all()
        if self._helper.troubles:
            self._helper.troubles.clear()
            await self.renew()

    def loaded(self, model_hash: str) -> None:
        """Renews the offer after a model was loaded for a chunk, or memory ran short with it: how much fits at once may
        be another number."""
        self._tasks.start(self.add(model_hash))

    async def _say_again(self) -> None:
        """Sends the offer again, with the models that are offered when this runs: some may have come since it was
        started."""
        await self._change(self._helper.offer.model_hashes or frozenset())

    async def _change(self, hashes: frozenset[str]) -> None:
        helper, engines = self._helper, self._engines
        usable = hashes.difference(helper.troubles)
        reason = self._unavailable_reason()
        decodes = self._monitor.availability.decodes
        slots = engines.slots(usable) if decodes else 0
        description = engines.engine.describe() if engines.engine else None
        device = description.device if description else None
        offer = replace(helper.offer, name=self._profile.name, model_hashes=usable, slots=slots, device=device)
        lack = lack_of_models(offer, fetching=self._fetching(), troubled=bool(helper.troubles))
        offer = replace(offer, unavailable_reason=lack if decodes else reason)
        if offer != helper.offer or reason != helper.unavailable_to_others:
            helper.unavailable_to_others = reason
            await helper.change(offer)

    def _unavailable_reason(self) -> UnavailableReason | None:
        """Return why this PC takes nothing of others."""
        why = self._monitor.availability.unavailability
        return None if why is None else why.kind
