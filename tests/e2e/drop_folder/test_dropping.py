"""Drop folders on a real disk with the real watcher; what happens to the books is played by a fake node."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import pytest

from swarmstt.config import Config
from swarmstt.core.books import BookSettings, BookState
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.core.scheduling.actions import DeleteBook, StoreBookState
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.scheduling.state import Book, State
from swarmstt.errors import InputError, ModelError
from swarmstt.ids import BookId, LeaseId
from swarmstt.node.books.library import Library
from swarmstt.node.books.looking_up import look_up
from swarmstt.node.data_dir import default_drop_folder, drop_folders
from swarmstt.node.drop_folder.scan import Writers, scan
from swarmstt.node.drop_folder.watching import DropFolders
from swarmstt.options import DecodeOptions
from swarmstt.storage.store import Store
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

SETTLE_SECONDS = 0.3
SETTINGS = BookSettings(model="tiny.en", model_hash="hash", decode=DecodeOptions(language="en"))


class Books:
    """A node that takes every book, and remembers how often it was asked to."""

    def __init__(self, library: Library, state: State, store: Store) -> None:
        self.library = library
        self.store = store
        self.state = state
        self.added: list[tuple[str, BookId]] = []
        self.retried: list[BookId] = []
        self.removed: list[BookId] = []
        self.trouble: Exception | None = None

    async def add_path(self, path: str, options: BookOptions) -> AddedBook:
        if self.trouble is not None:
            raise self.trouble
        files = await look_up(path)
        if any(each.read_bytes().startswith(b"garbage") for each in files.files):
            raise InputError(f"{files.name} is not audio.")
        added = await self.library.add(files, SETTINGS, options, uploaded=False)
        self.state.books[added.book_id] = Book(book_id=added.book_id, settings=SETTINGS, language="en")
        self.added.append((files.name, added.book_id))
        return added

    async def retry(self, book_id: BookId) -> None:
        self.retried.append(book_id)
        self.state.books[book_id].state = BookState.OPEN

    async def remove(self, book_id: BookId) -> None:
        self.removed.append(book_id)
        self.library.forget(book_id)
        await self.store.commit([DeleteBook(book_id=book_id)])
        del self.state.books[book_id]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.added]


class World:
    """What outlives the node: its database, and its drop folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.drop = root / "drop"
        self.second = root / "second"
        self.transcripts = self.drop / "Transcripts"
        self.state = Coordinator(next_lease_id=LeaseId(1)).state
        self.dropping: DropFolders
        self.books: Books

    @asynccontextmanager
    async def node(self, *, second: bool = False, output_dir: Path | None = None) -> AsyncIterator[Books]:
        async with Store(self.root / "db.sqlite", lambda: datetime.now(timezone.utc)) as store:
            library = Library(store, self.root / "elsewhere", lambda: datetime.now(timezone.utc))
            await library.load()
            self.books = books = Books(library, self.state, store)
            self.dropping = DropFolders(
                [self.drop, self.second] if second else [self.drop],
                store=store,
                library=library,
                state=self.state,
                adding=books,
                books=books,
                options=BookOptions(output_dir=str(output_dir) if output_dir else None),
                clock=time.monotonic,
                settle_seconds=SETTLE_SECONDS,
                rescan_seconds=SETTLE_SECONDS,
                retry_seconds=SETTLE_SECONDS,
            )
            await self.dropping.make_folders(self.drop)
            watching = asyncio.create_task(self.dropping.run())
            try:
                yield books
            finally:
                assert not watching.done() or watching.result() is None
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    def fail(self, book_id: BookId, reason: str | None) -> None:
        book = self.state.books[book_id]
        book.state, book.reason = (BookState.DONE if reason is None else BookState.FAILED), reason
        self.dropping.observe([StoreBookState(book_id=book_id, state=book.state, reason=reason)])

    async def settle(self) -> None:
        """Returns when a new thing was found that lay there last, so that all that lay there before was seen too."""
        marker = self.drop / f"{time.monotonic_ns()}.mp3"
        marker.write_bytes(os.urandom(16))
        await eventually(lambda: marker.name in self.books.names)
        marker.unlink()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def put(path: Path, content: bytes = b"audio") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_transcripts_go_beside_the_books_unless_a_folder_is_named(world: World, elsewhere: bool) -> None:
    folder = world.root / "texts" if elsewhere else None
    async with world.node(output_dir=folder) as books:
        put(world.drop / "Tale.mp3", b"1")
        await eventually(lambda: len(books.added) == 1)
        [record] = books.library.records()
        assert record.output.folder == str(folder or world.transcripts)


async def test_files_and_folders_become_books(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "Tale.mp3", b"1")
        put(world.drop / "Discs" / "CD 1" / "1.mp3", b"2")
        put(world.drop / "Discs" / "CD 2" / "1.mp3", b"3")
        put(world.drop / "no audio" / "readme.txt")
        put(world.drop / "cover.jpg")
        await eventually(lambda: len(books.added) == 2)
        await world.settle()
        assert {"Tale.mp3", "Discs"} == {name for name in books.names if not name[0].isdigit()}
        record = books.library.get(dict(books.added)["Discs"])
        assert [Path(each).parent.name for each in record.sources] == ["CD 1", "CD 2"]
        assert record.output.folder == str(world.transcripts)


@pytest.mark.skipif(sys.platform not in ("linux", "win32"), reason="this system does not tell who writes")
async def test_a_growing_file_is_waited_for(world: World) -> None:
    async with world.node() as books:
        with (world.drop / "slow.mp3").open("wb") as file:
            for step in range(20):
                file.write(b"x" * 1000)
                file.flush()
                await asyncio.sleep(SETTLE_SECONDS / 4)  # as slowly as a download
                assert books.added == [], step
        await eventually(lambda: books.added)
        assert books.library.get(books.added[0][1]).fingerprint
        assert (world.drop / "slow.mp3").stat().st_size == 20_000
        assert len(books.added) == 1


@pytest.mark.skipif(sys.platform not in ("linux", "win32"), reason="this system does not tell who writes")
async def test_a_file_that_is_open_for_writing_is_waited_for(world: World) -> None:
    async with world.node() as books:
        with (world.drop / "stalled.mp3").open("wb") as file:
            file.write(b"x")
            file.flush()
            await world.settle()
            assert "stalled.mp3" not in books.names
            assert Writers().has(world.drop / "stalled.mp3")
        await eventually(lambda: "stalled.mp3" in books.names)


async def test_temporary_names_are_left_alone_until_they_change(world: World) -> None:
    async with world.node() as books:
        part = put(world.drop / "book.mp3.part")
        put(world.drop / ".hidden.mp3")
        put(world.drop / "Folder" / "1.mp3", b"1")
        half = put(world.drop / "Folder" / "2.mp3.crdownload", b"2")
        await world.settle()
        assert [name for name in books.names if not name[0].isdigit()] == []
        part.rename(world.drop / "book.mp3")
        half.rename(world.drop / "Folder" / "2.mp3")
        await eventually(lambda: {"Folder", "book.mp3"} <= set(books.names))


async def test_renamed_moved_and_restarted_it_is_the_same_book(world: World) -> None:
    async with world.node(second=True) as books:
        put(world.drop / "a.mp3", b"tale")
        await eventually(lambda: books.names == ["a.mp3"])
        book_id = books.added[0][1]
        (world.drop / "a.mp3").rename(world.drop / "b.mp3")
        await eventually(lambda: books.library.get(book_id).sources == (str(world.drop / "b.mp3"),))
        world.second.mkdir(exist_ok=True)
        (world.drop / "b.mp3").rename(world.second / "c.mp3")
        await eventually(lambda: books.library.get(book_id).sources == (str(world.second / "c.mp3"),))
        shutil.copy(world.second / "c.mp3", world.drop / "copy.mp3")
        await world.settle()
        assert [name for name in books.names if not name[0].isdigit()] == ["a.mp3"]
    (world.second / "c.mp3").rename(world.drop / "d.mp3")
    async with world.node(second=True) as books:
        await eventually(lambda: books.library.get(book_id).sources)
        await world.settle()
        assert [name for name in books.names if not name[0].isdigit()] == []


async def test_a_removed_book_is_not_done_again_at_a_restart(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "a.mp3")
        await eventually(lambda: books.added)
        await books.remove(books.added[0][1])
        await world.settle()
        assert len([name for name in books.names if name == "a.mp3"]) == 1
    async with world.node() as books:
        await world.settle()
        assert "a.mp3" not in books.names


async def test_a_file_that_is_changed_is_a_new_book_and_an_unfinished_one_is_given_up(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "a.mp3", b"first")
        await eventually(lambda: len(books.added) == 1)
        world.fail(books.added[0][1], None)
        put(world.drop / "a.mp3", b"the second")
        await eventually(lambda: len(books.added) == 2)
        assert books.removed == []  # the first was done
        put(world.drop / "a.mp3", b"the third of them")
        await eventually(lambda: len(books.added) == 3)
        await eventually(lambda: books.removed == [books.added[1][1]])


async def test_failures_are_told_in_a_note_that_goes_away(world: World) -> None:
    note = world.transcripts / "bad.error.txt"
    async with world.node() as books:
        put(world.drop / "bad.mp3", b"garbage")
        await eventually(note.exists)
        assert "bad.mp3 is not audio." in note.read_text(encoding="utf-8")
        [refused] = world.dropping.views()[0]["refused"]
        assert refused.startswith("bad.mp3 is not audio.")
        put(world.drop / "bad.mp3", b"mended")
        await eventually(lambda: not note.exists())
        await eventually(lambda: books.added)
        assert world.dropping.views()[0]["refused"] == []
        world.fail(books.added[0][1], "The disk broke.")
        await eventually(note.exists)
        assert "bad.mp3 was not transcribed: The disk broke." in note.read_text(encoding="utf-8")
        world.fail(books.added[0][1], None)
        await eventually(lambda: not note.exists())
        world.fail(books.added[0][1], "Once more.")
        await eventually(note.exists)
        (world.drop / "bad.mp3").unlink()
        await eventually(lambda: not note.exists())


async def test_a_note_outlives_a_restart_and_overwrites_nothing(world: World) -> None:
    own = put(world.transcripts / "bad.error.txt", b"a person's own")
    note = world.transcripts / "bad (2).error.txt"
    put(world.drop / "bad.mp3", b"garbage")
    async with world.node():
        await eventually(note.exists)
    async with world.node():
        await world.settle()
        assert note.exists()
        assert not (world.transcripts / "bad (3).error.txt").exists()
        put(world.drop / "bad.mp3", b"mended")
        await eventually(lambda: not note.exists())
    assert own.read_bytes() == b"a person's own"


@pytest.mark.parametrize(("name", "content"), [("empty.mp3", b""), ("protected.aax", b"x")])
async def test_what_can_be_no_book_is_told(world: World, name: str, content: bytes) -> None:
    async with world.node() as books:
        put(world.drop / name, content)
        await eventually((world.transcripts / f"{Path(name).stem}.error.txt").exists)
        assert books.added == []


async def test_a_file_without_the_right_to_read_it(world: World) -> None:
    locked = put(world.drop / "locked.mp3")
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        pytest.skip("this user may read everything")
    async with world.node() as books:
        await eventually((world.transcripts / "locked.error.txt").exists)
        locked.chmod(0o600)
        os.utime(locked)
        await eventually(lambda: books.added)


async def test_a_folder_that_disappears_is_told_and_used_again(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "a.mp3", b"first")
        await eventually(lambda: books.added)
        world.drop.rename(world.root / "away")
        await eventually(lambda: not world.dropping.views()[0]["present"])
        assert str(world.drop) in world.dropping.troubles()[0]
        world.fail(books.added[0][1], "Its drive is gone.")
        (world.root / "away").rename(world.drop)
        await eventually(lambda: world.dropping.views()[0]["present"])
        await eventually(lambda: books.retried == [books.added[0][1]])
        put(world.drop / "b.mp3", b"second")
        await eventually(lambda: books.names == ["a.mp3", "b.mp3"])
        assert world.dropping.troubles() == []


async def test_trouble_of_the_node_is_no_failure_of_the_book(world: World) -> None:
    async with world.node() as books:
        books.trouble = ModelError("There is no such model.")
        put(world.drop / "a.mp3")
        await eventually(world.dropping.troubles)
        assert "There is no such model." in world.dropping.troubles()[0]
        assert not world.transcripts.exists()
        books.trouble = None
        await eventually(lambda: books.added)
        await eventually(lambda: not world.dropping.troubles())


async def test_odd_names(world: World) -> None:
    names = ["a b.mp3", "ünïcödé 日本.mp3", "100% 'quoted' #1.mp3", "x" * 200 + ".mp3"]
    if sys.platform == "linux":
        names += ["new\nline.mp3", os.fsdecode(b"no \xff text.mp3"), "con?.mp3"]
    for number, name in enumerate(names):
        put(world.drop / name, b"%d" % number)
    async with world.node() as books:
        await eventually(lambda: len(books.added) == len(names))
    async with world.node() as books:
        await world.settle()
        assert len(books.added) == 1


async def test_thousands_of_files(world: World) -> None:
    for number in range(2000):
        put(world.drop / "many" / f"{number}.txt")
        put(world.drop / f"{number}.txt")
    for number in range(50):
        put(world.drop / f"{number}.mp3", b"%d" % number)
    async with world.node() as books:
        await eventually(lambda: len(books.added) == 50)


async def test_a_named_folder_is_made_once_only_and_only_at_a_place_that_is_there(world: World) -> None:
    world.second = world.root / "no drive" / "second"
    async with world.node(second=True):
        assert world.drop.is_dir()
        assert not world.second.exists()
        await eventually(lambda: not world.dropping.views()[1]["present"])
    world.second.parent.mkdir()
    async with world.node(second=True):
        assert not world.second.exists()


def test_without_a_named_folder_it_is_the_one_in_the_documents(tmp_path: Path) -> None:
    assert drop_folders(Config()) == (default_drop_folder(),)
    assert drop_folders(Config(drop_folder=(tmp_path,))) == (tmp_path,)


def test_a_link_to_a_folder_above_ends(tmp_path: Path) -> None:
    put(tmp_path / "Book" / "1.mp3")
    with linked(tmp_path / "Book" / "up", tmp_path):
        assert [file.path for file in scan(tmp_path, ())] == [("Book", "1.mp3")]


@contextmanager
def linked(link: Path, target: Path) -> Iterator[None]:
    try:
        link.symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    yield


def test_folders_apart_are_no_books(tmp_path: Path) -> None:
    put(tmp_path / "inner" / "1.mp3")
    put(tmp_path / "outer" / "1.mp3")
    assert [file.path for file in scan(tmp_path, [tmp_path / "inner"])] == [("outer", "1.mp3")]


async def test_a_drive_that_tells_no_news_is_looked_into(world: World) -> None:
    async with world.node() as books:
        await world.settle()
        for watched in world.dropping._folders:
            assert watched.watcher is not None
            watched.watcher.stop()
        await eventually(lambda: not any(each.name.startswith("watching ") for each in threading.enumerate()))
        put(world.drop / "b.mp3")
        await eventually(lambda: "b.mp3" in books.names)


@pytest.mark.parametrize("name", ["a.mp3", "again.mp3"])
async def test_what_was_replaced_before_it_was_done_and_comes_back_is_done(world: World, name: str) -> None:
    async with world.node() as books:
        put(world.drop / "a.mp3", b"first")
        await eventually(lambda: len(books.added) == 1)
        put(world.drop / "a.mp3", b"the second")
        await eventually(lambda: books.removed == [books.added[0][1]])
        put(world.drop / name, b"first")
        await eventually(lambda: len(books.added) == 3)
        assert books.added[2] == (name, books.added[0][1])


async def test_what_was_replaced_twice_and_comes_back_is_done(world: World) -> None:
    async with world.node() as books:
        for count, content in enumerate((b"first", b"the second", b"a third one", b"first", b"the second"), start=1):
            put(world.drop / "a.mp3", content)
            await eventually(partial(_took, books, count))
        ids = [book_id for _, book_id in books.added]
        assert ids[3:] == ids[:2]
        assert books.removed == ids[:4]


def _took(books: Books, count: int) -> bool:
    return (len(books.added), len(books.removed)) == (count, count - 1)


async def test_a_folder_whose_chapter_was_replaced_and_comes_back_is_done(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "Tale" / "1.mp3", b"first")
        await eventually(lambda: len(books.added) == 1)
        put(world.drop / "Tale" / "1.mp3", b"the second")
        await eventually(lambda: books.removed == [books.added[0][1]])
        put(world.drop / "Tale" / "1.mp3", b"first")
        await eventually(lambda: len(books.added) == 3)
        assert books.added[2][1] == books.added[0][1]


async def test_what_was_replaced_comes_back_after_a_restart_and_is_done(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "a.mp3", b"first")
        await eventually(lambda: len(books.added) == 1)
        first = books.added[0][1]
        put(world.drop / "a.mp3", b"the second")
        await eventually(lambda: books.removed == [first])
        await world.settle()
        second = books.added[1][1]
    put(world.drop / "a.mp3", b"first")
    async with world.node() as books:
        await eventually(lambda: ("a.mp3", first) in books.added)
        await eventually(lambda: books.removed == [second])


async def test_what_changed_its_place_with_something_else_is_done(world: World) -> None:
    async with world.node() as books:
        put(world.drop / "a.mp3", b"first")
        await eventually(lambda: len(books.added) == 1)
        (world.drop / "a.mp3").rename(world.drop / "b.mp3")
        put(world.drop / "a.mp3", b"the second")
        await eventually(lambda: len(world.state.books) == 2)
        await world.settle()
        assert {record.filename for record in books.library.records()} >= {"a.mp3"}
        assert books.added[0][1] in world.state.books
