"""The shelf: which books are the same, where they go, and that all of it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from swarmstt.core.books import Chapter
from swarmstt.core.requests import BookOptions
from swarmstt.errors import NotFoundError, UsageError
from swarmstt.ids import BookId
from swarmstt.node.shelf import Shelf, book_id_of, look_up
from swarmstt.storage.store import Store
from tests.unit.core.worlds import SETTINGS


def now() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "db.sqlite", now) as opened:
        yield opened


@pytest.fixture
def shelf(store: Store, tmp_path: Path) -> Shelf:
    return Shelf(store, tmp_path / "out", now)


def put(path: Path, content: bytes = b"some audio") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


async def test_the_same_audio_is_the_same_book_whatever_it_is_called(shelf: Shelf, tmp_path: Path) -> None:
    first = await look_up(str(put(tmp_path / "a.mp3")))
    other = await look_up(str(put(tmp_path / "b.mp3")))
    one = await shelf.add(first, SETTINGS, BookOptions(), uploaded=False)
    two = await shelf.add(other, SETTINGS, BookOptions(formats=("srt",)), uploaded=False)
    assert (two.book_id, two.known, two.filename) == (one.book_id, True, "a.mp3")
    assert shelf.get(one.book_id).output.formats == ("srt",)
    assert shelf.get(one.book_id).sources == (str(tmp_path / "a.mp3"),)


async def test_a_settled_book_keeps_its_name_whatever_else_it_is_called(shelf: Shelf, tmp_path: Path) -> None:
    first = await look_up(str(put(tmp_path / "a.mp3")))
    other = await look_up(str(put(tmp_path / "b.mp3")))
    one = await shelf.add(first, SETTINGS, BookOptions(), uploaded=False)
    two = await shelf.add(other, SETTINGS, BookOptions(), uploaded=False, settled={one.book_id})
    assert (two.book_id, two.known, two.given) == (one.book_id, True, "b.mp3")
    assert shelf.get(one.book_id).output.name == "a"


async def test_a_known_book_whose_audio_has_moved_takes_the_new_place(shelf: Shelf, tmp_path: Path) -> None:
    place = put(tmp_path / "a.mp3")
    added = await shelf.add(await look_up(str(place)), SETTINGS, BookOptions(), uploaded=False)
    moved = place.rename(tmp_path / "moved.mp3")
    await shelf.add(await look_up(str(moved)), SETTINGS, BookOptions(), uploaded=False)
    assert shelf.get(added.book_id).sources == (str(moved),)


async def test_all_is_there_after_a_restart(store: Store, shelf: Shelf, tmp_path: Path) -> None:
    files = await look_up(str(put(tmp_path / "a.mp3")))
    added = await shelf.add(files, SETTINGS, BookOptions(alone=True), uploaded=False)
    chapters = (Chapter(title="One", start=0.0, end=9.0),)
    await shelf.describe(
        added.book_id, title="A Title", author="Ada", chapters=chapters, damages=(), estimated_seconds=9.0
    )
    await shelf.written(added.book_id, now().isoformat(), [tmp_path / "a.srt"])
    again = Shelf(store, tmp_path / "out", now)
    await again.load()
    record = again.get(added.book_id)
    assert (record.title, record.author, record.chapters, record.alone) == ("A Title", "Ada", chapters, True)
    assert record.files == (str(tmp_path / "a.srt"),)
    assert again.title(added.book_id) == "A Title"


async def test_a_book_without_a_title_is_called_by_its_file(shelf: Shelf, tmp_path: Path) -> None:
    added = await shelf.add(await look_up(str(put(tmp_path / "a.mp3"))), SETTINGS, BookOptions(), uploaded=False)
    assert shelf.title(added.book_id) == "a.mp3"
    assert shelf.title(BookId("none")) == ""


async def test_where_the_transcripts_go(shelf: Shelf, tmp_path: Path) -> None:
    file = await look_up(str(put(tmp_path / "Dr. No.mp3")))
    put(tmp_path / "Dr. Jo" / "1.mp3", b"other audio")
    folder = await look_up(str(tmp_path / "Dr. Jo"))
    elsewhere = BookOptions(output_dir=str(tmp_path / "else"))
    one = await shelf.add(file, SETTINGS, BookOptions(), uploaded=False)
    two = await shelf.add(folder, SETTINGS, elsewhere, uploaded=False)
    outputs = [(shelf.get(each.book_id).output.folder, shelf.get(each.book_id).output.name) for each in (one, two)]
    assert outputs == [(str(tmp_path / "out"), "Dr. No"), (str(tmp_path / "else"), "Dr. Jo")]
    with pytest.raises(UsageError, match="not a whole path"):
        await shelf.add(file, SETTINGS, BookOptions(output_dir="here"), uploaded=False)


async def test_a_book_that_was_forgotten_takes_no_more_news(shelf: Shelf, tmp_path: Path) -> None:
    added = await shelf.add(await look_up(str(put(tmp_path / "a.mp3"))), SETTINGS, BookOptions(), uploaded=False)
    assert shelf.forget(added.book_id) is not None
    assert shelf.forget(added.book_id) is None
    await shelf.written(added.book_id, "", [])
    with pytest.raises(NotFoundError):
        shelf.get(added.book_id)


def test_what_decides_the_words_decides_the_id() -> None:
    mine = book_id_of("mark", SETTINGS)
    assert mine == book_id_of("mark", replace(SETTINGS, model="the same model by another name"))
    others = {
        book_id_of("other mark", SETTINGS),
        book_id_of("mark", replace(SETTINGS, model_hash="another")),
        book_id_of("mark", replace(SETTINGS, language="de")),
        book_id_of("mark", replace(SETTINGS, beam_size=1)),
        book_id_of("mark", replace(SETTINGS, chunk_seconds=60.0)),
        book_id_of("mark", replace(SETTINGS, hotwords="Ada")),
    }
    assert len(others | {mine}) == 7
