"""What a node's own helper offers: which models, how many slots, on what. Models are loaded ahead of chunks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from swarmstt.core.why_not import WhyNot, about_models
from swarmstt.errors import ModelError, OutOfMemoryError
from swarmstt.node.engines import Engines
from swarmstt.node.manners import MannersKeeper
from swarmstt.node.model_finding import ModelFinding
from swarmstt.swarm.helper import Helper
from swarmstt.tasks import TaskSet


class Offering:
    """Keeps the helper's offer true. `why_not` tells why this PC decodes nothing at all, if it does not; `fetching`
    whether a model is on its way; `tasks` are the node's."""

    def __init__(
        self,
        helper: Helper,
        engines: Engines,
        finding: ModelFinding,
        keeper: MannersKeeper,
        *,
        why_not: Callable[[], WhyNot | None],
        fetching: Callable[[], bool],
        tasks: TaskSet,
    ) -> None:
        self._helper = helper
        self._engines = engines
        self._finding = finding
        self._keeper = keeper
        self._why_not = why_not
        self._fetching = fetching
        self._told_fetching = False
        self._tasks = tasks
        self._warm_ups = TaskSet()
        engines.on_loaded = self._loaded
        engines.is_resting = lambda: why_not() is not None

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._warm_ups.failed

    async def close(self) -> None:
        await self._warm_ups.close()

    async def ready(self, name: str) -> str:
        """Gets the model, begins to load it, and has the helper offer it; its hash. ModelError where there is none by
        that name to be had."""
        model_hash = await self._finding.obtain(name)
        await self.add(model_hash)
        if self._helper.offer.slots:
            self._warm_ups.start(self._warm_up(model_hash))
        return model_hash

    async def add_found(self, preferred: str, *, offered: bool) -> None:
        """Looks for all models that this PC has and, if they are to be `offered`, has the helper offer them, so that
        peers' books find it ready. Peers that lack one get it in either case."""
        for model_hash in await self._engines.look_around(preferred):
            if offered:
                await self.add(model_hash)
        await self._say_again()  # what it lacks is told too

    async def add(self, model_hash: str) -> None:
        """The helper decodes with this model too, if it can."""
        if model_hash not in self._helper.troubles:
            await self._change((self._helper.offer.model_hashes or frozenset()) | {model_hash})

    async def renew(self) -> None:
        """Tells everybody anew what this PC offers: it has another name, other manners, or another number of slots."""
        await self._change(self._engines.model_hashes)

    def fetching_changed(self) -> None:
        """Something was said of a fetch: peers hear when it begins, and when it is over."""
        if self._fetching() != self._told_fetching:
            self._told_fetching = self._fetching()
            self._tasks.start(self._say_again())

    async def rest(self) -> None:
        """This PC decodes nothing now: its memory and processor are the person's. Only the language of a book that has
        just come is still found."""
        await self._warm_ups.cancel()
        self._engines.rest()

    async def _warm_up(self, model_hash: str) -> None:
        try:
            await self._engines.warm_up(model_hash)
        except (ModelError, OutOfMemoryError) as error:
            await self._helper.give_up_model(model_hash, error.message)
        else:
            await self.add(model_hash)  # the device it found may take another number of chunks at once

    def _loaded(self, model_hash: str) -> None:
        self._tasks.start(self.add(model_hash))

    async def _say_again(self) -> None:
        """With the models that are offered when this runs: some may have come since it was started."""
        await self._change(self._helper.offer.model_hashes or frozenset())

    async def _change(self, hashes: frozenset[str]) -> None:
        helper, engines = self._helper, self._engines
        usable = hashes.difference(helper.troubles)
        why_not = self._why_not()
        slots = engines.slots(usable) if why_not is None else 0
        description = engines.engine.describe() if engines.engine else None
        device = description.device if description else None
        name = engines.helper_name
        offer = replace(helper.offer, name=name, model_hashes=usable, slots=slots, device=device, why_not=why_not)
        if why_not is None:
            lack = about_models(offer, fetching=self._fetching(), troubled=bool(helper.troubles))
            offer = replace(offer, why_not=lack)
        others = why_not or self._keeper.manners.word
        if offer != helper.offer or others != helper.why_not_others:
            helper.why_not_others = others
            await helper.change(offer)
