"""The coordinator's end of the helper links: messages from helpers become events, actions become messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from swarmstt.config import MOST_SLOTS
from swarmstt.core import events
from swarmstt.core.actions import Acknowledge, AnyAction, Grant, StopLease
from swarmstt.core.books import Provenance
from swarmstt.core.outside_text import one_line
from swarmstt.core.rules import possible_speed
from swarmstt.errors import PeerError
from swarmstt.ids import BookId, ChunkId, HelperId, NodeId
from swarmstt.swarm.driver import Driver
from swarmstt.swarm.link import Link, LinkClosedError
from swarmstt.swarm.messages import (
    PROTOCOL_VERSION,
    Acknowledged,
    Changed,
    Delivered,
    Failed,
    FromCoordinator,
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

ReadAudio = Callable[[ChunkId], Awaitable[bytes]]


class Desk:
    """Serves the helpers of one coordinator. `read_audio` gives a chunk's FLAC; `title_of` a book's title."""

    def __init__(self, node_id: NodeId, name: str, read_audio: ReadAudio, title_of: Callable[[BookId], str]) -> None:
        self._node_id = node_id
        self._name = name
        self._read_audio = read_audio
        self._title_of = title_of
        self._outboxes: dict[HelperId, asyncio.Queue[AnyAction | Needed]] = {}
        self._needed = Needed(models=())

    def need(self, models: tuple[NeededModel, ...]) -> None:
        """Tells the helpers with which models the books are decoded, so that who lacks one can get it."""
        if models != self._needed.models:
            self._needed = Needed(models=models)
            for outbox in self._outboxes.values():
                outbox.put_nowait(self._needed)

    def carry_out(self, action: Grant | StopLease | Acknowledge) -> None:
        """Queues what is for a linked helper. Nothing is said to one that is away: when it comes back it says
        itself what it holds, and hears then."""
        outbox = self._outboxes.get(action.helper_id)
        if outbox is not None:
            outbox.put_nowait(action)

    async def serve(self, link: Link, driver: Driver, *, own: bool = False, proven_id: NodeId | None = None) -> None:
        """Serves one helper until its link closes. Only one link of a helper is served: a newer replaces an older.

        `proven_id`: whose link it is; it cannot speak for another. PeerError for a helper that makes no sense.
        """
        hello = await link.receive()
        if not isinstance(hello, Hello) or proven_id not in (None, hello.node_id):
            raise PeerError("A helper did not introduce itself.")
        offer = _accepted(hello.offer, own=own)
        if hello.version != PROTOCOL_VERSION:
            raise PeerError(f"{offer.name} speaks version {hello.version}; update swarmstt on both PCs.")
        helper_id = HelperId(hello.node_id)
        outbox: asyncio.Queue[AnyAction | Needed] = asyncio.Queue()
        self._outboxes[helper_id] = outbox
        await link.send(Welcome(version=PROTOCOL_VERSION, node_id=self._node_id, name=self._name))
        if self._needed.models:
            outbox.put_nowait(self._needed)
        driver.post(events.HelperJoined(at=driver.now(), helper_id=helper_id, offer=offer, holding=hello.holding))
        sending = TaskSet()
        sending.start(self._send_all(link, outbox, helper_id, driver))
        try:
            while True:
                self._received(await link.receive(), helper_id, driver, own=own)
        except LinkClosedError:
            logger.debug("%s closed its link.", offer.name)
        finally:
            await sending.close()
            if self._outboxes.get(helper_id) is outbox:
                del self._outboxes[helper_id]
                driver.post(events.HelperLeft(at=driver.now(), helper_id=helper_id))

    async def _send_all(
        self, link: Link, outbox: asyncio.Queue[AnyAction | Needed], helper_id: HelperId, driver: Driver
    ) -> None:
        while True:
            action = await outbox.get()
            try:
                await link.send(await self._message(action))
            except LinkClosedError:
                return
            except OSError as error:
                # Only a grant reads from the disk. Of a chunk that was completed meanwhile, or whose book was removed,
                # the lease has ended, and nothing comes of this but that the helper has its place still.
                assert isinstance(action, Grant)
                reason = f"Its sound cannot be read from the coordinator's disk: {error.strerror}."
                driver.post(
                    events.ChunkFailed(
                        at=driver.now(), helper_id=helper_id, lease_id=action.lease_id, reason=reason, reached=False
                    )
                )

    async def _message(self, action: AnyAction | Needed) -> FromCoordinator:
        match action:
            case Needed():
                return action
            case Acknowledge(lease_id=lease_id):
                return Acknowledged(lease_id=lease_id)
            case StopLease(lease_id=lease_id):
                return Stopped(lease_id=lease_id)
            case Grant():
                return await self._leased(action)
        raise TypeError(f"{action!r} is not for helpers.")

    async def _leased(self, grant: Grant) -> Leased:
        chunk_id = grant.span.chunk_id
        audio = await self._read_audio(chunk_id)
        return Leased(
            lease_id=grant.lease_id,
            book_id=chunk_id.book_id,
            book_title=self._title_of(chunk_id.book_id),
            sample_count=grant.span.sample_count,
            model=grant.model,
            model_hash=grant.model_hash,
            options=grant.options,
            audio=audio,
        )

    def _received(self, message: Message, helper_id: HelperId, driver: Driver, *, own: bool) -> None:
        at = driver.now()
        match message:
            case Heartbeat(progress=progress):
                for lease_id, part in progress.items():
                    driver.post(events.LeaseRenewed(at=at, helper_id=helper_id, lease_id=lease_id, progress=part))
            case Wanted(total=total):
                driver.post(events.ChunksWanted(at=at, helper_id=helper_id, total=total))
            case Delivered(lease_id=lease_id, transcript=transcript, provenance=provenance):
                driver.post(
                    events.ChunkDelivered(
                        at=at,
                        helper_id=helper_id,
                        lease_id=lease_id,
                        transcript=transcript,
                        provenance=_tidy(provenance),
                    )
                )
            case Failed(lease_id=lease_id, reason=reason):
                driver.post(
                    events.ChunkFailed(at=at, helper_id=helper_id, lease_id=lease_id, reason=one_line(reason, 500))
                )
            case Returned(lease_id=lease_id):
                driver.post(events.ChunkReturned(at=at, helper_id=helper_id, lease_id=lease_id))
            case Changed(offer=offer):
                accepted = _accepted(offer, own=own)
                driver.post(events.HelperChanged(at=at, helper_id=helper_id, offer=accepted))
            case _:
                raise PeerError("A helper sent what only a coordinator sends.")


def _accepted(offer: events.HelperOffer, *, own: bool) -> events.HelperOffer:
    """An offer as the desk takes it: whether it is the own helper's is not for the helper to say, and what no PC can
    do is not believed."""
    return replace(
        offer,
        name=one_line(offer.name) or "a PC",
        device=None if offer.device is None else one_line(offer.device),
        slots=min(max(offer.slots, 0), MOST_SLOTS),
        speed=None if offer.speed is None else possible_speed(offer.speed),
        own=own,
        silent=False,
    )


def _tidy(provenance: Provenance) -> Provenance:
    return replace(
        provenance,
        helper_name=one_line(provenance.helper_name) or "a PC",
        model=one_line(provenance.model),
        device=one_line(provenance.device),
        compute_type=one_line(provenance.compute_type),
    )
