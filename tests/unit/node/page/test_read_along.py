"""What the page for reading along is told of a book."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from swarmstt.core.books import BookState, ChunkState
from swarmstt.core.ebooks.report import BookEbook, EbookReport
from swarmstt.core.scheduling import actions
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.ids import LeaseId
from swarmstt.node.books.library import Library
from swarmstt.node.data_dir import Folders
from swarmstt.node.page.read_along import ReadAlong
from swarmstt.storage.store import Store
from tests.support.clocks import now
from tests.support.records import RECORD
from tests.unit.core.worlds import BOOK, World, provenance, span


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "swarmstt.sqlite", now) as opened:
        await opened.add_book(RECORD)
        yield opened


async def test_why_a_book_failed(store: Store, tmp_path: Path) -> None:
    world, library = World(), Library(store, tmp_path, now)
    world.add_book(chunks=1)
    await library.load()
    read_along = ReadAlong(world.state, library, store, Folders(tmp_path))
    assert (await read_along.text(BOOK, 0.0, 1e9))["reason"] is None
    book = world.state.books[BOOK]
    book.state, book.reason = BookState.FAILED, "Its file is damaged."
    told = await read_along.text(BOOK, 0.0, 1e9)
    assert (told["state"], told["reason"]) == ("failed", "Its file is damaged.")


def spoken(*said: tuple[float, str]) -> ChunkTranscript:
    """Sentences or pieces of them, from these seconds on, a word each 0.4 s."""
    segments = []
    for start, text in said:
        words = tuple(
            Word(start=start + place * 0.4, end=start + place * 0.4 + 0.3, text=f" {word}", probability=1.0)
            for place, word in enumerate(text.split())
        )
        segments.append(Segment(start=start, end=words[-1].end, text=text, words=words))
    return ChunkTranscript(language="de", duration=100.0, segments=tuple(segments))


async def test_a_sentence_goes_on_from_one_chunk_to_the_next(store: Store, tmp_path: Path) -> None:
    world, library = World(), Library(store, tmp_path, now)
    world.add_book(chunks=3)
    texts = [
        spoken((97.5, "Es war Herbst."), (99.1, "Am 3.")),
        spoken((0.1, "Oktober kam er."), (99.1, "Dann ging")),
        spoken((0.1, "er.")),
    ]
    for index, text in enumerate(texts):
        await store.commit(
            [
                actions.StoreChunk(span=span(index)),
                actions.StoreResult(
                    chunk_id=span(index).chunk_id, lease_id=LeaseId(1), transcript=text, provenance=provenance("anna")
                ),
                actions.StoreChunkState(chunk_id=span(index).chunk_id, state=ChunkState.COMPLETED),
            ]
        )
        world.state.books[BOOK].chunks[index].state = ChunkState.COMPLETED
    await store.commit([actions.StoreLanguage(book_id=BOOK, language="de")])
    await library.load()
    read_along = ReadAlong(world.state, library, store, Folders(tmp_path))

    async def told(first: float, last: float) -> list[str]:
        return [segment["text"] for segment in (await read_along.text(BOOK, first, last))["segments"]]

    assert await told(0.0, 1e9) == ["Es war Herbst.", "Am 3. Oktober kam er.", "Dann ging er."]
    assert await told(0.0, 100.0) == ["Es war Herbst.", "Am 3. Oktober kam er."]
    assert await told(100.0, 200.0) == ["Dann ging er."]
    world.state.books[BOOK].chunks[1].state = ChunkState.PENDING
    assert await told(0.0, 1e9) == ["Es war Herbst.", "Am 3.", "er."]


async def test_a_finished_book_reads_in_the_words_of_its_ebook(store: Store, tmp_path: Path) -> None:
    world, library, folders = World(), Library(store, tmp_path, now), Folders(tmp_path)
    world.add_book(chunks=1)
    await library.load()
    read_along = ReadAlong(world.state, library, store, folders)
    segments = [
        {"start": start, "end": start + 1, "text": text, "text_from": "ebook", "words": []}
        for start, text in ((0.0, "Call me Ishmael."), (5.0, "Some years ago."))
    ]
    folder = folders.finished(BOOK)
    folder.mkdir(parents=True)
    (folder / "transcript.json").write_text(json.dumps({"segments": segments}), encoding="utf-8")

    async def told() -> list[str]:
        return [segment["text"] for segment in (await read_along.text(BOOK, 0.0, 4.0))["segments"]]

    await library.set_ebook(BOOK, BookEbook(name="moby.epub", report=EbookReport(heard=1.0)))
    assert await told() == []
    world.state.books[BOOK].state = BookState.DONE
    assert await told() == ["Call me Ishmael."]
    (folder / "transcript.json").write_text("damaged", encoding="utf-8")
    assert await told() == []
    await library.set_ebook(BOOK, BookEbook(name="moby.epub", trouble="It is of another book."))
    assert await told() == []
