"""Guests: workers that know nothing but a few HTTP calls. Each is a helper to the core, with a long lease.

One that promised heartbeats counts as gone soon after they end; one that did not may be silent while it decodes.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from swarmstt.core.books import ChunkState, Provenance
from swarmstt.core.requests import GuestTranscript
from swarmstt.core.scheduling.events import HelperOffer
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.scheduling.result_checks import problem
from swarmstt.core.scheduling.state import Chunk, Lease
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.core.work import ChunkResult
from swarmstt.errors import ConflictError, InputError, NotFoundError, NotReadyError
from swarmstt.ids import BookId, ChunkId, HelperId
from swarmstt.node.books.task_rows import TaskRows
from swarmstt.node.data_dir import Folders
from swarmstt.node.guests.guest import Guest
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.helper_server import MendAudio
from swarmstt.swarm.links.outlets import Outlets
from swarmstt.web.api.views import GuestTaskView
from swarmstt.web.guests.admissions import WhoIsCopied

MOST_GUESTS = 200
"""More worker_ids than this are refused: each costs a little memory for as long as the node runs."""


MOST_OF_A_GROUP = 32
"""The same for the guests of one invitation."""
SILENT_SECONDS = 30.0
"""A guest that promised heartbeats is gone after so long without any: enough for a network that fails for a moment."""
IDLE_SECONDS = 900.0
"""A guest that holds nothing and does not ask is shown as away after so long."""
WATCH_SECONDS = 5.0
MEND_SECONDS = 10.0
"""After so long a guest may ask again for audio that was damaged."""


class Guests:
    """The worker rows of the HTTP API, as events: implements GuestsPort of the web room. The id of an invited guest is
    that of its invitation, a slash, and the worker_id that it chose."""

    def __init__(
        self,
        driver: Driver,
        outlets: Outlets,
        folders: Folders,
        tasks: TaskRows,
        mend_audio: MendAudio,
        *,
        most_guests: int = MOST_GUESTS,
        most_of_a_group: int = MOST_OF_A_GROUP,
        mend_seconds: float = MEND_SECONDS,
    ) -> None:
        self._most_guests = most_guests
        self._most_of_a_group = most_of_a_group
        self._driver = driver
        self._outlets = outlets
        self._tasks = tasks
        self._folders = folders
        self._mend_audio = mend_audio
        self._mend_seconds = mend_seconds
        self._guests: dict[HelperId, Guest] = {}

    async def watch(self) -> None:
        """Notices who has gone, until cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            self.look_for_gone()

    def look_for_gone(self) -> None:
        """Says of each guest that was silent for too long that it left."""
        at = self._driver.now()
        for helper_id, guest in self._guests.items():
            helper = self._driver.state.helpers.get(helper_id)
            if helper is None or not helper.linked or (helper.held and not guest.promised_heartbeats):
                continue
            if at - guest.heard_at >= (SILENT_SECONDS if guest.promised_heartbeats else IDLE_SECONDS):
                guest.session.left()

    async def register(self, worker_id: str, hostname: str) -> None:
        """Takes a guest program that began; what it had before its start is given away again."""
        self._check_room(HelperId(worker_id))
        guest = self._heard(worker_id)
        guest.promised_heartbeats = False
        guest.forget_grants()
        await guest.session.joined(HelperOffer(name=hostname))

    def _check_room(self, helper_id: HelperId) -> None:
        helpers = self._driver.state.helpers
        known = helpers.get(helper_id)
        if known is not None and known.kind != "guest":
            raise ConflictError("That worker_id belongs to a PC of the swarm; choose another.")
        if known is not None:
            return
        guests = [each for each, helper in helpers.items() if helper.kind == "guest"]
        if len(guests) >= self._most_guests:
            raise ConflictError(f"There are {self._most_guests} guests already; restart swarmstt to begin again.")
        group, slash, _ = helper_id.rpartition("/")
        if slash and sum(each.startswith(group + slash) for each in guests) >= self._most_of_a_group:
            raise ConflictError(f"That invitation has {self._most_of_a_group} guests already; ask for another one.")

    def _heard(self, worker_id: str) -> Guest:
        """Returns the guest, which said something just now."""
        helper_id = HelperId(worker_id)
        if helper_id not in self._guests:
            self._guests[helper_id] = Guest(helper_id, self._driver, self._outlets)
        guest = self._guests[helper_id]
        guest.heard_at = self._driver.now()
        return guest

    def begins(self, worker_id: str, run: str | None) -> None:
        """Takes what a guest that registered just now calls this run of its program; None if it calls it nothing."""
        self._heard(worker_id).begins(run)

    def who_is_copied(self, worker_id: str, run: str) -> WhoIsCopied | None:
        """Returns whether two PCs come as this guest."""
        guest = self._guests.get(HelperId(worker_id))
        return None if guest is None else guest.who_is_copied(run)

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        """Takes more of what a registered guest says of itself."""
        offer = replace(self._driver.state.helpers[HelperId(worker_id)].offer, device=device, slots=slots)
        await self._heard(worker_id).session.changed(offer)

    def promise_heartbeats(self, worker_id: str) -> None:
        """Counts the guest as gone, from now on, when it is silent."""
        self._heard(worker_id).promised_heartbeats = True

    async def _ensure_known(self, worker_id: str, *, holds: bool = True) -> Guest:
        """Returns the guest, heard just now. One that was thought to be gone, or that this node knows from before its
        own restart, has back what it held, if it `holds` that still and it is of use."""
        helper_id, state = HelperId(worker_id), self._driver.state
        helper = state.helpers.get(helper_id)
        if helper is None or helper.kind != "guest":
            await self.register(worker_id, worker_id.rpartition("/")[2])
        elif not helper.linked:
            offer = replace(helper.offer, slots=max(1, helper.offer.slots))
            mine = [lease for lease in state.leases.values() if holds and lease.helper_id == helper_id]
            alive = (LeaseState.HELD, LeaseState.LOST)
            holding = frozenset(each.lease_id for each in mine if each.state in alive)
            guest = self._heard(worker_id)
            if not holds:
                guest.forget_grants()
            await guest.session.joined(offer, holding)
        return self._heard(worker_id)

    async def heartbeat(self, worker_id: str) -> None:
        guest = await self._ensure_known(worker_id)
        for lease_id in list(self._driver.state.helpers[HelperId(worker_id)].held):
            guest.session.renewed(lease_id)

    async def progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        await self.heartbeat(worker_id)
        lease = self._lease(worker_id, self._chunk(task_id))
        if lease is not None:
            await self._heard(worker_id).session.renewed(lease.lease_id, progress)

    async def next_task(self, worker_id: str) -> GuestTaskView | None:
        """Leases a chunk to a worker of this PC, if there is one."""
        chunk_id = await self.next_chunk(worker_id)
        task = None if chunk_id is None else await self._tasks.one(chunk_id)
        return None if task is None else {**task, "chunk_path": f"chunks/{task['id']}.flac"}

    async def next_chunk(self, worker_id: str) -> ChunkId | None:
        """Leases a chunk to the guest, if there is one."""
        guest = await self._ensure_known(worker_id, holds=False)
        return await guest.next_chunk()

    async def hand_back(self, worker_id: str, task_id: str, error: str | None) -> None:
        """Takes a chunk back that a guest holds; `error`: it could not decode it. Any other is passed over."""
        lease = self._lease(worker_id, self._chunk(task_id))
        if lease is None:
            return
        session = self._heard(worker_id).session
        await (session.returned(lease.lease_id) if error is None else session.failed(lease.lease_id, error))

    async def turn_out(self, group: str) -> None:
        """Takes from the guests of an invitation what they hold."""
        for helper_id, guest in list(self._guests.items()):
            if helper_id.startswith(f"{group}/"):
                helper = self._driver.state.helpers.get(helper_id)
                for lease_id in list(helper.held) if helper is not None else []:
                    await guest.session.returned(lease_id)
                guest.session.left()

    def held(self, worker_id: str) -> list[Chunk]:
        """Returns the chunks that a guest has in its hands."""
        helper = self._driver.state.helpers.get(HelperId(worker_id))
        return [] if helper is None else [lease.chunk for lease in helper.held.values()]

    def held_by_group(self, group: str) -> list[Chunk]:
        """Returns the chunks that all guests of an invitation have in their hands."""
        helpers = self._driver.state.helpers
        return [chunk for each in helpers if each.startswith(f"{group}/") for chunk in self.held(each)]

    def chunk(self, chunk_id: ChunkId) -> Chunk | None:
        return self._driver.state.chunk(chunk_id)

    async def complete(self, task_id: str, worker_id: str, given: GuestTranscript, processing_seconds: float) -> None:
        """Takes a result; one that was taken already changes nothing."""
        if HelperId(worker_id) in self._guests:
            self._heard(worker_id)
        chunk = self._chunk(task_id)
        if chunk.state is ChunkState.COMPLETED:
            return
        lease = self._lease(worker_id, chunk)
        if lease is None:
            raise ConflictError(f"{worker_id.rpartition('/')[2]} never had the task {task_id}.")
        transcript = ChunkTranscript(
            language=given.language,
            duration=given.duration,
            segments=given.segments,
            wordless=given.wordless,
            windows=given.windows,
        )
        why = problem(transcript, chunk.span.seconds)
        helper = self._driver.state.helpers[HelperId(worker_id)]
        provenance = Provenance(
            helper_name=helper.offer.name,
            model=chunk.book.settings.model,
            device=helper.offer.device or "guest",
            compute_type="unknown",
            processing_seconds=processing_seconds,
            engine=given.engine,
        )
        result = ChunkResult(transcript=transcript, provenance=provenance)
        await self._heard(worker_id).session.delivered(lease.lease_id, result)
        if why is not None:
            raise InputError(f"The transcript of {task_id} cannot be used: {why}.")

    async def audio(self, filename: str) -> Path:
        """Returns the FLAC file of a chunk. NotReadyError if it is damaged, and not cut again so far."""
        chunk = self._chunk(filename.removesuffix(".flac"))
        chunk_id = chunk.span.chunk_id
        if not await asyncio.to_thread(self._folders.is_audio_whole, chunk_id):
            if chunk.state is not ChunkState.IN_PROGRESS:
                raise NotFoundError(f"The audio of {filename} is no longer needed.")
            try:
                await asyncio.wait_for(self._mend_audio(chunk_id), self._mend_seconds)
            except asyncio.TimeoutError:
                raise NotReadyError from None
        return self._folders.audio(chunk_id)

    def _chunk(self, task_id: str) -> Chunk:
        book_id, _, index = task_id.partition("-")
        if index.isascii() and index.isdigit() and len(index) <= 9:
            chunk = self._driver.state.chunk(ChunkId(BookId(book_id), int(index)))
            if chunk is not None:
                return chunk
        raise NotFoundError(f"There is no task {task_id}.")

    def _lease(self, worker_id: str, chunk: Chunk) -> Lease | None:
        mine = [lease for lease in chunk.leases.values() if lease.helper_id == worker_id]
        return mine[-1] if mine else None
