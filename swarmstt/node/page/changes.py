"""Tells the live pages what changes in a node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from swarmstt.core.scheduling import actions
from swarmstt.core.scheduling.state import State
from swarmstt.errors import StorageError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.books.task_rows import TaskRows
from swarmstt.node.page.books import BookViews
from swarmstt.node.page.status import Status, Workers
from swarmstt.node.page.views import touched
from swarmstt.observers import Observers
from swarmstt.phrases import notice
from swarmstt.tasks import TaskSet
from swarmstt.web.api.status_views import Change, WorkerView

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 1.0
"""How often the page hears how far the chunks in progress are."""


class Changes:
    """Turns what the node's observers hear into changes for `listeners`. `background`: where its tasks live."""

    def __init__(
        self,
        status: Status,
        workers: Workers,
        books: BookViews,
        tasks: TaskRows,
        state: State,
        *,
        listeners: Observers[[Change]],
        background: TaskSet,
        now: Callable[[], datetime],
        progress_seconds: float = PROGRESS_SECONDS,
    ) -> None:
        self._status = status
        self._workers = workers
        self._books = books
        self._tasks = tasks
        self._state = state
        self._listeners = listeners
        self._background = background
        self._now = now
        self._progress_seconds = progress_seconds
        self._sent_workers: list[WorkerView] = []
        self._sent_waiting: dict[BookId, str | None] = {}

    def node_changed(self) -> None:
        """Sends the node's status, in which something is different."""
        if self._listeners:
            status = self._status.status()
            self._sent_workers = status["workers"]
            self._listeners.notify({"type": "node", "status": status})

    def observe(self, done: Sequence[actions.AnyAction]) -> None:
        """Sends what is different after the core did that."""
        chunk_ids, book_ids = touched(done, self._state.leases)
        self._books.measure(book_ids)
        if not self._listeners:
            return
        for action in done:
            if isinstance(action, actions.DeleteBook):
                self._listeners.notify({"type": "removed", "book_id": action.book_id})
            elif isinstance(action, actions.Notice):
                at = self._now().isoformat()
                self._listeners.notify(
                    {"type": "told", "text": notice(action), "worker_id": action.helper_id, "at": at}
                )
        for book_id in book_ids:
            self._send_book(book_id)
        self._background.start(self._send_tasks({each for each in chunk_ids if self._is_shown(each.book_id)}))

    def _send_book(self, book_id: BookId) -> None:
        if (book := self._state.books.get(book_id)) is not None and not book.for_program:
            self._listeners.notify({"type": "book", "book": self._books.view(book)})

    def _is_shown(self, book_id: BookId) -> bool:
        """What other programs sent is not among the books of the page."""
        book = self._state.books.get(book_id)
        return book is None or not book.for_program

    async def _send_tasks(self, chunk_ids: set[ChunkId]) -> None:
        try:
            for chunk_id in sorted(chunk_ids):
                if (task := await self._tasks.one(chunk_id)) is not None:
                    self._listeners.notify({"type": "task", "task": task})
        except StorageError as error:
            logger.warning("%s", error.message)
        self.node_changed()

    async def run(self) -> None:
        """Sends now and then how far the chunks in progress are, and what became different without any action of the
        core: a helper is back, offers something else, or has rested enough. Until it is cancelled."""
        while True:
            await asyncio.sleep(self._progress_seconds)
            if not self._listeners:
                continue
            leases = [lease for helper in self._state.helpers.values() for lease in helper.held.values()]
            held = {lease.chunk.span.chunk_id for lease in leases}
            for book_id in {chunk_id.book_id for chunk_id in held}:
                self._send_book(book_id)
            if held:
                await self._send_tasks({each for each in held if self._is_shown(each.book_id)})
            self._send_what_differs()

    def _send_what_differs(self) -> None:
        if self._workers.views() != self._sent_workers:
            self.node_changed()
        waiting = self._books.waiting()
        for book_id, why in waiting.items():
            if why != self._sent_waiting.get(book_id):
                self._send_book(book_id)
        self._sent_waiting = waiting
