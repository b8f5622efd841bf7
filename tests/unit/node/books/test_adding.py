"""Books are probed while their model is warmed up."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from swarmstt.config import Config
from swarmstt.core.books import BookSettings
from swarmstt.core.edits import BookEdits, Respelling
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.errors import InputError, SwarmError
from swarmstt.ids import BookId, LeaseId
from swarmstt.node.books.adding import Adding
from swarmstt.node.books.ebooks import Ebooks
from swarmstt.node.books.incoming.taking_up import TakingUp
from swarmstt.node.books.ingest import Ingest
from swarmstt.node.books.ingest_queue import IngestQueue
from swarmstt.node.books.library import Library
from swarmstt.node.data_dir import Folders
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.ingest.probe import probe
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver
from tests.support import clocks
from tests.support.records import RECORD


class SlowModel:
    """Implements what Adding asks of engines, of those who decide, and of the offer: no model is ever ready."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.began = asyncio.Event()
        self.was_cancelled = False

    async def warm_up(self, options: BookOptions) -> None:
        self.asked.set()
        self.began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise

    async def detect_language(self, model_hash: str, clips: object, among: object = ()) -> tuple[str, float]:
        raise AssertionError("no book has come so far")

    async def settings_for(self, options: BookOptions, files: BookFiles | None = None) -> BookSettings:
        raise AssertionError("no book has come so far")

    async def ready_or_give_up(self, settings: BookSettings) -> None:
        raise AssertionError("no book has come so far")

    async def try_again(self) -> None:
        raise AssertionError("nothing was tried so far")


def adding(
    folder: Path,
    model: SlowModel,
    probing: Callable[[BookFiles], Awaitable[None]] = probe,
    library: Library | None = None,
) -> Adding:
    async def commit(stored: object) -> None:
        raise AssertionError("no book has come so far")

    def now() -> datetime:
        return datetime.now(timezone.utc)

    folders = Folders(folder)
    library = library or Library(Store(folder / "swarmstt.sqlite", now), folder, now)
    coordinator = Coordinator(next_lease_id=LeaseId(1))
    driver = Driver(coordinator, commit=commit, carry_out=lambda action: None, clock=lambda: 0.0)
    queue = IngestQueue(coordinator.state)
    return Adding(
        Config(),
        folders,
        library=library,
        driver=driver,
        ingest_queue=queue,
        taking_up=TakingUp(driver, library, Ingest(queue, driver, library, folders, model), queue, model),
        deciding=model,
        ebooks=Ebooks(library, driver, folders),
        probe=probing,
    )


async def test_a_book_that_is_none_ends_the_warming_up(tmp_path: Path) -> None:
    model = SlowModel()

    async def fails(files: BookFiles) -> None:
        await model.began.wait()
        raise InputError("It has no audio files in it.")

    files = BookFiles(name="a.mp3", is_folder=False, files=(tmp_path / "a.mp3",))
    with pytest.raises(InputError):
        await adding(tmp_path, model, fails).add(files, BookOptions())
    assert model.was_cancelled


async def test_also_where_several_are_given(tmp_path: Path) -> None:
    model, folder = SlowModel(), tmp_path / "empty"
    folder.mkdir()
    [answer] = await adding(tmp_path, model).add_paths([str(folder)], BookOptions())
    assert model.asked.is_set()
    assert isinstance(answer, SwarmError)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_file_that_goes_after_the_look_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")

    class Gone(SlowModel):
        async def warm_up(self, options: BookOptions) -> None:
            pass

        async def settings_for(self, options: BookOptions, files: BookFiles | None = None) -> BookSettings:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

    async def probed(files: BookFiles) -> None:
        pass

    [answer] = await adding(tmp_path, Gone(), probed).add_paths([str(path)], BookOptions(one_book=True))
    assert isinstance(answer, InputError)
    assert answer.message == f"a.wav could not be read: {os.strerror(errno.ENOENT)}."


async def test_an_upload_is_still_there_if_the_node_ends_meanwhile(tmp_path: Path) -> None:
    began = asyncio.Event()

    async def never_ends(files: BookFiles) -> None:
        began.set()
        await asyncio.Event().wait()

    def arrived() -> Path:
        (tmp_path / "uploads").mkdir()
        folder = books.upload_folder()
        (folder / "a.mp3").write_bytes(b"x")
        return folder

    books = adding(tmp_path, SlowModel(), never_ends)
    folder = await asyncio.to_thread(arrived)
    taking = asyncio.create_task(books.add_upload(folder, "a.mp3", BookOptions(), [("a.mp3",)]))
    await began.wait()
    taking.cancel()
    await asyncio.wait({taking})
    assert await asyncio.to_thread((folder / "a.mp3").exists)


@pytest.mark.parametrize("name", ["a.mp3", "Dune"])
async def test_an_ebook_that_is_uploaded_with_audio_is_the_books(tmp_path: Path, name: str) -> None:
    taken: list[BookFiles] = []

    async def keeps(files: BookFiles) -> None:
        taken.append(files)
        raise InputError("It is looked at, and that is all.")

    def arrived(names: list[str]) -> Path:
        (tmp_path / "uploads").mkdir(exist_ok=True)
        folder = books.upload_folder()
        for each in names:
            (folder / each).write_bytes(b"x")
        return folder

    books = adding(tmp_path, SlowModel(), keeps)
    for uploaded in (["a.mp3", "The book.epub"], ["a.mp3"], ["alone.epub"]):
        folder = await asyncio.to_thread(arrived, uploaded)
        with pytest.raises(InputError):
            await books.add_upload(folder, name, BookOptions(), [(uploaded[0],)])
        assert not await asyncio.to_thread(folder.exists)
    assert [files.ebook and files.ebook.name for files in taken] == ["The book.epub", None, None]
    assert [[path.name for path in files.files] for files in taken] == [["a.mp3"], ["a.mp3"], ["alone.epub"]]
    assert {files.is_folder for files in taken} == {True} if name == "Dune" else {True, False}


async def test_names_that_a_person_set_right_stay_in_another_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = BookEdits(respellings=(Respelling(heard="Akab", name="Ahab"),))
    async with Store(tmp_path / "swarmstt.sqlite", clocks.now) as store:
        await store.add_book(RECORD)
        await store.add_book(replace(RECORD, book_id=BookId("bbbb0000")))
        await store.set_edits(RECORD.book_id, edits)
        library = Library(store, tmp_path, clocks.now)
        await library.load()
        books = adding(tmp_path, SlowModel(), library=library)

        async def found(*_: object, **__: object) -> AddedBook:
            return AddedBook(book_id=BookId("bbbb0000"), filename="a.mp3", given="a.mp3")

        monkeypatch.setattr(books, "_while_warming_up", lambda probing, _: probing)
        monkeypatch.setattr(books, "_probe", found)
        monkeypatch.setattr(books, "_take", found)
        await books.transcribe_again(RECORD.book_id, "large-v3")
        assert library.get(BookId("bbbb0000")).edits == edits
        assert await store.books() == library.records()


async def test_the_names_of_the_ebook_that_is_there_go_with_a_new_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They change neither the book nor what is known of it when an ebook comes later."""
    audio = tmp_path / "audio" / "a.mp3"
    audio.parent.mkdir()
    audio.write_bytes(b"sound")
    told: list[BookSettings] = []

    async def names(path: Path, name: str) -> tuple[str, ...]:
        return ("Lyonette", "Erin")

    async def quietly(*_: object) -> None: ...

    async def settings_for(*_: object) -> BookSettings:
        return RECORD.settings

    async def ask(event: object, **given: BookSettings) -> None:
        told.append(given["settings"])

    async with Store(tmp_path / "swarmstt.sqlite", clocks.now) as store:
        model = SlowModel()
        books = adding(tmp_path, model, quietly, Library(store, tmp_path, clocks.now))
        monkeypatch.setattr(model, "warm_up", quietly)
        monkeypatch.setattr(model, "settings_for", settings_for)
        monkeypatch.setattr(books._ebooks, "_check", names)
        monkeypatch.setattr(books._driver, "ask", ask)
        monkeypatch.setattr(books._taking_up, "again", quietly)
        before = await books.add_path(str(audio), BookOptions())
        audio.with_suffix(".epub").write_bytes(b"book")
        after = await books.add_path(str(audio), BookOptions())
        assert (after.book_id, after.known) == (before.book_id, True)
        audio.write_bytes(b"other sound")
        other = await books.add_path(str(audio), BookOptions())
        assert [each.names for each in told] == [None, ("Lyonette", "Erin")]
        assert [each.settings.names for each in await store.books()] == [None, ("Lyonette", "Erin")]
        assert [each.book_id for each in await store.books()] == [before.book_id, other.book_id]
