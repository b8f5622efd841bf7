"""The helper: takes chunks from the coordinators it is linked to, decodes them, and delivers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from swarmstt.core.books import Provenance
from swarmstt.core.events import HelperOffer
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.core.workbench import PATIENCE_SECONDS, Workbench
from swarmstt.errors import EngineError, InputError, ModelError, PeerError
from swarmstt.ids import LeaseId, NodeId
from swarmstt.swarm.keeping import Keeping, KeptResults
from swarmstt.swarm.link import Link, LinkClosedError
from swarmstt.swarm.messages import (
    PROTOCOL_VERSION,
    Acknowledged,
    Changed,
    Delivered,
    Failed,
    FromHelper,
    Heartbeat,
    Hello,
    Leased,
    Message,
    Needed,
    NeededModel,
    Returned,
    Stopped,
    Wanted,
    Welcome,
)
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0


class Decoding(Protocol):
    """What turns a chunk into words: the engine, or a fake in tests."""

    async def decode(self, leased: Leased, on_progress: Callable[[float], None]) -> tuple[ChunkTranscript, Provenance]:
        """EngineError or InputError where this chunk cannot be decoded; ModelError where none can. Cancelling it
        stops the decode."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Job:
    """A chunk in hand; then, with `outcome`, what came of it until the coordinator acknowledges it or it is kept on
    disk."""

    coordinator: NodeId
    leased: Leased
    progress: float = 0.0
    task: asyncio.Task[None] | None = None
    outcome: Delivered | Failed | None = None


class Helper:
    """One node's helper. `offer` is what it says of itself; `change` changes that, and whom it helps. `kept`: where
    results outlive its own restart; without it they are in memory only."""

    def __init__(
        self,
        node_id: NodeId,
        offer: HelperOffer,
        decoding: Decoding,
        clock: Callable[[], float] = time.monotonic,
        kept: KeptResults | None = None,
    ) -> None:
        self.offer = offer
        self.why_not_others: str | None = None
        """Why others than the own node do not have its slots (a word of core/why_not.py); None where they have.
        To be set just before `change`."""
        self.on_needed: Callable[[NodeId, tuple[NeededModel, ...]], None] = lambda coordinator, models: None
        """Hears with which models a coordinator's books are decoded."""
        self.troubles: dict[str, str] = {}
        """Why it cannot decode with a model, by the model's hash."""
        self._node_id = node_id
        self._decoding = decoding
        self._clock = clock
        self._bench = Workbench(offer.slots)
        self._links: dict[NodeId, Link] = {}
        self._jobs: dict[tuple[NodeId, LeaseId], _Job] = {}
        self._kept = Keeping(kept, node_id)
        self._tasks = TaskSet()

    async def __aenter__(self) -> Helper:
        self._tasks.start(self._beat())
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._tasks.close()

    @property
    def jobs(self) -> list[tuple[NodeId, Leased, float]]:
        """What it works on now: whose, what, and the part that is decoded."""
        return [(j.coordinator, j.leased, j.progress) for j in self._jobs.values() if j.task and j.outcome is None]

    async def serve(self, link: Link, coordinator: NodeId) -> None:
        """Helps this coordinator until the link closes. Chunks in hand outlive the link: their results are
        delivered when it opens again, and those that are kept on disk after a restart too."""
        mine = [job for (owner, _), job in self._jobs.items() if owner == coordinator]
        in_hand = frozenset(job.leased.lease_id for job in mine)
        kept = await self._kept.lease_ids(coordinator) - in_hand
        offer = self._offer_to(coordinator)
        await link.send(Hello(version=PROTOCOL_VERSION, node_id=self._node_id, offer=offer, holding=in_hand | kept))
        welcome = await link.receive()
        if not isinstance(welcome, Welcome) or welcome.version != PROTOCOL_VERSION:
            raise PeerError("The other PC runs another version of swarmstt; update both.")
        self._bench.opened(coordinator)
        self._links[coordinator] = link
        try:
            # Whatever became different since Hello: nobody but this link has told the coordinator.
            if self._offer_to(coordinator) != offer:
                await link.send(Changed(offer=self._offer_to(coordinator)))
            for job in mine:
                if job.outcome is not None:
                    await link.send(job.outcome)
                elif (coordinator, job.leased.lease_id) not in self._jobs:
                    await link.send(Returned(lease_id=job.leased.lease_id))
            for lease_id in sorted(kept):
                await link.send(await self._kept.message(coordinator, lease_id))
            self._go_on()
            while True:
                await self._received(coordinator, await link.receive())
        except LinkClosedError:
            logger.debug("The link to %s closed.", welcome.name)
        finally:
            if self._links.get(coordinator) is link:
                del self._links[coordinator]
                self._bench.closed(coordinator)

    async def change(self, offer: HelperOffer) -> None:
        """Tells all coordinators what the helper is from now on; others than the own node that it has no slots, if
        it does not help them. Where a coordinator has no slots any more, it hands back what it holds."""
        self.offer = offer
        self._bench.slots = offer.slots
        leaving = [j for j in self._jobs.values() if j.outcome is None and not self._offer_to(j.coordinator).slots]
        for job in leaving:  # before anything is sent, so that no slow link has the decodes go on
            if job.task is not None and job.task is not asyncio.current_task():
                job.task.cancel()
        for coordinator in list(self._links):
            await self._send(coordinator, Changed(offer=self._offer_to(coordinator)))
        for job in leaving:
            await self._hand_back(job)
        self._go_on()

    def _offer_to(self, coordinator: NodeId) -> HelperOffer:
        if self.why_not_others is None or coordinator == self._node_id:
            return self.offer
        return replace(self.offer, slots=0, why_not=self.why_not_others)

    async def _received(self, coordinator: NodeId, message: Message) -> None:
        match message:
            case Leased():
                await self._take(coordinator, message)
            case Stopped(lease_id=lease_id) | Acknowledged(lease_id=lease_id):
                job = self._jobs.get((coordinator, lease_id))
                if job is None or job.outcome is not None:
                    await self._kept.forget(coordinator, lease_id)
                if job is not None:
                    await self._forget(job)
                if isinstance(message, Stopped):  # perhaps since this PC was silent; then it is given nothing more
                    self._bench.ask_again(coordinator)
                self._go_on()
            case Needed(models=models):
                self.on_needed(coordinator, models)
            case _:
                raise PeerError("A coordinator sent what only a helper sends.")

    async def _take(self, coordinator: NodeId, leased: Leased) -> None:
        helps = self._offer_to(coordinator).slots > 0
        if self._bench.granted(coordinator, leased.lease_id) and helps:
            self._jobs[coordinator, leased.lease_id] = _Job(coordinator=coordinator, leased=leased)
        else:
            self._bench.ended(coordinator, leased.lease_id)
            await self._send(coordinator, Returned(lease_id=leased.lease_id))
        self._go_on()

    def _go_on(self) -> None:
        """Takes up what can be decoded and asks for what there is a place for."""
        while (following := self._bench.next_to_decode()) is not None:
            job = self._jobs[following]
            job.task = self._tasks.start(self._decode(job))
        self._tasks.start(self._ask())

    async def _ask(self) -> None:
        """Asks now, and once more when the first asked had their time."""
        for delay in (0.0, 1.5 * PATIENCE_SECONDS):  # clocks are coarse
            await asyncio.sleep(delay)
            open_to = frozenset(each for each in self._links if self._offer_to(each).slots)
            for coordinator, total in self._bench.asks(self._clock(), open_to):
                await self._send(coordinator, Wanted(total=total))

    async def _decode(self, job: _Job) -> None:
        lease_id = job.leased.lease_id

        def on_progress(part: float) -> None:
            job.progress = part

        try:
            transcript, provenance = await self._decoding.decode(job.leased, on_progress)
        except ModelError as error:
            await self.give_up_model(job.leased.model_hash, error.message)
            return
        except (EngineError, InputError) as error:
            job.outcome = Failed(lease_id=lease_id, reason=error.message)
        else:
            job.outcome = Delivered(lease_id=lease_id, transcript=transcript, provenance=provenance)
        self._bench.ended(job.coordinator, lease_id)
        if isinstance(job.outcome, Delivered) and await self._kept.keep(job.coordinator, job.outcome):
            self._jobs.pop((job.coordinator, lease_id), None)
        await self._send(job.coordinator, job.outcome)
        self._go_on()

    async def give_up_model(self, model_hash: str, why: str) -> None:
        """Nothing can be decoded with this model here: takes no more for it, rather than fail chunk after chunk."""
        logger.warning("This PC cannot decode: %s", why)
        self.troubles[model_hash] = why
        rest = (self.offer.model_hashes or frozenset()) - {model_hash}
        why_not = self.offer.why_not if rest else "cannot_run"
        await self.change(replace(self.offer, model_hashes=rest, why_not=why_not))
        for job in [job for job in self._jobs.values() if job.outcome is None and job.leased.model_hash == model_hash]:
            await self._hand_back(job)
        self._go_on()

    async def _hand_back(self, job: _Job) -> None:
        await self._forget(job)
        await self._send(job.coordinator, Returned(lease_id=job.leased.lease_id))

    async def _forget(self, job: _Job) -> None:
        key = job.coordinator, job.leased.lease_id
        self._jobs.pop(key, None)
        if job.task is not None and job.outcome is None and job.task is not asyncio.current_task():
            job.task.cancel()
            await asyncio.wait({job.task})
        self._bench.ended(*key)

    async def _send(self, coordinator: NodeId, message: FromHelper) -> None:
        """To a coordinator that is away nothing is said now: on its return it is told all that counts."""
        link = self._links.get(coordinator)
        if link is None:
            return
        try:
            await link.send(message)
        except LinkClosedError:
            logger.debug("A message could not be sent: the link closed.")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for coordinator in list(self._links):
                progress = {
                    lease_id: job.progress
                    for (owner, lease_id), job in self._jobs.items()
                    if owner == coordinator and job.outcome is None
                }
                if progress:
                    await self._send(coordinator, Heartbeat(progress=progress))
