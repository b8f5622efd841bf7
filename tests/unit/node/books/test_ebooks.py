"""Which ebook a book has, and what becomes of one that cannot be used."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.books import FileSound
from swarmstt.core.ebooks.order import SoundSource
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.errors import InputError, NotFoundError, UsageError
from swarmstt.ids import BookId, LeaseId
from swarmstt.node.books.ebooks import Ebooks, FoundEbook, ebook_beside
from swarmstt.node.books.library import Library
from swarmstt.node.books.writing import sounds_of
from swarmstt.node.data_dir import Folders
from swarmstt.speech.audio.book_files import BookFiles, find_book
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver
from tests.support.clocks import now
from tests.support.records import RECORD

BOOK = RECORD.book_id


async def _nothing(stored: object) -> None: ...


async def _good(path: Path, name: str) -> tuple[str, ...]:
    return ("Lyonette",)


async def _bad(path: Path, name: str) -> tuple[str, ...]:
    raise InputError(f"{name} is damaged.")


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    folder.mkdir()
    for name in ("a.mp3", "b.mp3"):
        (folder / name).write_bytes(b"sound")
    return folder


def book_of(path: Path) -> BookFiles:
    return BookFiles(name=path.name, is_folder=False, files=(path,)) if path.is_file() else find_book(path)


@pytest.mark.parametrize(
    ("epubs", "of_file", "of_folder"),
    [
        ([], None, None),
        (["a.epub"], "a.epub", "a.epub"),
        (["a.EPUB"], "a.EPUB", "a.EPUB"),
        (["other.epub"], None, "other.epub"),
        (["a.epub", "other.epub"], "a.epub", None),
        ([".a.epub"], None, None),
    ],
)
def test_the_ebook_beside_the_audio(audio: Path, epubs: list[str], of_file: str | None, of_folder: str | None) -> None:
    for name in epubs:
        (audio / name).write_bytes(b"book")
    for path, expected in ((audio / "a.mp3", of_file), (audio, of_folder)):
        found = ebook_beside(book_of(path))
        assert (None if found is None else found.name) == expected


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs there")
def test_what_is_no_file_is_no_ebook(audio: Path) -> None:
    """A FIFO by such a name would be waited for."""
    for path in audio.glob("*.epub"):
        path.unlink()
    os.mkfifo(audio / "book.epub")
    assert ebook_beside(book_of(audio)) is None


def test_the_ebook_in_the_folder_above_those_with_the_audio(audio: Path) -> None:
    for disc in ("CD 1", "CD 2"):
        (audio / disc).mkdir()
        (audio / disc / "1.mp3").write_bytes(b"sound")
    (audio / "book.epub").write_bytes(b"book")
    assert ebook_beside(book_of(audio)) == audio / "book.epub"


def test_the_ebook_in_the_folder_above_the_only_one_with_audio(tmp_path: Path) -> None:
    (tmp_path / "Dune" / "CD 1").mkdir(parents=True)
    (tmp_path / "Dune" / "CD 1" / "1.mp3").write_bytes(b"sound")
    (tmp_path / "Dune" / "book.epub").write_bytes(b"book")
    assert ebook_beside(book_of(tmp_path / "Dune")) == tmp_path / "Dune" / "book.epub"


def test_the_ebook_that_came_with_the_audio_has_any_name(audio: Path) -> None:
    came = audio / "other.epub"
    assert ebook_beside(replace(book_of(audio / "a.mp3"), ebook=came)) == came


def kept(ebooks: Ebooks) -> tuple[str, str] | None:
    """What the book's ebook is called, and what is in it."""
    order = ebooks.order_of(BOOK)
    return None if order is None else (order.name, Path(order.path).read_text(encoding="utf-8"))


async def ebooks_of(store: Store, tmp_path: Path, check: object) -> tuple[Ebooks, Library]:
    await store.add_book(RECORD)
    library, folders = Library(store, tmp_path, now), Folders(tmp_path / "data")
    await library.load()
    driver = Driver(Coordinator(next_lease_id=LeaseId(1)), commit=_nothing, carry_out=lambda _: None, clock=lambda: 0.0)
    return Ebooks(library, driver, folders, check), library  # type: ignore[arg-type]


async def test_an_ebook_is_kept_whatever_becomes_of_its_file(audio: Path, tmp_path: Path) -> None:
    (audio / "a.epub").write_bytes(b"book")
    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, library = await ebooks_of(store, tmp_path, _good)
        assert await asyncio.to_thread(kept, ebooks) is None
        await ebooks.take(BOOK, await ebooks.find(book_of(audio / "a.mp3"), None))
        await asyncio.to_thread((audio / "a.epub").unlink)
        assert await asyncio.to_thread(kept, ebooks) == ("a.epub", "book")
        told = BookEbook(name="a.epub", trouble="It is of another book.")
        await ebooks.told(BOOK, told)
        await ebooks.told(BOOK, None)
        assert library.get(BOOK).ebook == told
        [record] = await store.books()
        assert record.ebook == told


async def test_one_that_cannot_be_used_costs_the_book_nothing_but_itself(audio: Path, tmp_path: Path) -> None:
    (audio / "a.epub").write_bytes(b"book")
    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, library = await ebooks_of(store, tmp_path, _bad)
        await ebooks.take(BOOK, await ebooks.find(book_of(audio / "a.mp3"), None))
        assert library.get(BOOK).ebook == BookEbook(name="a.epub", trouble="a.epub is damaged.")
        assert await asyncio.to_thread(kept, ebooks) is None
        with pytest.raises(InputError, match="damaged"):
            await ebooks.check(str(audio / "a.epub"))
        with pytest.raises(InputError, match=r"Moby Dick\.epub is damaged"):
            await ebooks.add(BOOK, audio / "a.epub", "Moby Dick.epub")


async def test_one_that_could_not_be_used_gives_way_to_a_good_one(audio: Path, tmp_path: Path) -> None:
    (audio / "a.epub").write_bytes(b"book")
    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, library = await ebooks_of(store, tmp_path, _good)
        await library.set_ebook(BOOK, BookEbook(name="a.epub", trouble="a.epub is damaged."))
        await ebooks.take(BOOK, await ebooks.find(book_of(audio / "a.mp3"), None))
        assert await asyncio.to_thread(kept, ebooks) == ("a.epub", "book")
        assert library.get(BOOK).ebook == BookEbook(name="a.epub")


async def test_its_names_are_found_before_the_book_is_there(audio: Path, tmp_path: Path) -> None:
    (audio / "a.epub").write_bytes(b"book")
    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, _ = await ebooks_of(store, tmp_path, _good)
        files = await asyncio.to_thread(book_of, audio / "a.mp3")
        found = await ebooks.find(files, None)
        assert found == FoundEbook(path=audio / "a.epub", name="a.epub", names=("Lyonette",))
        await ebooks.take(BOOK, found)
        again = await ebooks.of_before(BOOK)
        assert again is not None
        assert (again.name, again.names, again.chosen) == ("a.epub", ("Lyonette",), True)
        await ebooks.take(BOOK, again)  # the same book: its own file is not copied onto itself
        assert await asyncio.to_thread(kept, ebooks) == ("a.epub", "book")


async def test_an_epub_that_is_written_in_the_end_is_no_trouble_any_more(tmp_path: Path) -> None:
    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, library = await ebooks_of(store, tmp_path, _good)
        await ebooks.told(BOOK, None, ["a.epub was not written: no room."])
        assert library.get(BOOK).ebook is not None
        await ebooks.told(BOOK, None)
        assert library.get(BOOK).ebook is None


async def test_one_that_is_given_later_takes_the_place_of_the_other(audio: Path, tmp_path: Path) -> None:
    for name in ("a.epub", "other.epub"):
        (audio / name).write_text(name, encoding="utf-8")
    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, library = await ebooks_of(store, tmp_path, _good)
        await ebooks.take(BOOK, await ebooks.find(book_of(audio / "a.mp3"), None))
        await ebooks.add(BOOK, audio / "other.epub", "other.epub")
        await ebooks.take(
            BOOK, await ebooks.find(book_of(audio / "a.mp3"), None)
        )  # found again: the one that a person chose stays
        assert await asyncio.to_thread(kept, ebooks) == ("other.epub", "other.epub")
        assert library.get(BOOK).ebook == BookEbook(name="other.epub")
        with pytest.raises(NotFoundError):
            await ebooks.add(BookId("none"), audio / "a.epub", "a.epub")
        with pytest.raises(InputError, match="could not be read"):
            await ebooks.add(BOOK, audio / "gone.epub", "gone.epub")


async def test_an_ebook_is_of_one_book(audio: Path, tmp_path: Path) -> None:
    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, _ = await ebooks_of(store, tmp_path, _good)
        await ebooks.check("/a.epub", books=1)
        await ebooks.check(None, books=5)
        with pytest.raises(UsageError, match="one book"):
            await ebooks.check("/a.epub", books=2)


def test_where_each_file_begins_is_known_of_a_book_that_is_whole() -> None:
    two = replace(RECORD, sources=("/a.mp3", "/b.mp3"), estimated_seconds=30.0)
    assert sounds_of(two) == (SoundSource(path="/a.mp3"), SoundSource(path="/b.mp3"))
    sound = tuple(FileSound(digest="d", byte_count=9, start=start) for start in (0.0, 12.5))
    assert sounds_of(replace(two, sound=sound)) == (
        SoundSource(path="/a.mp3", start=0.0, end=12.5),
        SoundSource(path="/b.mp3", start=12.5, end=30.0),
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs there")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("swapped", ["pipe", "zero", "a terabyte"])
async def test_what_took_an_ebooks_place_after_the_look_is_not_kept(audio: Path, tmp_path: Path, swapped: str) -> None:
    """A pipe would be waited for, and others would fill the disk."""
    epub = audio / "a.epub"
    epub.write_bytes(b"book")

    def put_another(path: Path) -> None:
        path.unlink()
        if swapped == "pipe":
            os.mkfifo(path)
        elif swapped == "zero":
            path.symlink_to("/dev/zero")
        else:
            path.touch()
            os.truncate(path, 10**12)

    async def swap(path: Path, name: str) -> tuple[str, ...]:
        await asyncio.to_thread(put_another, path)
        return ()

    async with Store(tmp_path / "db.sqlite", now) as store:
        ebooks, library = await ebooks_of(store, tmp_path, swap)
        await ebooks.take(BOOK, await ebooks.find(book_of(audio / "a.mp3"), None))
        ebook = library.get(BOOK).ebook
        assert ebook is not None
        assert ebook.trouble is not None
        assert await asyncio.to_thread(kept, ebooks) is None
    assert [each for each in (tmp_path / "data").rglob("*.epub*") if each.is_file()] == []
