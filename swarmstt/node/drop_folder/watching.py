"""Turns what a person puts into the drop folders into books."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from swarmstt.core.drop_folder.drop_table import RETRY_SECONDS, DropTable
from swarmstt.core.drop_folder.entries import Entry, find_entries
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling.actions import AnyAction, DeleteBook, StoreBookState
from swarmstt.core.scheduling.state import State
from swarmstt.errors import StorageError
from swarmstt.node.books.library import Library
from swarmstt.node.drop_folder.error_notes import ErrorNotes, failure_line
from swarmstt.node.drop_folder.intake import AddingPort, BooksPort, Intake
from swarmstt.node.drop_folder.notifications import Watcher
from swarmstt.node.drop_folder.scan import SUFFIXES, scan
from swarmstt.storage.store import Store
from swarmstt.tasks import TaskSet, happens
from swarmstt.web.api.status_views import DropFolderView

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 8.0
"""A thing that has not changed for so long, and that nobody has open for writing, is complete."""
RESCAN_SECONDS = 15.0
"""How often a drop folder is looked into where no news comes of it: the only way on drives of the network."""
RESCAN_SHARE = 20
"""A look that takes long is not repeated sooner than so many times its length."""
MOST_REFUSED = 20
"""That are shown of one folder; the notes in it tell of all."""

Identity = tuple[int, int]


@dataclass(slots=True, kw_only=True)
class _Watched:
    path: Path
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    watcher: Watcher | None = None
    identity: Identity | None = None
    absence: str | None = None
    trouble: str | None = None

    def watch(self, identity: Identity | None) -> bool:
        """Watches this very folder; another may have come to its place. Whether that begins only now."""
        if identity == self.identity:
            return False
        self.identity = identity
        if self.watcher is not None:
            self.watcher.stop()
        self.watcher = None if identity is None else Watcher(self.path, self.changed.set)
        return self.watcher is not None


class DropFolders:
    """The drop folders of a node. `options`: how their books are done; the transcripts go into the folder named there,
    or else beside the books. `changed` is called when `views` or `troubles` are different."""

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        apart: Sequence[Path] = (),
        store: Store,
        library: Library,
        state: State,
        adding: AddingPort,
        books: BooksPort,
        options: BookOptions,
        clock: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
        settle_seconds: float = SETTLE_SECONDS,
        rescan_seconds: float = RESCAN_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        # Not resolve(): a link keeps its name.
        whole = dict.fromkeys(Path(os.path.abspath(each)) for each in folders)  # noqa: PTH100
        self._folders = [_Watched(path=path) for path in whole]
        self._apart = [*whole, *apart]
        self._store, self._library = store, library
        self._clock = clock
        self._settle_seconds, self._rescan_seconds = settle_seconds, rescan_seconds
        self._table = DropTable(settle_seconds)
        self._intake = Intake(
            self._table,
            store.drops,
            library=library,
            state=state,
            adding=adding,
            books=books,
            options=options,
            clock=clock,
            settle_seconds=settle_seconds,
            retry_seconds=retry_seconds,
        )
        self._notes = ErrorNotes(self._table, store.drops, self._intake.reason_of)
        self._book_changed = asyncio.Event()
        self._changed = changed
        self._shown: object = None

    # What is shown.

    @property
    def paths(self) -> list[Path]:
        return [each.path for each in self._folders]

    def views(self) -> list[DropFolderView]:
        """Returns what is shown of each folder. Of books that failed their rows tell."""
        failures = self._table.failures(lambda book_id: None)
        refused = [(place, failure_line(place, reason)) for place, reason in failures.items()]
        return [
            {
                "path": str(each.path),
                "present": each.absence is None,
                "waiting": self._table.waiting(str(each.path)),
                "reason": each.absence or each.trouble,
                "refused": [line for place, line in refused if place.folder == str(each.path)][:MOST_REFUSED],
            }
            for each in self._folders
        ]

    def troubles(self) -> list[str]:
        found = [each.absence or each.trouble for each in self._folders] + [self._notes.trouble]
        return [each for each in dict.fromkeys(found) if each]

    def _notify_changes(self) -> None:
        shown = self.views(), self.troubles()
        if shown != self._shown:
            self._shown = shown
            self._changed()

    def observe(self, actions: Sequence[AnyAction]) -> None:
        """Hears what the core has done."""
        if any(isinstance(action, (StoreBookState, DeleteBook)) for action in actions):
            self._book_changed.set()

    # Looking.

    async def make_folders(self, default: Path) -> None:
        """Makes the folders that are missing: the default one always, a named one only the first time, and only if
        its own place is there, as it may be on a drive that is not."""
        made = set(json.loads(await self._store.fact("drop_folders_made") or "[]"))
        for path in self.paths:
            if path == default or str(path) not in made:
                await asyncio.to_thread(_make, path, with_parents=path == default)
        names = sorted(made | {str(path) for path in self.paths})
        await self._store.set_fact("drop_folders_made", json.dumps(names))

    async def run(self) -> None:
        """Watches until cancelled."""
        self._table.remember(await self._store.drops.all())
        tasks = TaskSet()
        try:
            for each in self._folders:
                tasks.start(self._keep(each))
            tasks.start(self._keep_notes())
            await asyncio.shield(tasks.failed)
        finally:
            await tasks.close()

    async def _keep_notes(self) -> None:
        while True:
            await self._book_changed.wait()
            self._book_changed.clear()
            await self._notes.update()

    async def _keep(self, watched: _Watched) -> None:
        try:
            while True:
                watched.changed.clear()
                seconds = await self._look(watched)
                self._notify_changes()
                await happens(watched.changed, seconds)
                await asyncio.sleep(min(seconds, self._settle_seconds / 8))  # changes come in swarms
        finally:
            watched.watch(None)

    async def _look(self, watched: _Watched) -> float:
        """Looks once, and does what follows; after how many seconds to look again."""
        folder, at = str(watched.path), self._clock()
        try:
            identity, entries = await asyncio.to_thread(self._entries, watched.path)
        except OSError as error:
            self._is_away(watched, error)
            return self._rescan_seconds
        looked_at = self._clock()
        is_new = self._is_there(watched, identity)
        for drop, is_given in self._table.observe(folder, entries, at):
            await self._intake.came_back(drop, is_given=is_given)
        if ready := self._table.ready(folder, self._clock()):
            watched.trouble = await self._intake.take(ready)
        await self._notes.update()
        in_library = {record.book_id for record in self._library.records()}
        if forgotten := self._table.forget(self._clock(), in_library):
            try:
                await self._store.drops.remove(forgotten)
            except StorageError as error:  # they are forgotten after the next start
                logger.warning("%s", error.message)
        if not self._table.waiting(folder):
            watched.trouble = None
        return self._pause_seconds(folder, looked_seconds=looked_at - at, is_new=is_new)

    def _pause_seconds(self, folder: str, *, looked_seconds: float, is_new: bool) -> float:
        """Returns how long the next look may wait for news."""
        if is_new:
            return self._settle_seconds  # what came before the watcher had begun gives no news
        rescan_seconds = max(self._rescan_seconds, RESCAN_SHARE * looked_seconds)
        ready_at = self._table.next_at(folder)
        soon = rescan_seconds if ready_at is None else max(ready_at - self._clock(), self._settle_seconds / 8)
        return min(soon, rescan_seconds)

    def _entries(self, folder: Path) -> tuple[Identity, dict[str, Entry]]:
        info = folder.stat()
        files = scan(folder, [each for each in self._apart if each != folder])
        return (info.st_dev, info.st_ino), find_entries(files, SUFFIXES)

    def _is_away(self, watched: _Watched, error: OSError) -> None:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        absence = f"The drop folder {watched.path} {why}: it is used again as soon as that is mended."
        if absence != watched.absence:
            logger.warning("%s", absence)
        watched.absence = absence
        watched.watch(None)
        self._table.away(str(watched.path))

    def _is_there(self, watched: _Watched, identity: Identity) -> bool:
        """Returns whether it was not there just before."""
        if watched.absence is not None:
            logger.info("The drop folder %s is there again.", watched.path)
        elif watched.identity not in (None, identity):
            self._table.away(str(watched.path))  # another drive was put in its place
        watched.absence = None
        return watched.watch(identity)


def _make(path: Path, *, with_parents: bool) -> None:
    with suppress(OSError):  # it is shown when it is looked into
        path.mkdir(parents=with_parents, exist_ok=True)
