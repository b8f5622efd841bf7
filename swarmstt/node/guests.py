"""Guests: workers that know nothing but a few HTTP calls. Each is a helper to the core, with a long lease.

One that promised heartbeats counts as gone soon after they end; one that did not may be silent while it decodes.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarmstt.core import events
from swarmstt.core.actions import Grant
from swarmstt.core.books import ChunkState, Provenance
from swarmstt.core.events import HelperOffer
from swarmstt.core.leases import LeaseState
from swarmstt.core.requests import GuestTranscript
from swarmstt.core.results import fault
from swarmstt.core.state import Chunk, Helper, Lease
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import ConflictError, InputError, NotFoundError
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId
from swarmstt.node.folders import Folders
from swarmstt.swarm.driver import Driver

MOST_GUESTS = 200
"""More worker_ids than this are refused: each costs a little memory for as long as the node runs."""


MOST_OF_A_GROUP = 32
"""The same for the guests of one invitation."""
SILENT_SECONDS = 30.0
"""A guest that promised heartbeats is gone after so long without any: enough for a network that fails for a moment."""
IDLE_SECONDS = 900.0
"""A guest that holds nothing and does not ask is shown as away after so long."""
WATCH_SECONDS = 5.0

_NODE_ID = re.compile(r"[0-9a-f]{64}")


class Guests:
    """The worker rows of the HTTP API, as events. The id of an invited guest is that of its invitation, a slash, and
    the worker_id that it chose."""

    def __init__(self, driver: Driver, folders: Folders) -> None:
        self._driver = driver
        self._folders = folders
        self._heard_at: dict[HelperId, float] = {}
        self._beating: set[HelperId] = set()

    async def watch(self) -> None:
        """Notices who has gone, until cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            self.look_for_gone(self._driver.now())

    def look_for_gone(self, at: float) -> None:
        """Says of each guest that was silent for too long that it left."""
        for helper_id, heard_at in list(self._heard_at.items()):
            helper = self._driver.coordinator.state.helpers.get(helper_id)
            if helper is None or not helper.linked or (helper.held and helper_id not in self._beating):
                continue
            if at - heard_at >= (SILENT_SECONDS if helper_id in self._beating else IDLE_SECONDS):
                self._driver.post(events.HelperLeft(at=at, helper_id=helper_id))

    async def register(self, worker_id: str, hostname: str) -> None:
        """A guest program began; what it had before its start is given away again."""
        self._check_room(HelperId(worker_id))
        self._beating.discard(HelperId(worker_id))
        await self._join(HelperId(worker_id), HelperOffer(name=hostname, silent=True), frozenset())

    def _check_room(self, helper_id: HelperId) -> None:
        helpers = self._driver.coordinator.state.helpers
        known = helpers.get(helper_id)
        if known is not None and _is_peer(known):
            raise ConflictError("That worker_id belongs to a PC of the swarm; choose another.")
        if known is not None:
            return
        silent = [each for each, helper in helpers.items() if helper.offer.silent]
        if len(silent) >= MOST_GUESTS:
            raise ConflictError(f"There are {MOST_GUESTS} guests already; restart the node to begin anew.")
        group, slash, _ = helper_id.rpartition("/")
        if slash and sum(each.startswith(group + slash) for each in silent) >= MOST_OF_A_GROUP:
            raise ConflictError(f"That invitation has {MOST_OF_A_GROUP} guests already; ask for another one.")

    async def _join(self, helper_id: HelperId, offer: HelperOffer, holding: frozenset[LeaseId]) -> None:
        self._heard_at[helper_id] = self._driver.now()
        await self._driver.ask(
            events.HelperJoined(at=self._driver.now(), helper_id=helper_id, offer=offer, holding=holding)
        )

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        """More of what a registered guest says of itself."""
        helper_id = HelperId(worker_id)
        offer = replace(self._driver.coordinator.state.helpers[helper_id].offer, device=device, slots=slots)
        await self._driver.ask(events.HelperChanged(at=self._driver.now(), helper_id=helper_id, offer=offer))

    def promise_heartbeats(self, worker_id: str) -> None:
        """From now on the guest is gone when it is silent."""
        self._beating.add(HelperId(worker_id))

    async def _ensure_known(self, worker_id: str, *, holds: bool = True) -> Helper:
        """The guest, heard just now. One that was thought to be gone, or that this node knows from before its own
        restart, has back what it held, if it `holds` that still and it is of use."""
        helper_id, state = HelperId(worker_id), self._driver.coordinator.state
        helper = state.helpers.get(helper_id)
        if helper is None or _is_peer(helper):
            await self.register(worker_id, worker_id.rpartition("/")[2])
        elif not helper.linked:
            offer = replace(helper.offer, silent=True, slots=max(1, helper.offer.slots))
            mine = [lease for lease in state.leases.values() if holds and lease.helper_id == helper_id]
            alive = (LeaseState.HELD, LeaseState.LOST)
            await self._join(helper_id, offer, frozenset(each.lease_id for each in mine if each.state in alive))
        self._heard_at[helper_id] = self._driver.now()
        return state.helpers[helper_id]

    async def heartbeat(self, worker_id: str) -> None:
        helper = await self._ensure_known(worker_id)
        for lease in list(helper.held.values()):
            self._driver.post(self._renewed(worker_id, lease, None))

    async def progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        await self.heartbeat(worker_id)
        lease = self._lease(worker_id, self._chunk(task_id))
        if lease is not None:
            await self._driver.ask(self._renewed(worker_id, lease, progress))

    def _renewed(self, worker_id: str, lease: Lease, progress: float | None) -> events.LeaseRenewed:
        return events.LeaseRenewed(
            at=self._driver.now(), helper_id=HelperId(worker_id), lease_id=lease.lease_id, progress=progress
        )

    async def next_chunk(self, worker_id: str) -> ChunkId | None:
        """Leases a chunk to the guest, if there is one."""
        await self._ensure_known(worker_id, holds=False)
        actions = await self._driver.ask(events.GuestAsked(at=self._driver.now(), helper_id=HelperId(worker_id)))
        grants = [each for each in actions if isinstance(each, Grant) and each.helper_id == worker_id]
        return grants[0].span.chunk_id if grants else None

    async def hand_back(self, worker_id: str, task_id: str, error: str | None) -> None:
        """Takes a chunk back that a guest holds; `error`: it could not decode it. Any other is passed over."""
        lease = self._lease(worker_id, self._chunk(task_id))
        if lease is None:
            return
        at, helper_id = self._driver.now(), HelperId(worker_id)
        if error is None:
            await self._driver.ask(events.ChunkReturned(at=at, helper_id=helper_id, lease_id=lease.lease_id))
        else:
            await self._driver.ask(
                events.ChunkFailed(at=at, helper_id=helper_id, lease_id=lease.lease_id, reason=error)
            )

    async def turn_out(self, group: str) -> None:
        """The guests of an invitation lose what they hold."""
        at = self._driver.now()
        for helper in list(self._driver.coordinator.state.helpers.values()):
            if helper.helper_id.startswith(f"{group}/") and helper.offer.silent:
                for lease_id in list(helper.held):
                    await self._driver.ask(events.ChunkReturned(at=at, helper_id=helper.helper_id, lease_id=lease_id))
                await self._driver.ask(events.HelperLeft(at=at, helper_id=helper.helper_id))

    def held(self, worker_id: str) -> list[Chunk]:
        """The chunks that a guest has in its hands."""
        helper = self._driver.coordinator.state.helpers.get(HelperId(worker_id))
        return [] if helper is None else [lease.chunk for lease in helper.held.values()]

    def held_by_group(self, group: str) -> list[Chunk]:
        """The chunks that all guests of an invitation have in their hands."""
        helpers = self._driver.coordinator.state.helpers
        return [chunk for each in helpers if each.startswith(f"{group}/") for chunk in self.held(each)]

    def chunk(self, chunk_id: ChunkId) -> Chunk | None:
        return self._driver.coordinator.state.chunk(chunk_id)

    async def complete(self, task_id: str, worker_id: str, given: GuestTranscript, processing_seconds: float) -> None:
        """Takes a result; one that was taken already changes nothing."""
        if HelperId(worker_id) in self._heard_at:
            self._heard_at[HelperId(worker_id)] = self._driver.now()
        chunk = self._chunk(task_id)
        if chunk.state is ChunkState.COMPLETED:
            return
        lease = self._lease(worker_id, chunk)
        if lease is None:
            raise ConflictError(f"{worker_id.rpartition('/')[2]} never had the task {task_id}.")
        transcript = ChunkTranscript(language=given.language, duration=given.duration, segments=given.segments)
        why = fault(transcript, chunk.span.seconds)
        helper = self._driver.coordinator.state.helpers[HelperId(worker_id)]
        provenance = Provenance(
            helper_name=helper.offer.name,
            model=chunk.book.settings.model,
            device=helper.offer.device or "guest",
            compute_type="unknown",
            processing_seconds=processing_seconds,
        )
        await self._driver.ask(
            events.ChunkDelivered(
                at=self._driver.now(),
                helper_id=HelperId(worker_id),
                lease_id=lease.lease_id,
                transcript=transcript,
                provenance=provenance,
            )
        )
        if why is not None:
            raise InputError(f"The transcript of {task_id} makes no sense: {why}.")

    async def audio(self, filename: str) -> Path:
        """The FLAC file of a chunk."""
        chunk = self._chunk(filename.removesuffix(".flac"))
        path = self._folders.audio(chunk.span.chunk_id)
        if not await asyncio.to_thread(path.exists):
            raise NotFoundError(f"The audio of {filename} is needed no more.")
        return path

    def _chunk(self, task_id: str) -> Chunk:
        book_id, _, index = task_id.partition("-")
        if index.isascii() and index.isdigit() and len(index) <= 9:
            chunk = self._driver.coordinator.state.chunk(ChunkId(BookId(book_id), int(index)))
            if chunk is not None:
                return chunk
        raise NotFoundError(f"There is no task {task_id}.")

    def _lease(self, worker_id: str, chunk: Chunk) -> Lease | None:
        mine = [lease for lease in chunk.leases.values() if lease.helper_id == worker_id]
        return mine[-1] if mine else None


def _is_peer(helper: Helper) -> bool:
    """Whether that is no guest. What a restarted node knows from its leases alone has said nothing of itself yet; a
    guest cannot have the id of a node there either."""
    return not helper.offer.silent and (helper.linked or _NODE_ID.fullmatch(helper.helper_id) is not None)


def task_fields(chunk_id: ChunkId) -> dict[str, Any]:
    """What names a chunk in the HTTP API."""
    return {"id": str(chunk_id), "book_id": chunk_id.book_id, "chunk_id": chunk_id.index}
