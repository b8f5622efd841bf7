"""What the page's API does with a node; the command line comes the same way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from swarmstt import __version__
from swarmstt.core import actions, events
from swarmstt.core.books import BookState
from swarmstt.core.manners import Pause
from swarmstt.core.requests import AddedBook, BookOptions, GuestTranscript
from swarmstt.core.state import Book
from swarmstt.errors import ConflictError, NotFoundError, StorageError, SwarmError
from swarmstt.ids import BookId, ChunkId, HelperId, NodeId
from swarmstt.node.adding import Adding, usual_options
from swarmstt.node.node import Node, time_of_day
from swarmstt.node.peer_words import peer_view
from swarmstt.node.shelf import look_up
from swarmstt.node.views import Pace, book_view, count_tasks, task_view, touched, worker_view

logger = logging.getLogger(__name__)

Change = dict[str, Any]

PROGRESS_SECONDS = 1.0
"""How often the page hears how far the chunks in progress are."""


class NodeApi:
    """A node as the page sees it: implements NodePort of the web room."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._adding = Adding(node)
        self._pace = Pace()
        self._listeners: set[Callable[[Change], None]] = set()
        self._told_workers: list[dict[str, Any]] = []
        self._told_waiting: dict[BookId, str | None] = {}
        node.observers.add(self._observe)
        node.peers.observers.add(self._tell_node)
        node.node_observers.add(self._tell_node)
        node.tasks.start(self._tell_progress())

    # What is shown.

    def status(self) -> dict[str, Any]:
        node = self._node
        workers = self._worker_views()
        why_not = {each["worker_id"]: each["why_not_helping"] for each in workers}
        peers = [] if node.membership.door.removed else node.peers.shown()
        return {
            "node": self._own_view(),
            "tasks": count_tasks(chunk for book in node.state.books.values() for chunk in book.chunks),
            "workers": workers,
            "peers": [{**peer_view(peer), "why_not_helping": why_not.get(peer.node_id)} for peer in peers],
            "door": node.membership.door_view(),
            "version": __version__,
        }

    def _worker_views(self) -> list[dict[str, Any]]:
        """All that decode this node's books, but for those that are of its swarm no more; this node first."""
        node, at = self._node, self._node.driver.now()
        titles = {book.book_id: node.shelf.title(book.book_id) for book in node.state.books.values()}
        books = node.state.books.values()
        helpers = sorted(node.state.helpers.values(), key=lambda helper: not helper.offer.own)
        return [
            worker_view(each, books, titles, at, invitation=node.invitations.name_of(each.helper_id))
            for each in helpers
            if each.linked or each.offer.own or each.offer.silent or node.membership.has(NodeId(each.helper_id))
        ]

    def _own_view(self) -> dict[str, Any]:
        node = self._node
        own = node.state.helpers.get(HelperId(node.node_id))
        working = own is not None and bool(own.held)
        helping_with = self._helping_with()
        notice = node.engines.engine.notice if node.engines.engine else None
        unsure = node.keeper.manners.reason if node.helping_others else None
        pause = node.keeper.pause
        dropping_troubles = node.dropping.troubles() if node.dropping else []
        return {
            "node_id": node.node_id,
            "swarm_address": node.swarm_address,
            "name": node.name,
            "state": "working" if working else "helping" if helping_with else "idle" if node.helping else "paused",
            "helping": node.helping,
            "helping_others": node.helping_others,
            "no_helping": node.config.no_helping,
            "no_discovery": node.config.no_discovery,
            "why_not_helping": node.why_not_helping,
            "paused_until": pause.until.isoformat() if pause is not None and pause.until is not None else None,
            "helping_with": helping_with,
            "model": node.model,
            "fetching": node.fetching.now.sentence if node.fetching.now else None,
            "device": node.helper.offer.device,
            "drop_folder": str(node.dropping.paths[0]) if node.dropping else None,
            "drop_folders": node.dropping.views() if node.dropping else [],
            "transcripts": str(node.transcripts_dir),
            "troubles": [
                each
                for each in dict.fromkeys([*node.helper.troubles.values(), notice, unsure, *dropping_troubles])
                if each
            ],
        }

    def _helping_with(self) -> list[dict[str, Any]]:
        """Whose books this node decodes now, beside its own."""
        found: dict[tuple[str, str], None] = {}
        for coordinator, leased, _ in self._node.helper.jobs:
            peer = self._node.peers.get(coordinator)
            if peer is not None:
                found[peer.name, leased.book_title] = None
        return [{"name": name, "title": title} for name, title in found]

    async def books(self) -> list[dict[str, Any]]:
        state = self._node.state
        return [self._book_view(book) for book in list(state.books.values())]

    async def book(self, book_id: BookId) -> dict[str, Any]:
        return self._book_view(self._book(book_id))

    def _book(self, book_id: BookId) -> Book:
        book = self._node.state.books.get(book_id)
        if book is None:
            raise NotFoundError(f"There is no book {book_id}.")
        return book

    def _book_view(self, book: Book) -> dict[str, Any]:
        speed = self._pace.speed(book, self._node.driver.now())
        view = book_view(self._node.shelf.get(book.book_id), book, speed)
        return {**view, "reason": view["reason"] or self._why_waiting(book)}

    def _why_waiting(self, book: Book) -> str | None:
        """Why nobody can decode an open book now; None where somebody can, or will be able to in a moment."""
        if book.state is not BookState.OPEN or any(
            helper.linked and helper.can_decode(book) for helper in self._node.state.helpers.values()
        ):
            return None
        return self._node.helper.troubles.get(book.settings.model_hash)

    async def tasks(self, book_id: BookId | None = None) -> list[dict[str, Any]]:
        if book_id is not None:
            self._book(book_id)
        rows = await self._node.store.tasks(book_id)
        return [task_view(row, self._node.state) for row in rows]

    async def transcript_file(self, book_id: BookId, format: str) -> Path:  # noqa: A002
        view = await self.book(book_id)
        if view["state"] == BookState.FAILED.value:
            raise ConflictError(f"{view['filename']} has no transcript: {view['reason']}")
        if view["state"] != BookState.DONE.value:
            raise ConflictError(f"The transcript is not finished: {view['percent']} % is done. Ask again later.")
        return self._node.folders.finished(book_id) / f"transcript.{format}"

    # Books.

    async def add_paths(self, paths: list[str], options: BookOptions) -> list[AddedBook | SwarmError]:
        return await self._adding.add_each(paths, options)

    async def add_path(self, path: str, options: BookOptions) -> AddedBook:
        return await self._adding.add(await look_up(path), options)

    def usual_options(self) -> BookOptions:
        return usual_options(self._node.config)

    def free_bytes(self) -> int:
        return self._node.folders.free_bytes()

    def upload_folder(self) -> Path:
        return self._adding.upload_folder()

    async def add_upload(self, folder: Path, filename: str, options: BookOptions) -> AddedBook:
        return await self._adding.add_upload(folder, filename, options)

    async def pause(self, book_id: BookId) -> None:
        await self._node.driver.ask(events.BookPaused(at=self._node.driver.now(), book_id=book_id))

    async def resume(self, book_id: BookId) -> None:
        await self._node.driver.ask(events.BookResumed(at=self._node.driver.now(), book_id=book_id))

    async def retry(self, book_id: BookId) -> None:
        book = self._book(book_id)
        if book.state is BookState.MERGING:
            raise ConflictError("The transcript is just being written; try again in a moment.")
        await self._adding.retry(book)

    async def remove(self, book_id: BookId) -> None:
        await self._node.driver.ask(events.BookRemoved(at=self._node.driver.now(), book_id=book_id))

    # Helping, and guests.

    async def pause_helping(self, seconds: float | None = None) -> None:
        until = None if seconds is None else datetime.now(timezone.utc) + timedelta(seconds=seconds)
        await self._node.pause(Pause(until=until))
        self._tell_node()

    async def resume_helping(self) -> None:
        await self._node.pause(None)
        self._tell_node()

    async def register_guest(self, worker_id: str, hostname: str) -> None:
        await self._node.guests.register(worker_id, hostname)

    async def guest_heartbeat(self, worker_id: str) -> None:
        await self._node.guests.heartbeat(worker_id)

    async def guest_progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        await self._node.guests.progress(worker_id, task_id, progress)

    async def next_task(self, worker_id: str) -> dict[str, Any] | None:
        chunk_id = await self._node.guests.next_chunk(worker_id)
        if chunk_id is None:
            return None
        task = await self._task(chunk_id)
        return None if task is None else {**task, "chunk_path": f"chunks/{chunk_id}.flac"}

    async def _task(self, chunk_id: ChunkId) -> dict[str, Any] | None:
        row = await self._node.store.task(chunk_id)
        return None if row is None else task_view(row, self._node.state)

    async def complete_task(
        self, task_id: str, worker_id: str, transcript: GuestTranscript, processing_seconds: float
    ) -> None:
        await self._node.guests.complete(task_id, worker_id, transcript, processing_seconds)

    async def chunk_audio(self, filename: str) -> Path:
        return await self._node.guests.audio(filename)

    # What changes.

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def _tell(self, change: Change) -> None:
        for listener in list(self._listeners):
            listener(change)

    def _tell_node(self) -> None:
        if self._listeners:
            status = self.status()
            self._told_workers = status["workers"]
            self._tell({"type": "node", "status": status})

    def _observe(self, done: Sequence[actions.AnyAction]) -> None:
        chunk_ids, book_ids = touched(done, self._node.state.leases)
        self._measure(book_ids)
        if not self._listeners:
            return
        for action in done:
            if isinstance(action, actions.DeleteBook):
                self._tell({"type": "removed", "book_id": action.book_id})
            elif isinstance(action, actions.Told):
                news = {"text": action.text, "worker_id": action.helper_id, "at": time_of_day().isoformat()}
                self._tell({"type": "told", **news})
        for book_id in book_ids:
            if book_id in self._node.state.books:
                self._tell({"type": "book", "book": self._book_view(self._node.state.books[book_id])})
        self._node.tasks.start(self._tell_tasks(chunk_ids))

    def _measure(self, book_ids: set[BookId]) -> None:
        """The pace of these books counts from when work on them begins, whether anybody looks then or not."""
        for book_id in book_ids:
            if (book := self._node.state.books.get(book_id)) is not None:
                self._pace.speed(book, self._node.driver.now())

    async def _tell_tasks(self, chunk_ids: set[ChunkId]) -> None:
        try:
            for chunk_id in sorted(chunk_ids):
                if (task := await self._task(chunk_id)) is not None:
                    self._tell({"type": "task", "task": task})
        except StorageError as error:
            logger.warning("%s", error.message)
        self._tell_node()

    async def _tell_progress(self) -> None:
        """Tells now and then how far the chunks in progress are, and what became different without any action of the
        core: a helper is back, offers something else, or has rested enough."""
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            if not self._listeners:
                continue
            held = {
                lease.chunk.span.chunk_id
                for helper in self._node.state.helpers.values()
                for lease in helper.held.values()
            }
            for book_id in {chunk_id.book_id for chunk_id in held}:
                self._tell({"type": "book", "book": self._book_view(self._node.state.books[book_id])})
            if held:
                await self._tell_tasks(held)
            self._tell_standings()

    def _tell_standings(self) -> None:
        if self._worker_views() != self._told_workers:
            self._tell_node()
        waiting = {book_id: self._why_waiting(book) for book_id, book in self._node.state.books.items()}
        for book_id, why in waiting.items():
            if why != self._told_waiting.get(book_id):
                self._tell({"type": "book", "book": self._book_view(self._node.state.books[book_id])})
        self._told_waiting = waiting
