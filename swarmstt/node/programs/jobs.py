"""The recordings that other programs sent: taken as books that no person sees, answered, and forgotten."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from swarmstt.core.books import BookState
from swarmstt.core.programs.jobs import (
    GRACE_SECONDS,
    MOST_JOBS,
    MOST_UNFINISHED,
    OWN_PROGRAM,
    JobTimes,
    goes_on,
    job_id_of,
)
from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.state import Book
from swarmstt.errors import NotFoundError, StorageError, SwarmError, TooMuchAtOnceError
from swarmstt.ids import BookId
from swarmstt.node.data_dir import Folders
from swarmstt.node.programs.taking import Taking
from swarmstt.node.programs.uploads import Uploads
from swarmstt.node.programs.waiters import Waiter, Waiters
from swarmstt.storage.programs import ProgramJobRecord, ProgramTable
from swarmstt.swarm.links.driver import Driver
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""Between two looks at what can be forgotten."""
_FINISHED = (BookState.DONE, BookState.FAILED)


class ProgramJobs:
    """What is known of each recording. Times of day are from `now`; `tasks` are the node's."""

    def __init__(
        self,
        table: ProgramTable,
        taking: Taking,
        driver: Driver,
        folders: Folders,
        now: Callable[[], datetime],
        tasks: TaskSet,
        *,
        changed: Callable[[], None] = lambda: None,
        uploads: Uploads | None = None,
        grace_seconds: float = GRACE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        most_jobs: int = MOST_JOBS,
        most_unfinished: int = MOST_UNFINISHED,
    ) -> None:
        self._table = table
        self._taking = taking
        self._driver = driver
        self._folders = folders
        self.uploads = uploads or Uploads(folders)
        self._now = now
        self._tasks = tasks
        self._changed = changed
        self._grace_seconds = grace_seconds
        self._look_seconds = look_seconds
        self._most_jobs = most_jobs
        self._most_unfinished = most_unfinished
        self._records: dict[str, ProgramJobRecord] = {}
        self._waiters = Waiters()
        self._submitting = 0
        self._revoked: set[str] = set()
        """Programs that may send no more, though a recording of theirs may still be arriving."""

    async def load(self) -> None:
        """Reads what is kept, and ends what belongs to no program any more: the node may have died at any moment."""
        self._records = {record.job_id: record for record in await self._table.jobs()}
        programs = {OWN_PROGRAM, *(each.program_id for each in await self._table.all())}
        for record in [each for each in self._records.values() if each.program_id not in programs]:
            await self._forget(record)
        await self._end_unlisted()
        for record in self._records.values():
            if (folder := self._taking.folder_of(record.book_id)) is not None:
                self.uploads.note(folder, record.program_id)

    async def watch(self) -> None:
        """Forgets what is over, until cancelled."""
        while True:
            await asyncio.sleep(self._look_seconds)
            await self.forget_what_is_over()

    async def forget_what_is_over(self) -> None:
        now = self._now().timestamp()
        for record in list(self._records.values()):
            finished_at = None if record.finished_at is None else datetime.fromisoformat(record.finished_at).timestamp()
            asked_at = datetime.fromisoformat(record.asked_at).timestamp()
            book = self._driver.state.books.get(record.book_id)
            if book is None or JobTimes(asked_at=asked_at, finished_at=finished_at).is_over(now):
                await self._forget(record)
            elif record.finished_at is None and book.state in _FINISHED:  # while this node did not run
                await self._note(replace(record, finished_at=self._time()))
        await self._end_unlisted()

    async def _end_unlisted(self) -> None:
        """Ends recordings that are on no program's list. One that just arrives is on it only in a moment."""
        listed = {record.book_id for record in self._records.values()}
        for book in list(self._driver.state.books.values()):
            if self._submitting:
                return
            if book.book_id not in listed and self._taking.is_programs(book):
                await self._end(book.book_id)

    def observe(self, done: Sequence[actions.AnyAction]) -> None:
        """Has whoever waits look again, and notes what is finished."""
        for action in done:
            book_id = None
            if isinstance(action, (actions.StoreBookState, actions.DeleteBook, actions.StoreReadWhole)):
                book_id = action.book_id
            elif isinstance(action, actions.StoreChunkState):
                book_id = action.chunk_id.book_id
            if book_id is not None:
                self._waiters.notify(book_id)
            if isinstance(action, actions.StoreBookState) and action.state in _FINISHED:
                self._tasks.start(self._note_finished(action.book_id))

    async def _note_finished(self, book_id: BookId) -> None:
        for record in [each for each in self._records.values() if each.book_id == book_id]:
            await self._note(replace(record, finished_at=self._time()))
        self._changed()

    async def submit(self, program_id: str, folder: Path, filename: str, request: ProgramRequest) -> ProgramJobRecord:
        """Takes a recording, the one file in that folder, which is the node's from now on, also if this raises. The
        same again, in whatever form its answer is wanted, is the same. NotFoundError if the program was revoked."""
        self._submitting += 1
        self.uploads.arrived(folder)
        try:
            await self._make_room(program_id)
            book_id = await self._taking.take(folder, filename, request)
            job_id = job_id_of(program_id, book_id)
            asked_at = self._time()
            record = self._records.get(job_id) or ProgramJobRecord(
                job_id=job_id,
                program_id=program_id,
                book_id=book_id,
                filename=filename,
                created_at=asked_at,
                asked_at=asked_at,
            )
            book = self.book(book_id)
            finished_at = record.finished_at or asked_at if book.state in _FINISHED else None
            await self._note(replace(record, asked_at=asked_at, finished_at=finished_at))
            if program_id in self._revoked:
                await self._forget(record)
                raise NotFoundError("This program's address was revoked: make a new one to send recordings.")
        finally:
            self._submitting -= 1
            if not self._taking.reads_from(folder):
                await asyncio.to_thread(self._folders.remove_upload, folder)
        self._changed()
        return self._records[job_id]

    async def make_disk_room(self, program_id: str, byte_count: int) -> None:
        """Forgets what was finished first while the recordings of that program take too much disk, but nothing whose
        answer somebody waits for. TooMuchAtOnceError if there is no room for so many bytes until others are done."""
        for record in [each for each in self._records.values() if each.program_id == program_id]:
            folder = None if record.finished_at is None else self._taking.folder_of(record.book_id)
            if folder is not None:
                if not await asyncio.to_thread(self.uploads.is_crowded, program_id):
                    break
                if record.book_id not in self._waiters:  # else its answer is yet to be read
                    self.uploads.leave(folder)
                    await self._forget(record)
        if not await asyncio.to_thread(self.uploads.has_room, program_id, byte_count):
            raise TooMuchAtOnceError

    async def _make_room(self, program_id: str) -> None:
        """Forgets what was finished first, if there is too much. TooMuchAtOnceError if too much is not done."""
        mine = [record for record in self._records.values() if record.program_id == program_id]
        if sum(record.finished_at is None for record in mine) >= self._most_unfinished:
            raise TooMuchAtOnceError
        finished = [each for each in mine if each.finished_at is not None and each.book_id not in self._waiters]
        for record in finished[: max(0, len(mine) + 1 - self._most_jobs)]:
            await self._forget(record)

    def book(self, book_id: BookId) -> Book:
        """Returns the book that a recording is; NotFoundError if it was deleted."""
        book = self._driver.state.books.get(book_id)
        if book is None:
            raise NotFoundError("That recording was deleted; send it again.")
        return book

    def of(self, program_id: str) -> list[ProgramJobRecord]:
        """Returns what that program sent, oldest first."""
        return [each for each in self._records.values() if each.program_id == program_id and self._is_there(each)]

    def find(self, program_id: str, job_id: str) -> ProgramJobRecord:
        """Returns one of them; NotFoundError for whatever else, another program's too."""
        record = self._records.get(job_id)
        if record is None or record.program_id != program_id or not self._is_there(record):
            raise NotFoundError("There is no such job: it was deleted, or forgotten an hour after it was done.")
        return record

    def _is_there(self, record: ProgramJobRecord) -> bool:
        return record.book_id in self._driver.state.books

    def unfinished(self) -> Counter[str]:
        """Returns how many recordings of each program are not done."""
        return Counter(
            each.program_id for each in self._records.values() if each.finished_at is None and self._is_there(each)
        )

    def waiting(self, record: ProgramJobRecord) -> AbstractContextManager[Waiter]:
        """Counts whoever is inside as waiting for that recording. What is left by a program that hung up goes on, if
        that makes sense."""
        return self._waiters.waiting(record.book_id, lambda: self.book(record.book_id).state in _FINISHED)

    def hung_up(self, record: ProgramJobRecord) -> None:
        """Ends a short recording for which nobody waits any more, unless somebody asks for it again soon."""
        self._tasks.start(self._end_if_nobody_waits(record))

    async def _end_if_nobody_waits(self, record: ProgramJobRecord) -> None:
        await asyncio.sleep(self._grace_seconds)
        current, book = self._records.get(record.job_id), self._driver.state.books.get(record.book_id)
        if current is None or book is None or current.asked_at != record.asked_at:
            return  # it was asked for again, and ends with that
        is_short, is_finished = book.is_short(self._driver.state.rules), book.state in _FINISHED
        if goes_on(is_short=is_short, is_finished=is_finished, others_wait=record.book_id in self._waiters):
            return
        logger.info("%s: its program hung up before it was done, and did not ask again.", record.filename)
        await self._forget(current)

    async def delete(self, program_id: str, job_id: str) -> None:
        await self._forget(self.find(program_id, job_id))

    async def delete_all_of(self, program_id: str) -> None:
        """Forgets all that a program sent which may send no more, also what is just arriving."""
        self._revoked.add(program_id)
        for record in [each for each in self._records.values() if each.program_id == program_id]:
            await self._forget(record)

    async def _forget(self, record: ProgramJobRecord) -> None:
        """Forgets a recording, and ends it, unless another program sent it too or a person has it as a book. Its row
        goes last: if the node dies before that, the rest is done when it starts again."""
        self._records.pop(record.job_id, None)
        book = self._driver.state.books.get(record.book_id)
        sharer = next((each for each in self._records.values() if each.book_id == record.book_id), None)
        if sharer is not None:
            if (folder := self._taking.folder_of(record.book_id)) is not None:
                self.uploads.note(folder, sharer.program_id)  # it takes that one's disk from now on
        elif book is not None and self._taking.is_programs(book):
            await self._end(record.book_id)
        if record.job_id not in self._records:  # else it was sent again meanwhile
            try:
                await self._table.remove_job(record.job_id)
            except StorageError as error:
                logger.warning("%s", error.message)
        self._changed()

    async def _end(self, book_id: BookId) -> None:
        try:
            await self._driver.ask(events.BookRemoved, book_id=book_id)
        except SwarmError as error:
            logger.debug("%s", error.message)

    async def _note(self, record: ProgramJobRecord) -> None:
        self._records[record.job_id] = record
        await self._table.put_job(record)

    def _time(self) -> str:
        return self._now().isoformat(timespec="milliseconds")
