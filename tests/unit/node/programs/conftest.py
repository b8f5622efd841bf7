"""A node's parts for other programs, with a real store and core, and without any decoding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NoReturn

import pytest

from swarmstt.core.books import BookSettings, ChunkSpan
from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.state import Book
from swarmstt.ids import BookId, ChunkId, HelperId
from swarmstt.node.books.ebooks import Ebooks
from swarmstt.node.books.library import Library
from swarmstt.node.books.writing import WriteBook, Writing
from swarmstt.node.data_dir import Folders
from swarmstt.node.programs.answering import Answering
from swarmstt.node.programs.detecting import Detecting
from swarmstt.node.programs.jobs import ProgramJobs
from swarmstt.node.programs.rows import RowsOf, Shared
from swarmstt.node.programs.taking import Taking
from swarmstt.node.programs.uploads import Uploads
from swarmstt.speech.ingest.reader import ReadRequest
from swarmstt.speech.transcripts.writer import write_book
from swarmstt.storage.programs import ProgramJobRecord
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver
from swarmstt.tasks import TaskSet
from tests.unit.core.worlds import OWN, SETTINGS, offer, provenance, transcript


class NoEngines:
    """No recording is listened to for its language."""

    async def detect_language(self, model_hash: str, clips: Sequence[Path], among: Sequence[str]) -> tuple[str, float]:
        raise AssertionError

    def hash_for_languages(self) -> str | None:
        raise AssertionError


def no_reader(request: ReadRequest) -> NoReturn:
    raise AssertionError


async def no_model() -> str:
    raise AssertionError


MOST_BYTES = 1000
"""Of one program's recordings."""
PLAIN = ProgramRequest(task="transcribe", answer_format="json")


@dataclass
class World:
    """What belongs together. `at` is the time of day, which tests set."""

    folder: Path
    store: Store
    at: datetime = field(default_factory=lambda: datetime(2024, 1, 15, 10, tzinfo=timezone.utc))
    quick: list[BookId] = field(default_factory=list)
    in_turn: list[BookId] = field(default_factory=list)
    retried: list[BookId] = field(default_factory=list)
    uploads: int = 0
    merges: bool = True
    writing: Writing | None = None
    """Carries out MergeBook, if there is one."""

    def __post_init__(self) -> None:
        self.folders = Folders(self.folder)
        self.folders.uploads.mkdir()
        self.library = Library(self.store, self.folder / "out", self.now)
        self.driver = Driver(
            Coordinator(),
            commit=self.store.commit,
            carry_out=self.carry_out,
            clock=asyncio.get_running_loop().time,
            observe=lambda done: self.jobs.observe(done),
        )
        self.tasks = TaskSet()
        self.program_uploads = Uploads(self.folders, most_bytes=MOST_BYTES)
        self.taking = Taking(
            self.library,
            self.driver,
            self,
            self,
            retry=self.retry,
            read_quickly=self.quick.append,
            read_in_turn=self.in_turn.append,
        )
        self.jobs = self.new_jobs()

    def new_jobs(self) -> ProgramJobs:
        """As after a restart."""
        return ProgramJobs(
            self.store.programs,
            self.taking,
            self.driver,
            self.folders,
            self.now,
            self.tasks,
            uploads=self.program_uploads,
            grace_seconds=0.01,
            most_unfinished=3,
            most_jobs=4,
        )

    def now(self) -> datetime:
        return self.at

    def later(self, **how_much: float) -> None:
        self.at += timedelta(**how_much)

    def carry_out(self, action: actions.AnyAction) -> None:
        if isinstance(action, actions.CleanUpBook):
            self.library.forget(action.book_id)
        elif isinstance(action, actions.MergeBook) and self.writing is not None:
            self.writing.queue(action)
        elif isinstance(action, actions.MergeBook) and self.merges:
            self.driver.post(events.BookWritten, book_id=action.book_id)

    def answering(self, most_seconds_here: float = 1000.0) -> Answering:
        writing = self.new_writing(write_book)
        return Answering(self.store, self.library, writing, self.folders, most_seconds_here=most_seconds_here)

    def new_writing(self, write: WriteBook) -> Writing:
        ebooks = Ebooks(self.library, self.driver, self.folders)
        return Writing(self.driver, self.library, self.store, self.folders, self.now, write, ebooks=ebooks)

    def shared(self) -> Shared:
        return Shared(
            jobs=self.jobs,
            answering=self.answering(),
            detecting=Detecting(no_reader, NoEngines(), no_model),
            library=self.library,
            folders=self.folders,
            models=self,
            reader=self,
            model=lambda: "base",
            why_waiting=lambda book: None,
        )

    def rows_of(self, program_id: str) -> RowsOf:
        return RowsOf(program_id, self.shared())

    def warm_up(self) -> None:
        """There is no reader."""

    # What of Adding and Engines is needed.

    def usual_options(self) -> BookOptions:
        return BookOptions()

    async def settings_for(self, options: BookOptions) -> BookSettings:
        return BookSettings(model=options.model or "base", model_hash=SETTINGS.model_hash, decode=options.decode)

    async def retry(self, book: Book) -> None:
        self.retried.append(book.book_id)
        await self.driver.ask(events.BookRetried, book_id=book.book_id)

    async def model_names(self) -> list[str]:
        return ["base", "small"]

    # What programs and the reader do.

    def upload(self, content: bytes = b"sound") -> Path:
        self.uploads += 1
        folder = self.folders.uploads / f"upload-{self.uploads}"
        folder.mkdir()
        (folder / "a.wav").write_bytes(content)
        return folder

    async def send(
        self, program_id: str = "1", content: bytes = b"sound", request: ProgramRequest = PLAIN
    ) -> ProgramJobRecord:
        return await self.jobs.submit(program_id, self.upload(content), "a.wav", request)

    async def read(self, book_id: BookId, *lengths: float) -> None:
        start = 0
        for index, seconds in enumerate(lengths):
            count = round(seconds * 16_000)
            span = ChunkSpan(chunk_id=ChunkId(book_id, index), start_sample=start, sample_count=count)
            await self.driver.ask(events.ChunkRead, span=span)
            start += count
        await self.driver.ask(events.LanguageDecided, book_id=book_id, language="en")
        await self.driver.ask(events.BookIngested, book_id=book_id)

    async def decode_all(self) -> None:
        """The own helper does whatever there is."""
        helper = HelperId(OWN)
        await self.driver.ask(
            events.HelperJoined, helper_id=helper, kind="own", offer=offer("own"), holding=frozenset()
        )
        total = 0
        while True:
            total += 1
            done = await self.driver.ask(events.ChunksWanted, helper_id=helper, total=total)
            held = self.driver.state.helpers[helper].held
            if not held:
                return
            for lease in list(held.values()):
                await self.driver.ask(
                    events.ChunkDelivered,
                    helper_id=helper,
                    lease_id=lease.lease_id,
                    transcript=transcript("Call me.", lease.chunk.span.seconds),
                    provenance=provenance("own"),
                )
            del done


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Store(tmp_path / "db.sqlite", lambda: datetime.now(timezone.utc)) as store:
        made = World(tmp_path, store)
        running = asyncio.create_task(made.driver.run())
        yield made
        await made.tasks.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
