"""The library: which books are the same, where they go, and that all of it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.books import BESIDE, BookDescription, Chapter
from swarmstt.core.requests import BookOptions
from swarmstt.errors import NotFoundError, UsageError
from swarmstt.ids import BookId
from swarmstt.node.books.book_ids import book_id_of
from swarmstt.node.books.library import Library
from swarmstt.node.books.looking_up import look_up
from swarmstt.options import DecodeOptions, OutputOptions
from swarmstt.storage.store import Store
from tests.support.clocks import now
from tests.support.records import RECORD
from tests.unit.core.worlds import SETTINGS


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "db.sqlite", now) as opened:
        yield opened


@pytest.fixture
def library(store: Store, tmp_path: Path) -> Library:
    return Library(store, tmp_path / "out", now)


def put(path: Path, content: bytes = b"some audio") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


async def test_the_same_audio_is_the_same_book_whatever_it_is_called(library: Library, tmp_path: Path) -> None:
    first = await look_up(str(put(tmp_path / "a.mp3")))
    other = await look_up(str(put(tmp_path / "b.mp3")))
    one = await library.add(first, SETTINGS, BookOptions(), uploaded=False)
    two = await library.add(other, SETTINGS, BookOptions(formats=("srt",)), uploaded=False)
    assert (two.book_id, two.known, two.filename) == (one.book_id, True, "a.mp3")
    assert library.get(one.book_id).output.formats == ("srt",)
    assert library.get(one.book_id).sources == (str(tmp_path / "a.mp3"),)


async def test_a_settled_book_keeps_its_name_whatever_else_it_is_called(library: Library, tmp_path: Path) -> None:
    first = await look_up(str(put(tmp_path / "a.mp3")))
    other = await look_up(str(put(tmp_path / "b.mp3")))
    one = await library.add(first, SETTINGS, BookOptions(), uploaded=False)
    two = await library.add(other, SETTINGS, BookOptions(), uploaded=False, settled={one.book_id})
    assert (two.book_id, two.known, two.given) == (one.book_id, True, "b.mp3")
    assert library.get(one.book_id).output.name == "a"


async def test_a_known_book_whose_audio_has_moved_takes_the_new_place(library: Library, tmp_path: Path) -> None:
    place = put(tmp_path / "a.mp3")
    added = await library.add(await look_up(str(place)), SETTINGS, BookOptions(), uploaded=False)
    moved = place.rename(tmp_path / "moved.mp3")
    await library.add(await look_up(str(moved)), SETTINGS, BookOptions(), uploaded=False)
    assert library.get(added.book_id).sources == (str(moved),)


async def test_files_beside_the_audio_go_to_the_copy_that_was_named(library: Library, tmp_path: Path) -> None:
    first, copy = [await look_up(str(put(tmp_path / name / "a.mp3"))) for name in ("here", "there")]
    added = await library.add(first, SETTINGS, BookOptions(), uploaded=False)
    await library.add(copy, SETTINGS, BookOptions(), uploaded=False)
    assert library.get(added.book_id).sources == (str(first.files[0]),)
    options = BookOptions(output=OutputOptions(beside=True))
    await library.add(copy, SETTINGS, options, uploaded=True)  # its audio is in a folder of the node's
    assert library.get(added.book_id).sources == (str(first.files[0]),)
    await library.add(copy, SETTINGS, options, uploaded=False)
    assert library.get(added.book_id).sources == (str(copy.files[0]),)


async def test_a_book_that_was_uploaded_has_its_audio_where_it_is_named_for_files_beside_it(
    store: Store, library: Library, tmp_path: Path
) -> None:
    uploaded, named = [await look_up(str(put(tmp_path / name / "a.mp3"))) for name in ("uploads", "there")]
    added = await library.add(uploaded, SETTINGS, BookOptions(), uploaded=True)
    await library.add(named, SETTINGS, BookOptions(), uploaded=False)
    assert library.get(added.book_id).uploaded
    await library.add(named, SETTINGS, BookOptions(output=OutputOptions(beside=True)), uploaded=False)
    record = library.get(added.book_id)
    assert (record.sources, record.uploaded) == ((str(named.files[0]),), False)
    assert await store.books() == [record]


async def test_all_is_there_after_a_restart(store: Store, library: Library, tmp_path: Path) -> None:
    files = await look_up(str(put(tmp_path / "a.mp3")))
    added = await library.add(files, SETTINGS, BookOptions(local_only=True), uploaded=False)
    chapters = (Chapter(title="One", start=0.0, end=9.0),)
    found = BookDescription(title="A Title", author="Ada", chapters=chapters, notes=("A note.",), estimated_seconds=9.0)
    await library.describe(added.book_id, found)
    await library.written(added.book_id, now().isoformat(), [tmp_path / "a.srt"])
    again = Library(store, tmp_path / "out", now)
    await again.load()
    record = again.get(added.book_id)
    assert (record.title, record.author, record.chapters, record.local_only) == ("A Title", "Ada", chapters, True)
    assert record.notes == ("A note.",)
    assert record.files == (str(tmp_path / "a.srt"),)
    assert again.title(added.book_id) == "A Title"


async def test_a_book_without_a_title_is_called_by_its_file(library: Library, tmp_path: Path) -> None:
    added = await library.add(await look_up(str(put(tmp_path / "a.mp3"))), SETTINGS, BookOptions(), uploaded=False)
    assert library.title(added.book_id) == "a.mp3"
    assert library.title(BookId("none")) == ""


async def test_where_the_transcripts_go(library: Library, tmp_path: Path) -> None:
    file = await look_up(str(put(tmp_path / "Dr. No.mp3")))
    put(tmp_path / "Dr. Jo" / "1.mp3", b"other audio")
    folder = await look_up(str(tmp_path / "Dr. Jo"))
    elsewhere = BookOptions(output_dir=str(tmp_path / "else"))
    one = await library.add(file, SETTINGS, BookOptions(), uploaded=False)
    two = await library.add(folder, SETTINGS, elsewhere, uploaded=False)
    outputs = [(library.get(each.book_id).output.folder, library.get(each.book_id).output.name) for each in (one, two)]
    assert outputs == [(str(tmp_path / "out"), "Dr. No"), (str(tmp_path / "else"), "Dr. Jo")]
    with pytest.raises(UsageError, match="not a whole path"):
        await library.add(file, SETTINGS, BookOptions(output_dir="here"), uploaded=False)


async def test_a_book_that_was_forgotten_takes_no_more_news(library: Library, tmp_path: Path) -> None:
    added = await library.add(await look_up(str(put(tmp_path / "a.mp3"))), SETTINGS, BookOptions(), uploaded=False)
    assert library.forget(added.book_id) is not None
    assert library.forget(added.book_id) is None
    await library.written(added.book_id, "", [])
    with pytest.raises(NotFoundError):
        library.get(added.book_id)


def test_what_decides_the_words_decides_the_id() -> None:
    mine = book_id_of("mark", SETTINGS)
    assert mine == book_id_of("mark", replace(SETTINGS, model="the same model by another name"))
    assert mine == book_id_of("mark", replace(SETTINGS, names=("Lyonette",)))
    others = {
        book_id_of("other mark", SETTINGS),
        book_id_of("mark", replace(SETTINGS, model_hash="another")),
        book_id_of("mark", replace(SETTINGS, decode=DecodeOptions(language="de"))),
        book_id_of("mark", replace(SETTINGS, decode=DecodeOptions(beam_size=1))),
        book_id_of("mark", replace(SETTINGS, chunk_seconds=60.0)),
        book_id_of("mark", replace(SETTINGS, decode=DecodeOptions(hotwords="Ada"))),
    }
    assert len(others | {mine}) == 7


async def test_what_was_found_takes_the_place_of_what_was_found_before(tmp_path: Path) -> None:
    own = Chapter(title="Disc 1", start=0.0, end=9.0, source="files")
    one, two = (Chapter(title=title, start=0.0, end=9.0, source="found", certainty=0.9) for title in ("I", "II"))
    async with Store(tmp_path / "db.sqlite", now) as store:
        await store.add_book(RECORD)
        library = Library(store, tmp_path, now)
        await library.load()
        await library.describe(RECORD.book_id, BookDescription(chapters=(own,), notes=("It is joined.",)))
        for chapter, note in ((one, f"a.srt is {BESIDE}."), (two, f"a.txt is {BESIDE}.")):
            await library.set_found_chapters(RECORD.book_id, (chapter,))
            await library.set_own_notes(RECORD.book_id, (note,))
        [record] = await store.books()
        assert record == library.get(RECORD.book_id)
        assert record.chapters == (own, two)
        assert record.notes == ("It is joined.", f"a.txt is {BESIDE}.")
        await library.set_found_chapters(RECORD.book_id, ())
        await library.set_own_notes(RECORD.book_id, ())
        assert (library.get(RECORD.book_id).chapters, library.get(RECORD.book_id).notes) == ((own,), ("It is joined.",))
