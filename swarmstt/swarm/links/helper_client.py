"""The helper: takes chunks from the coordinators it is linked to, decodes them, and delivers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from swarmstt.core.helping.work_queue import PATIENCE_SECONDS, Share, SlotKind, WorkQueue
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.work import ChunkDecoder, ChunkJob
from swarmstt.errors import EngineError, HandedBackError, InputError, ModelError, PeerError
from swarmstt.ids import LeaseId, NodeId
from swarmstt.swarm.links.in_hand import InHand, heartbeats, progress_of, set_if_finished
from swarmstt.swarm.links.kept_results import KeptResults, ResultStore
from swarmstt.swarm.links.link import Link, LinkClosedError
from swarmstt.swarm.links.messages import (
    PROTOCOL_VERSION,
    Acknowledged,
    Changed,
    Delivered,
    Failed,
    FromHelper,
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
from swarmstt.swarm.links.offer import Offer
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
DEFECT = "Something went wrong inside swarmstt on that PC; its log says more."


class HelperClient:
    """One node's helper. `offer` is what it says of itself; `change` changes that, and whom it helps. `kept`: where
    results outlive its own restart; without it they are in memory only. `needed` hears with which models a
    coordinator's books are decoded, `gave_up` which one it gives up, and why. `slot_kind`: see SlotKind."""

    def __init__(
        self,
        node_id: NodeId,
        offer: HelperOffer,
        decoder: ChunkDecoder,
        clock: Callable[[], float] = time.monotonic,
        kept: ResultStore | None = None,
        needed: Callable[[NodeId, tuple[NeededModel, ...]], None] = lambda coordinator, models: None,
        gave_up: Callable[[str, ModelError], None] = lambda model_hash, error: None,
        slot_kind: SlotKind = "single",
    ) -> None:
        self.offer = offer
        self.unavailable_to_others: str | None = None
        """Why others than the own node do not have its slots (a word of core/helping/unavailability.py); None where
        they have. To be set just before `change`."""
        self.troubles: dict[str, str] = {}
        """Why it cannot decode with a model, by the model's hash."""
        self.node_id = node_id
        self._decoder = decoder
        self._clock = clock
        self._needed = needed
        self._gave_up = gave_up
        self._queue = WorkQueue(offer.slots, kind=slot_kind)
        self._links: dict[NodeId, Link] = {}
        self._in_hand: dict[tuple[NodeId, LeaseId], InHand] = {}
        self._kept = KeptResults(kept, node_id)
        self._tasks = TaskSet()
        self._finished: asyncio.Event | None = None  # of one that is to finish

    @property
    def failed(self) -> asyncio.Future[None]:
        """Becomes done with an error if a part of it has died."""
        return self._tasks.failed

    async def __aenter__(self) -> HelperClient:
        self._tasks.start(self._beat())
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._tasks.close()

    @property
    def jobs(self) -> list[tuple[NodeId, ChunkJob]]:
        """What it decodes now, and for whom."""
        return [(each.coordinator, each.job) for each in self._in_hand.values() if each.task and each.outcome is None]

    async def serve(self, link: Link, coordinator: NodeId) -> None:
        """Help this coordinator until the link closes. Chunks in hand outlive the link: their results are delivered
        when it opens again, and after a restart those that are kept on disk."""
        mine = [chunk for (owner, _), chunk in self._in_hand.items() if owner == coordinator]
        working_on = frozenset(each.lease_id for each in mine)
        kept = await self._kept.lease_ids(coordinator) - working_on
        offer = self._offer_to(coordinator)
        await link.send(
            Hello(version=PROTOCOL_VERSION, node_id=self.node_id, offer=Offer.of(offer), holding=working_on | kept)
        )
        welcome = await link.receive()
        if not isinstance(welcome, Welcome) or welcome.version != PROTOCOL_VERSION:
            raise PeerError("The other PC runs another version of swarmstt; update both.")
        self._queue.opened(coordinator)
        self._links[coordinator] = link
        try:
            # Whatever has changed since Hello: nothing but this link lets the coordinator know.
            if self._offer_to(coordinator) != offer:
                await link.send(Changed(offer=Offer.of(self._offer_to(coordinator))))
            for chunk in mine:
                if chunk.outcome is not None:
                    await link.send(chunk.outcome)
                elif (coordinator, chunk.lease_id) not in self._in_hand:
                    await link.send(Returned(lease_id=chunk.lease_id))
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
                self._queue.closed(coordinator)
                set_if_finished(self._finished, self._in_hand.values(), self._links)

    async def change(self, offer: HelperOffer) -> None:
        """Send all coordinators what the helper is from now on; other nodes that it has no slots, if it does not help
        them. What it holds of a coordinator for which it has no slots any more, it hands back."""
        self.offer = replace(offer, slots=0, unavailable_reason="ending") if self._finished else offer
        self._queue.slots = self.offer.slots
        leaving = [
            each
            for each in self._in_hand.values()
            if each.outcome is None
            and not self._offer_to(each.coordinator).slots
            and not (self._finished and each.task)
        ]
        for chunk in leaving:  # before anything is sent, so that no slow link has the decodes go on
            if chunk.task is not None and chunk.task is not asyncio.current_task():
                chunk.task.cancel()
        for coordinator in list(self._links):
            await self._send(coordinator, Changed(offer=Offer.of(self._offer_to(coordinator))))
        for chunk in leaving:
            await self._hand_back(chunk)
        self._go_on()

    async def finish(self) -> None:
        """Take nothing more, hand back what has not been begun, and wait until what has been begun is decoded and
        stored: by its coordinator, unless that is away, or on this PC's disk."""
        self._finished = self._finished or asyncio.Event()
        await self.change(self.offer)
        await self._finished.wait()

    def _offer_to(self, coordinator: NodeId) -> HelperOffer:
        if self.unavailable_to_others is None or coordinator == self.node_id:
            return self.offer
        return replace(self.offer, slots=0, unavailable_reason=self.unavailable_to_others)

    async def _received(self, coordinator: NodeId, message: Message) -> None:
        match message:
            case Leased():
                await self._take(coordinator, message)
            case Stopped(lease_id=lease_id) | Acknowledged(lease_id=lease_id):
                chunk = self._in_hand.get((coordinator, lease_id))
                if chunk is None or chunk.outcome is not None:
                    await self._kept.forget(coordinator, lease_id)
                if chunk is not None:
                    await self._forget(chunk)
                if isinstance(message, Stopped):  # perhaps since this PC was silent; then it is given nothing more
                    self._queue.ask_again(coordinator)
                self._go_on()
            case Needed(models=models):
                self._needed(coordinator, models)
            case _:
                raise PeerError("A coordinator sent what only a helper sends.")

    async def _take(self, coordinator: NodeId, leased: Leased) -> None:
        helps = self._offer_to(coordinator).slots > 0
        lease_id, job = leased.lease_id, leased.job()
        if self._queue.granted(coordinator, lease_id, urgent=leased.urgent, share=Share.of(job)) and helps:
            self._in_hand[coordinator, lease_id] = InHand(coordinator=coordinator, lease_id=lease_id, job=job)
        else:
            self._queue.ended(coordinator, lease_id)
            await self._send(coordinator, Returned(lease_id=lease_id))
        self._go_on()

    def _go_on(self) -> None:
        """Take up what can be decoded and ask for what there is a place for."""
        while (following := self._queue.next_to_decode()) is not None:
            chunk = self._in_hand[following]
            chunk.task = self._tasks.start(self._decode(chunk))
        set_if_finished(self._finished, self._in_hand.values(), self._links)
        self._tasks.start(self._ask())

    async def _ask(self) -> None:
        """Ask now, and once more when the coordinators that were asked first had their time."""
        for delay in (0.0, 1.5 * PATIENCE_SECONDS):  # clocks are coarse
            await asyncio.sleep(delay)
            open_to = frozenset(each for each in self._links if self._offer_to(each).slots)
            for coordinator, total in self._queue.asks(self._clock(), open_to):
                await self._send(coordinator, Wanted(total=total))

    async def _decode(self, chunk: InHand) -> None:
        lease_id = chunk.lease_id

        def on_progress(part: float) -> None:
            chunk.progress = part

        try:
            result = await self._decoder.decode(chunk.job, on_progress)
        except ModelError as error:
            await self.give_up_model(chunk.job.model_hash, error)
            return
        except HandedBackError:
            await self._hand_back(chunk)
            self._go_on()
            return
        except (EngineError, InputError) as error:
            chunk.outcome = Failed(lease_id=lease_id, reason=error.message)
        except Exception:  # a defect of the decoder: it costs this chunk a try, and not the helper its place
            logger.exception("Decoding a part of %s failed.", chunk.job.title)
            chunk.outcome = Failed(lease_id=lease_id, reason=DEFECT)
        else:
            chunk.outcome = Delivered.of(lease_id, result)
        self._queue.ended(chunk.coordinator, lease_id)
        if isinstance(chunk.outcome, Delivered) and await self._kept.keep(chunk.coordinator, chunk.outcome):
            self._in_hand.pop((chunk.coordinator, lease_id), None)
        await self._send(chunk.coordinator, chunk.outcome)
        self._go_on()

    async def give_up_model(self, model_hash: str, error: ModelError) -> None:
        """Take no more chunks for a model that cannot be decoded with here, rather than fail chunk after chunk."""
        logger.warning("This PC cannot decode: %s", error.message)
        self.troubles[model_hash] = error.message
        self._gave_up(model_hash, error)
        rest = (self.offer.model_hashes or frozenset()) - {model_hash}
        reason = self.offer.unavailable_reason if rest else "cannot_run"
        await self.change(replace(self.offer, model_hashes=rest, unavailable_reason=reason))
        for chunk in list(self._in_hand.values()):
            if chunk.outcome is None and chunk.job.model_hash == model_hash:
                await self._hand_back(chunk)
        self._go_on()

    async def _hand_back(self, chunk: InHand) -> None:
        await self._forget(chunk)
        await self._send(chunk.coordinator, Returned(lease_id=chunk.lease_id))

    async def _forget(self, chunk: InHand) -> None:
        key = chunk.coordinator, chunk.lease_id
        self._in_hand.pop(key, None)
        if chunk.task is not None and chunk.outcome is None and chunk.task is not asyncio.current_task():
            chunk.task.cancel()
            await asyncio.wait({chunk.task})
        self._queue.ended(*key)

    async def _send(self, coordinator: NodeId, message: FromHelper) -> None:
        """Send nothing to a coordinator that is away: when it is back, it gets all that counts."""
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
                for heartbeat in heartbeats(progress_of(self._in_hand.values(), coordinator)):
                    await self._send(coordinator, heartbeat)
