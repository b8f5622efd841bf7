"""Guests: workers that know nothing but a few HTTP calls. Each is a helper to the core, with a long lease."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmstt.core import events
from swarmstt.core.actions import Grant
from swarmstt.core.books import ChunkState, Provenance
from swarmstt.core.events import HelperOffer
from swarmstt.core.requests import GuestTranscript
from swarmstt.core.results import fault
from swarmstt.core.state import Chunk, Lease
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import ConflictError, InputError, NotFoundError
from swarmstt.ids import BookId, ChunkId, HelperId
from swarmstt.node.folders import Folders
from swarmstt.swarm.driver import Driver

MOST_GUESTS = 200
"""More worker_ids than this are refused: each costs a little memory for as long as the node runs."""


class Guests:
    """The worker rows of the HTTP API, as events."""

    def __init__(self, driver: Driver, folders: Folders) -> None:
        self._driver = driver
        self._folders = folders

    async def register(self, worker_id: str, hostname: str) -> None:
        """A guest program began; what it had before its start is given away again."""
        state = self._driver.coordinator.state
        silent = sum(helper.offer.silent for helper in state.helpers.values())
        known = state.helpers.get(HelperId(worker_id))
        if known is None and silent >= MOST_GUESTS:
            raise ConflictError(f"There are {MOST_GUESTS} guests already; restart the node to begin anew.")
        if known is not None and not known.offer.silent:
            raise ConflictError("That worker_id belongs to a PC of the swarm; choose another.")
        offer = HelperOffer(name=hostname, silent=True)
        await self._driver.ask(events.HelperJoined(at=self._driver.now(), helper_id=HelperId(worker_id), offer=offer))

    async def _ensure_known(self, worker_id: str) -> None:
        helper = self._driver.coordinator.state.helpers.get(HelperId(worker_id))
        if helper is None or not helper.offer.silent:
            await self.register(worker_id, worker_id)

    async def heartbeat(self, worker_id: str) -> None:
        await self._ensure_known(worker_id)
        helper = self._driver.coordinator.state.helpers[HelperId(worker_id)]
        for lease in list(helper.held.values()):
            self._renew(worker_id, lease, None)

    async def progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        await self.heartbeat(worker_id)
        lease = self._lease(worker_id, self._chunk(task_id))
        if lease is not None:
            self._renew(worker_id, lease, progress)

    def _renew(self, worker_id: str, lease: Lease, progress: float | None) -> None:
        self._driver.post(
            events.LeaseRenewed(
                at=self._driver.now(), helper_id=HelperId(worker_id), lease_id=lease.lease_id, progress=progress
            )
        )

    async def next_chunk(self, worker_id: str) -> ChunkId | None:
        """Leases a chunk to the guest, if there is one."""
        await self._ensure_known(worker_id)
        actions = await self._driver.ask(events.GuestAsked(at=self._driver.now(), helper_id=HelperId(worker_id)))
        grants = [each for each in actions if isinstance(each, Grant) and each.helper_id == worker_id]
        return grants[0].span.chunk_id if grants else None

    async def complete(self, task_id: str, worker_id: str, given: GuestTranscript, processing_seconds: float) -> None:
        """Takes a result; one that was taken already changes nothing."""
        chunk = self._chunk(task_id)
        if chunk.state is ChunkState.COMPLETED:
            return
        lease = self._lease(worker_id, chunk)
        if lease is None:
            raise ConflictError(f"{worker_id} never had the task {task_id}.")
        transcript = ChunkTranscript(language=given.language, duration=given.duration, segments=given.segments)
        why = fault(transcript, chunk.span.seconds)
        helper = self._driver.coordinator.state.helpers[HelperId(worker_id)]
        provenance = Provenance(
            helper_name=helper.offer.name,
            model=chunk.book.settings.model,
            device="guest",
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

    def audio(self, filename: str) -> Path:
        """The FLAC file of a chunk."""
        chunk = self._chunk(filename.removesuffix(".flac"))
        path = self._folders.audio(chunk.span.chunk_id)
        if not path.exists():
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


def task_fields(chunk_id: ChunkId) -> dict[str, Any]:
    """What names a chunk in the HTTP API."""
    return {"id": str(chunk_id), "book_id": chunk_id.book_id, "chunk_id": chunk_id.index}
