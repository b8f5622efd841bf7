"""Carries out what the core decided, once it is on disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from swarmstt.core.scheduling.actions import (
    Acknowledge,
    AnyAction,
    CleanUpBook,
    DropAudio,
    Grant,
    MergeBook,
    Notice,
    StopLease,
    StoreBookState,
    StoreChunkState,
    StorePaused,
)
from swarmstt.core.scheduling.state import State
from swarmstt.ids import BookId
from swarmstt.node.books.ingest_queue import IngestQueue
from swarmstt.node.books.library import Library
from swarmstt.node.books.writing import Writing
from swarmstt.node.data_dir import Folders
from swarmstt.phrases import notice
from swarmstt.swarm.links.helper_server import HelperServer
from swarmstt.swarm.links.messages import NeededModel
from swarmstt.swarm.links.outlets import Outlets
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

_MAKES_ROOM = (Grant, StoreChunkState, StoreBookState, StorePaused, CleanUpBook)
"""After these there may be room to read on."""


class ActionRunner:
    """Starts what follows from each action; it never blocks. `tasks` are the node's."""

    def __init__(
        self,
        state: State,
        folders: Folders,
        library: Library,
        *,
        outlets: Outlets,
        helper_server: HelperServer,
        ingest_queues: Sequence[IngestQueue],
        writing: Writing,
        tasks: TaskSet,
    ) -> None:
        self._state = state
        self._folders = folders
        self._library = library
        self._outlets = outlets
        self._helper_server = helper_server
        self._ingest_queues = ingest_queues
        self._writing = writing
        self._tasks = tasks

    def carry_out(self, action: AnyAction) -> None:
        """Carries out an action that is not only for the store."""
        match action:
            case Grant() | StopLease() | Acknowledge():
                self._outlets.carry_out(action)
            case DropAudio(chunk_id=chunk_id):
                self._tasks.start(asyncio.to_thread(self._folders.drop_audio, chunk_id))
            case MergeBook():
                self._writing.queue(action)
            case CleanUpBook(book_id=book_id):
                self._tasks.start(self._clean_up(book_id))
            case Notice():
                logger.log(logging.WARNING if action.trouble else logging.INFO, "%s", notice(action))

    async def _clean_up(self, book_id: BookId) -> None:
        for queue in self._ingest_queues:
            queue.forget(book_id)
        record = self._library.forget(book_id)
        await self._writing.forget(book_id)
        await asyncio.to_thread(self._folders.remove_book, book_id)
        if record is not None and not self._library.shares_upload(record):
            await asyncio.to_thread(self._folders.remove_uploads_of, record.sources)

    def observe(self, actions: Sequence[AnyAction]) -> None:
        """Has the audio read on if there may be room, and lets helpers know which models the books need now."""
        if any(isinstance(action, _MAKES_ROOM) for action in actions):
            for queue in self._ingest_queues:
                queue.progressed()
        books = [each for each in self._state.books.values() if each.grantable and not each.local_only]
        needed = {each.settings.model_hash: each.settings.model for each in books}
        self._helper_server.need(tuple(NeededModel(model=name, model_hash=each) for each, name in needed.items()))
