"""The coordinator's end of the helper links: messages from helpers become events, actions become messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from swarmstt.core.helper_kinds import POLICY, HelperKind
from swarmstt.core.scheduling.actions import Acknowledge, Grant, StopLease
from swarmstt.display_text import one_line
from swarmstt.errors import PeerError, SwarmError
from swarmstt.ids import BookId, ChunkId, HelperId, NodeId
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_session import HelperSession
from swarmstt.swarm.links.lease_beats import LeaseBeats
from swarmstt.swarm.links.link import Link, LinkClosedError
from swarmstt.swarm.links.messages import (
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
from swarmstt.swarm.links.outlets import ForHelper, Outlets
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

ReadAudio = Callable[[ChunkId], Awaitable[bytes]]
MendAudio = Callable[[ChunkId], Awaitable[None]]
"""Waits until a chunk's audio can be read again. SwarmError, which says why, if it will not be."""
RENEW_SECONDS = 2.0
"""A lease is renewed so often while its audio is mended: the helper does not know of it so far."""


class HelperServer:
    """Serves the helpers of one coordinator that come over links. `read_audio` gives a chunk's FLAC; `title_of` a
    book's title; `mend_audio` does what can be done if that cannot be read."""

    def __init__(
        self,
        node_id: NodeId,
        name: str,
        *,
        driver: Driver,
        outlets: Outlets,
        read_audio: ReadAudio,
        title_of: Callable[[BookId], str],
        mend_audio: MendAudio | None = None,
    ) -> None:
        self.node_id = node_id
        self._name = name
        self._driver = driver
        self._outlets = outlets
        self._read_audio = read_audio
        self._title_of = title_of
        self._mend_audio = mend_audio
        self._outboxes: set[_Outbox] = set()
        self._needed = Needed(models=())

    def need(self, models: tuple[NeededModel, ...]) -> None:
        """Send the helpers the models with which the books are decoded, so that each can get what it lacks."""
        if models != self._needed.models:
            self._needed = Needed(models=models)
            for outbox in self._outboxes:
                outbox.put(self._needed)

    async def serve(self, link: Link, *, kind: HelperKind, proven_id: NodeId | None = None) -> None:
        """Serve one helper until its link closes. Only one link of a helper is served: a newer replaces an older.

        `kind`: what the caller lets it in as. `proven_id`: whose link it is; it cannot speak for another. Raises
        PeerError for a helper that makes no sense.
        """
        hello = await link.receive()
        if not isinstance(hello, Hello) or proven_id not in (None, hello.node_id):
            raise PeerError("A helper did not introduce itself.")
        if hello.version != PROTOCOL_VERSION:
            name = one_line(hello.offer.name)
            raise PeerError(f"{name} speaks version {hello.version}; update swarmstt on both PCs.")
        outbox = _Outbox()
        session = HelperSession(HelperId(hello.node_id), kind, outbox, driver=self._driver, outlets=self._outlets)
        await link.send(Welcome(version=PROTOCOL_VERSION, node_id=self.node_id, name=self._name))
        if self._needed.models:
            outbox.put(self._needed)
        self._outboxes.add(outbox)
        session.joined(hello.offer.value(), hello.holding)
        sending = TaskSet()
        sending.start(self._send_all(link, outbox, session, sending))
        clock = asyncio.get_running_loop().time
        beats = LeaseBeats(POLICY[kind].most_slots + 1, clock())
        try:
            while True:
                message = await link.receive()
                if isinstance(message, Heartbeat):
                    for lease_id, part in beats.take(clock(), message.progress):
                        session.renewed(lease_id, part)
                    if beats.pause_seconds:
                        await asyncio.sleep(beats.pause_seconds)
                else:
                    _received(message, session)
        except LinkClosedError:
            logger.debug("%s closed its link.", session.helper_id)
        finally:
            await sending.close()
            self._outboxes.discard(outbox)
            session.left()

    async def _send_all(self, link: Link, outbox: _Outbox, session: HelperSession, mending: TaskSet) -> None:
        while True:
            action = await outbox.next()
            try:
                await link.send(await self._message(action))
            except LinkClosedError:
                return
            except OSError as error:
                # Only a grant reads from the disk. Of a chunk that was completed meanwhile, or whose book was removed,
                # the lease has ended, and nothing comes of this but that the helper has its place still.
                assert isinstance(action, Grant)
                if self._mend_audio is not None and self._is_held(action):
                    mending.start(self._mend(action, self._mend_audio, outbox, session))
                    continue
                reason = f"Its sound cannot be read from the coordinator's disk: {error.strerror}."
                session.unreached(action.lease_id, reason)

    def _is_held(self, grant: Grant) -> bool:
        chunk = self._driver.state.chunk(grant.span.chunk_id)
        return chunk is not None and any(lease.lease_id == grant.lease_id for lease in chunk.held)

    async def _mend(self, grant: Grant, mend: MendAudio, outbox: _Outbox, session: HelperSession) -> None:
        """Sends the grant once the chunk's audio is mended, if the lease is held until then."""
        chunk_id = grant.span.chunk_id
        logger.warning("%s: the audio of a part is damaged; it is cut again.", self._title_of(chunk_id.book_id))
        mended = asyncio.ensure_future(mend(chunk_id))
        try:
            while not mended.done():
                await asyncio.wait({mended}, timeout=RENEW_SECONDS)
                if not self._is_held(grant):
                    return
                session.renewed(grant.lease_id)
            mended.result()
        except SwarmError as error:
            session.unreached(grant.lease_id, error.message)
        else:
            outbox.put(grant)
        finally:
            mended.cancel()

    async def _message(self, action: ForHelper | Needed) -> FromCoordinator:
        match action:
            case Needed():
                return action
            case Acknowledge(lease_id=lease_id):
                return Acknowledged(lease_id=lease_id)
            case StopLease(lease_id=lease_id):
                return Stopped(lease_id=lease_id)
            case Grant():
                return await self._leased(action)

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
            urgent=grant.urgent,
            tries=grant.tries,
        )


class _Outbox:
    """What a helper is to be sent over its link, in order; an Outlet."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[ForHelper | Needed] = asyncio.Queue()

    def carry_out(self, action: ForHelper) -> None:
        self.put(action)

    def put(self, what: ForHelper | Needed) -> None:
        self._queue.put_nowait(what)

    async def next(self) -> ForHelper | Needed:
        return await self._queue.get()


def _received(message: Message, session: HelperSession) -> None:
    match message:
        case Wanted(total=total):
            session.wants(total)
        case Delivered(lease_id=lease_id):
            session.delivered(lease_id, message.result())
        case Failed(lease_id=lease_id, reason=reason):
            session.failed(lease_id, reason)
        case Returned(lease_id=lease_id):
            session.returned(lease_id)
        case Changed(offer=offer):
            session.changed(offer.value())
        case _:
            raise PeerError("A helper sent what only a coordinator sends.")
