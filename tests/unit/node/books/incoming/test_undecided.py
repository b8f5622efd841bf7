"""Uploads that may be several books wait for an answer, and are taken as one book if none comes."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from swarmstt.core.ordering.several_books import FoundBook
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.errors import InputError, ModelError, NotFoundError, StorageError, SwarmError
from swarmstt.ids import BookId
from swarmstt.node.books.incoming.undecided import Undecided, take_up
from swarmstt.node.data_dir import note_of_upload
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.tasks import TaskSet

NAMES = ("Dracula.mp3", "Emma 1.mp3", "Emma 2.mp3")
BOOKS = (FoundBook(title="Dracula", places=(0,)), FoundBook(title="Emma: a novel", places=(1, 2)))
Taken = tuple[str, list[str], list[tuple[str, ...]]]


class Uploads:
    """Implements what is asked of Adding; what is called "Dracula.mp3" can be refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[Taken] = []
        self.one_taken = asyncio.Event()
        self.refuses = False
        self.most_folders = 10
        self.fails: Exception | None = None
        self.waits: asyncio.Event | None = None  # for something that never comes
        self.count = 0

    def upload_folder(self) -> Path:
        if self.count == self.most_folders:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.count += 1
        made = self.folder / f"upload-{self.count}"
        made.mkdir()
        return made

    async def add_upload(
        self, folder: Path, filename: str, options: BookOptions, paths: Sequence[tuple[str, ...]]
    ) -> AddedBook:
        found = await asyncio.to_thread(files_in, folder)
        self.taken.append((filename, found, list(paths)))
        self.one_taken.set()
        if self.waits is not None:
            await self.waits.wait()
        if self.fails is not None:
            raise self.fails
        if self.refuses and filename == "Dracula.mp3":
            raise InputError("Dracula.mp3 is not audio.")
        return AddedBook(book_id=BookId("a"), filename=filename, given=filename)


def files_in(folder: Path) -> list[str]:
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())


@pytest.fixture
async def tasks() -> AsyncIterator[TaskSet]:
    made = TaskSet()
    yield made
    await made.close()


def uploaded(uploads: Uploads) -> Path:
    """Each file lies in a folder of its own, as they do once they have arrived; one has a cue sheet beside it."""
    folder = uploads.upload_folder()
    for rank, name in enumerate(NAMES, start=1):
        place = folder / f"{rank:05d}"
        place.mkdir()
        (place / name).write_bytes(name.encode())
    (folder / "00001" / "Dracula.cue").write_bytes(b"FILE")
    return folder


async def ask(undecided: Undecided, folder: Path) -> str:
    paths = [(name,) for name in NAMES]
    question = await undecided.ask(folder, "Dracula", BookOptions(), paths, in_folder=False)
    assert question is not None
    assert [book["files"] for book in question["books"]] == [["Dracula.mp3"], ["Emma 1.mp3", "Emma 2.mp3"]]
    return question["upload_id"]


async def several(files: BookFiles, in_folder: bool) -> tuple[FoundBook, ...]:
    return BOOKS


APART: list[Taken] = [
    ("Dracula.mp3", ["Dracula.cue", "Dracula.mp3"], [("Dracula.mp3",)]),
    ("Emma_ a novel", ["00001/Emma 1.mp3", "00002/Emma 2.mp3"], [("Emma 1.mp3",), ("Emma 2.mp3",)]),
]


async def test_apart_each_gets_a_folder_of_its_own(tmp_path: Path, tasks: TaskSet) -> None:
    uploads = Uploads(tmp_path)
    undecided, folder = Undecided(uploads, tasks, find=several), uploaded(uploads)
    upload_id = await ask(undecided, folder)
    await undecided.decide(upload_id, apart=True)
    assert uploads.taken == APART
    assert not folder.exists()
    with pytest.raises(NotFoundError):
        await undecided.decide(upload_id, apart=True)


async def test_as_one_it_is_taken_as_it_came(tmp_path: Path, tasks: TaskSet) -> None:
    uploads = Uploads(tmp_path)
    undecided = Undecided(uploads, tasks, find=several)
    await undecided.decide(await ask(undecided, uploaded(uploads)), apart=False)
    [(filename, found, paths)] = uploads.taken
    assert (filename, len(found), paths) == ("Dracula", 4, [(name,) for name in NAMES])


async def test_one_that_cannot_be_taken_does_not_hold_up_the_others(tmp_path: Path, tasks: TaskSet) -> None:
    uploads = Uploads(tmp_path)
    uploads.refuses = True
    undecided = Undecided(uploads, tasks, find=several)
    refused, added = await undecided.decide(await ask(undecided, uploaded(uploads)), apart=True)
    assert isinstance(refused, SwarmError)
    assert isinstance(added, AddedBook)


async def test_without_an_answer_they_are_one_book(tmp_path: Path, tasks: TaskSet) -> None:
    uploads = Uploads(tmp_path)
    await ask(Undecided(uploads, tasks, find=several, patience_seconds=0.0), uploaded(uploads))
    await uploads.one_taken.wait()
    assert [paths for _, _, paths in uploads.taken] == [[(name,) for name in NAMES]]


async def test_what_cannot_be_put_apart_is_asked_again(tmp_path: Path, tasks: TaskSet) -> None:
    uploads = Uploads(tmp_path)
    undecided, folder = Undecided(uploads, tasks, find=several), uploaded(uploads)
    before = files_in(folder)
    upload_id = await ask(undecided, folder)
    uploads.most_folders = 2  # enough for the first of the two
    with pytest.raises(StorageError, match="No space left on device"):
        await undecided.decide(upload_id, apart=True)
    assert (files_in(folder), files_in(tmp_path / "upload-2"), uploads.taken) == (before, [], [])
    uploads.most_folders = 10
    await undecided.decide(upload_id, apart=True)
    assert uploads.taken == APART


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), ModelError("There is no base.")])
async def test_what_nobody_answered_and_cannot_be_taken_is_logged(
    tmp_path: Path, tasks: TaskSet, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    uploads = Uploads(tmp_path)
    uploads.fails = error
    await ask(Undecided(uploads, tasks, find=several, patience_seconds=0.0), uploaded(uploads))
    with caplog.at_level(logging.WARNING):
        await tasks.wait()  # raises what would end the node
    assert str(getattr(error, "strerror", error)) in caplog.text


@pytest.mark.parametrize("begun", [False, True], ids=["asked", "being taken"])
async def test_what_is_undecided_when_the_node_ends_is_one_book_at_its_next_start(
    tmp_path: Path, tasks: TaskSet, begun: bool
) -> None:
    uploads, ending = Uploads(tmp_path), TaskSet()
    folder, whole = uploaded(uploads), [(name,) for name in NAMES]
    uploads.waits = asyncio.Event()
    await ask(Undecided(uploads, ending, find=several, patience_seconds=0.0 if begun else 1000.0), folder)
    if begun:
        await uploads.one_taken.wait()
    await ending.close()
    later = Uploads(tmp_path)
    await take_up(later, tasks, tmp_path)
    await tasks.wait()
    assert later.taken == [("Dracula", files_in(folder), whole)]
    await take_up(later, tasks, tmp_path)
    await tasks.wait()
    assert len(later.taken) == 1


async def test_parts_that_the_node_did_not_come_to_are_books_at_its_next_start(tmp_path: Path, tasks: TaskSet) -> None:
    uploads = Uploads(tmp_path)
    undecided, folder = Undecided(uploads, tasks, find=several), uploaded(uploads)
    uploads.waits = asyncio.Event()
    deciding = asyncio.create_task(undecided.decide(await ask(undecided, folder), apart=True))
    await uploads.one_taken.wait()
    await tasks.cancel()
    deciding.cancel()
    await asyncio.wait({deciding})
    later = Uploads(tmp_path)
    await take_up(later, tasks, tmp_path)
    await tasks.wait()
    assert later.taken == APART


async def test_a_note_that_cannot_be_read_goes_with_its_upload(tmp_path: Path, tasks: TaskSet) -> None:
    uploads = Uploads(tmp_path)
    folder = uploaded(uploads)
    note_of_upload(folder).write_text('{"filename": 1}')
    await take_up(uploads, tasks, tmp_path)
    await tasks.wait()
    assert (uploads.taken, files_in(tmp_path)) == ([], [])


async def test_one_book_is_left_as_it_is(tmp_path: Path, tasks: TaskSet) -> None:
    async def one(files: BookFiles, in_folder: bool) -> tuple[FoundBook, ...]:
        return ()

    uploads = Uploads(tmp_path)
    folder, paths = uploaded(uploads), [(name,) for name in NAMES]
    assert await Undecided(uploads, tasks, find=one).ask(folder, "x", BookOptions(), paths, in_folder=True) is None
    assert folder.exists()
