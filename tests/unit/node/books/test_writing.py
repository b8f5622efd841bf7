"""A transcript is written whatever happens to the process that writes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from swarmstt.core.books import BookOutput
from swarmstt.core.ebooks.order import EbookOrder, SoundSource
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.scheduling.actions import CleanUpBook, MergeBook
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.speech.merge import BookFacts
from swarmstt.errors import EngineDiedError
from swarmstt.ids import BookId, LeaseId
from swarmstt.node.actions import ActionRunner
from swarmstt.node.books.ebooks import Ebooks
from swarmstt.node.books.library import Library
from swarmstt.node.books.writing import WriteBook, Writing, mixture_of
from swarmstt.node.data_dir import Folders
from swarmstt.speech.transcripts.writer import ReadAlongOrder, Written
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver
from swarmstt.tasks import TaskSet
from tests.support.clocks import now
from tests.unit.core.worlds import BOOK, SETTINGS


async def _never(stored: object) -> None:
    raise AssertionError("the driver does not run")


FACTS = BookFacts(book_id=BOOK, filename="a.mp3", completed_at="", language="en", model="base", model_hash="hash")


def writing(tmp_path: Path, write: WriteBook) -> Writing:
    store = Store(tmp_path / "swarmstt.sqlite", now)
    coordinator = Coordinator(next_lease_id=LeaseId(1))
    driver = Driver(coordinator, commit=_never, carry_out=lambda action: None, clock=lambda: 0.0)
    library, folders = Library(store, tmp_path, now), Folders(tmp_path)
    return Writing(driver, library, store, folders, now, write, ebooks=Ebooks(library, driver, folders))


@pytest.mark.parametrize("deaths", [1, 2])
async def test_a_writer_that_was_ended_is_started_once_more(deaths: int, tmp_path: Path) -> None:
    begun = 0

    async def write(*_: object) -> Written:
        nonlocal begun
        begun += 1
        if begun <= deaths:
            raise EngineDiedError("Writing was cut short.")
        return Written(files=[[], [tmp_path / "book.txt"]])

    opened = writing(tmp_path, write)
    if deaths == 1:
        written = await opened.written(FACTS, 0, ())
        assert written.files == [[], [tmp_path / "book.txt"]]
        assert written.trouble == ()
    else:
        with pytest.raises(EngineDiedError):
            await opened.written(FACTS, 0, ())
    assert begun == 2


async def test_the_second_time_it_is_written_without_the_ebook(tmp_path: Path) -> None:
    own = BookOutput(folder="own", name="transcript", formats=("json", "epub"))
    wished = BookOutput(folder="out", name="book", formats=("txt", "epub"))
    along = ReadAlongOrder(ebook=EbookOrder(path="a.epub", name="moby.epub"), sounds=(SoundSource(path="a.mp3"),))
    orders = []

    async def write(
        facts: BookFacts, outcomes: object, outputs: tuple[BookOutput, ...], read_along: ReadAlongOrder
    ) -> Written:
        orders.append((outputs, read_along))
        if len(orders) == 1:
            raise EngineDiedError("Writing was cut short.")
        return Written(files=[[], []])

    written = await writing(tmp_path, write).written(FACTS, 0, (own, wished), read_along=along)
    assert orders == [
        ((own, wished), along),
        ((own, replace(wished, formats=("txt",))), replace(along, ebook=None)),
    ]
    assert written.trouble == ("The ebook could not be made: Writing was cut short.",)
    assert written.ebook == BookEbook(name="moby.epub")


async def test_the_writing_of_a_book_that_is_removed_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def write(self: Writing, order: MergeBook) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def unused(*_: object) -> Written:
        raise AssertionError("nothing is written")

    monkeypatch.setattr(Writing, "_write", write)
    opened = writing(tmp_path, unused)
    tasks, nothing = TaskSet(), cast("Any", None)
    actions = ActionRunner(
        Coordinator(next_lease_id=LeaseId(1)).state,
        Folders(tmp_path),
        Library(Store(tmp_path / "swarmstt.sqlite", now), tmp_path, now),
        outlets=nothing,
        helper_server=nothing,
        ingest_queues=(),
        writing=opened,
        tasks=tasks,
    )
    running = asyncio.create_task(opened.run())
    try:
        opened.queue(MergeBook(book_id=BOOK, settings=SETTINGS))
        await begun.wait()
        await opened.forget(BookId("another"))
        assert not ended.is_set()
        actions.carry_out(CleanUpBook(book_id=BOOK))
        await tasks.wait()
        assert ended.is_set()
        begun.clear()
        ended.clear()
        opened.queue(MergeBook(book_id=BOOK, settings=SETTINGS))  # and the next one is written
        await begun.wait()
    finally:
        running.cancel()
        await asyncio.wait({running})
    assert ended.is_set()
    assert running.cancelled()


@pytest.mark.parametrize(
    ("engines", "says"),
    [
        ((), None),
        (("ctranslate2 4.8.5",), None),
        (("ctranslate2 4.8.5", "unknown"), None),
        (("ctranslate2 4.8.5", "ctranslate2 4.9.0", "unknown"), "(ctranslate2 4.8.5, ctranslate2 4.9.0)"),
    ],
)
def test_different_versions_of_the_engine_are_mentioned(engines: tuple[str, ...], says: str | None) -> None:
    sentence = mixture_of(engines)
    assert sentence is None if says is None else says in str(sentence)
