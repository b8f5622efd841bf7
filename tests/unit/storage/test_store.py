"""What was committed is there after a restart, all of a commit or nothing of it."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.books import BookDescription, BookOutput, BookState, Chapter, ChunkState, FileSound, Gap
from swarmstt.core.scheduling import actions
from swarmstt.core.scheduling.leases import LeaseEvent, LeaseState
from swarmstt.errors import StorageError
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId, NodeId
from swarmstt.storage.rows import MOST_OTHERS
from swarmstt.storage.store import Store
from tests.support import records
from tests.support.clocks import now
from tests.unit.core.worlds import BOOK, provenance, span, transcript

RECORD = replace(
    records.RECORD,
    filename="audiobook.mp3",
    sources=("/books/no unicode \udcff.mp3", "/books/2.mp3"),
    is_folder=True,
    output=BookOutput(folder="/out", name="audiobook", formats=("srt",)),
    language="en",
    files=(),
)
LEASE = actions.StoreLease(
    lease_id=LeaseId(1),
    chunk_id=span(0).chunk_id,
    helper_id=HelperId("anna"),
    helper_name="Anna's PC",
    helper_kind="peer",
)
STORED_RESULT = actions.StoreResult(
    chunk_id=span(0).chunk_id,
    lease_id=LeaseId(1),
    transcript=transcript("hello"),
    provenance=provenance("Anna's PC", 2.5),
)
RESULT = [
    actions.StoreLeaseState(lease_id=LeaseId(1), state=LeaseState.DELIVERED, event=LeaseEvent.DELIVERED),
    STORED_RESULT,
    actions.StoreChunkState(chunk_id=span(0).chunk_id, state=ChunkState.COMPLETED),
]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "db.sqlite", now) as opened:
        yield opened


async def test_a_book_comes_back_as_it_was(store: Store) -> None:
    await store.add_book(RECORD)
    assert await store.books() == [RECORD]
    await store.describe_book(
        BOOK,
        BookDescription(
            title="T",
            narrator="N",
            series="S #1",
            chapters=(Chapter(title="One", start=0.0, end=1.0, source="cue"),),
            damages=(Gap(start=1.0, end=1.0, reason="x"),),
            estimated_seconds=12.5,
            notes=("A note.",),
            sound=(FileSound(digest="d", byte_count=7, start=0.0),),
        ),
    )
    await store.set_written(BOOK, "2026-01-02T04:00:00+00:00", [Path("/out/a.srt")])
    [record] = await store.books()
    assert (record.title, record.chapters[0].title, record.damages[0].reason) == ("T", "One", "x")
    assert (record.narrator, record.series, record.author, record.chapters[0].source) == ("N", "S #1", None, "cue")
    assert record.sound == (FileSound(digest="d", byte_count=7, start=0.0),)
    assert (record.completed_at, record.files) == ("2026-01-02T04:00:00+00:00", ("/out/a.srt",))


async def test_what_the_core_stored_is_what_it_begins_with_again(tmp_path: Path) -> None:
    async with Store(tmp_path / "db.sqlite", now) as store:
        await store.add_book(RECORD)
        await store.commit(
            [
                actions.StoreChunk(span=span(0)),
                actions.StoreChunk(span=span(1)),
                LEASE,
                actions.StoreLease(
                    lease_id=LeaseId(2),
                    chunk_id=span(1).chunk_id,
                    helper_id=HelperId("ben"),
                    helper_name="Ben",
                    helper_kind="guest",
                ),
                *RESULT,
                actions.StoreLanguage(book_id=BOOK, language="de"),
                actions.StorePaused(book_id=BOOK, paused=True),
                actions.StoreReadWhole(book_id=BOOK),
                actions.StoreBookState(book_id=BOOK, state=BookState.FAILED, reason="why"),
            ]
        )
    async with Store(tmp_path / "db.sqlite", now) as store:
        [book], next_lease_id = await store.load()
        assert next_lease_id == 3
        assert [chunk.state for chunk in book.chunks] == [ChunkState.COMPLETED, ChunkState.PENDING]
        assert [chunk.span for chunk in book.chunks] == [span(0), span(1)]
        assert [lease.state for lease in book.leases] == [LeaseState.DELIVERED, LeaseState.LOST]
        assert [lease.helper_kind for lease in book.leases] == ["peer", "guest"]
        assert (book.language, book.paused, book.read_whole) == ("de", True, True)
        assert (book.state, book.reason) == (BookState.FAILED, "why")
        outcome = await store.outcome(span(0).chunk_id)
        assert outcome is not None
        assert outcome.transcript == transcript("hello")
        assert await store.outcome(ChunkId(BOOK, 9)) is None


async def test_no_lease_id_is_used_again_when_its_book_was_removed(store: Store) -> None:
    """A helper that still has the old lease would hand in the words of one book for another."""
    await store.add_book(RECORD)
    await store.commit([actions.StoreChunk(span=span(0)), LEASE])
    await store.commit([actions.DeleteBook(book_id=BOOK)])
    assert await store.load() == ([], LEASE.lease_id + 1)


async def test_a_number_that_does_not_fit_is_an_error_that_is_expected(store: Store) -> None:
    with pytest.raises(StorageError, match="too large"):
        await store.kept_results.remove(NodeId("ben"), LeaseId(2**64 - 1))


async def test_a_commit_is_all_or_nothing(store: Store) -> None:
    await store.add_book(RECORD)
    with pytest.raises(StorageError):
        await store.commit([actions.StoreChunk(span=span(0)), actions.StoreChunk(span=span(0))])
    assert await store.tasks() == []


async def test_tasks_say_who_did_what(store: Store) -> None:
    await store.add_book(RECORD)
    await store.commit([actions.StoreChunk(span=span(0)), actions.StoreChunk(span=span(1)), LEASE])
    [first, second] = await store.tasks(BOOK)
    assert (first["status"], first["helper_name"], first["filename"]) == ("in_progress", "Anna's PC", "audiobook.mp3")
    assert (second["status"], second["helper_id"], second["lease_count"]) == ("pending", None, 0)
    await store.commit(RESULT)
    row = await store.task(span(0).chunk_id)
    assert row is not None
    assert (row["status"], row["processing_seconds"], row["compute_type"]) == ("completed", 2.5, "int8")
    assert row["engine"] == "unknown"


async def test_the_engines_of_a_book_are_each_named_once(store: Store) -> None:
    await store.add_book(RECORD)
    assert await store.engines(BOOK) == ()
    for number, engine in enumerate(("ctranslate2 4.9.0", "unknown", "ctranslate2 4.8.5", "ctranslate2 4.9.0")):
        held = replace(lease(number + 1, "anna"), chunk_id=span(number).chunk_id)
        made = replace(STORED_RESULT.provenance, engine=engine)
        result = replace(STORED_RESULT, chunk_id=held.chunk_id, lease_id=held.lease_id, provenance=made)
        await store.commit([actions.StoreChunk(span=span(number)), held, result])
    assert await store.engines(BOOK) == ("ctranslate2 4.8.5", "ctranslate2 4.9.0", "unknown")
    assert await store.engines(BookId("another")) == ()


def lease(number: int, name: str) -> actions.StoreLease:
    return actions.StoreLease(
        lease_id=LeaseId(number),
        chunk_id=span(0).chunk_id,
        helper_id=HelperId(name.lower()),
        helper_name=name,
        helper_kind="peer",
    )


def ended(number: int, state: LeaseState, event: LeaseEvent) -> actions.StoreLeaseState:
    return actions.StoreLeaseState(lease_id=LeaseId(number), state=state, event=event)


async def partings(store: Store) -> list[tuple[str, str | None]]:
    row = await store.task(span(0).chunk_id)
    assert row is not None
    assert row == (await store.tasks())[0]
    return [(each["helper_name"], each["parting"]) for each in row["others"]]


async def test_tasks_say_who_had_them_in_vain_and_how_each_parted(store: Store) -> None:
    await store.add_book(RECORD)
    await store.commit([actions.StoreChunk(span=span(0)), lease(2, "Ben")])
    assert await partings(store) == []
    await store.commit([ended(2, LeaseState.LOST, LeaseEvent.EXPIRED)])
    assert await partings(store) == [("Ben", "expired")]
    await store.commit([lease(3, "Carl"), ended(3, LeaseState.RETURNED, LeaseEvent.RETURNED), lease(4, "Dora"), LEASE])
    told = [("Ben", "expired"), ("Carl", "returned")]
    assert await partings(store) == [("Anna's PC", None), *told]  # the newest one is shown, the other is held too
    # The first event counts: that all are of no more use once one has delivered tells nothing.
    rest = [ended(number, LeaseState.STOPPED, LeaseEvent.SUPERSEDED) for number in (2, 3, 4)]
    await store.commit([*RESULT, *rest])
    assert await partings(store) == [*told, ("Dora", "superseded")]


async def test_a_lease_that_was_lost_and_is_held_again_or_delivers_has_not_parted(store: Store) -> None:
    await store.add_book(RECORD)
    lost = ended(1, LeaseState.LOST, LeaseEvent.EXPIRED)
    await store.commit([actions.StoreChunk(span=span(0)), LEASE, lost, ended(1, LeaseState.HELD, LeaseEvent.RENEWED)])
    assert await partings(store) == []
    await store.commit([lost, *RESULT])
    assert await partings(store) == []


async def test_a_restart_is_told_from_a_loss(store: Store) -> None:
    await store.add_book(RECORD)
    await store.commit([actions.StoreChunk(span=span(0)), LEASE])
    await store.load()
    assert await partings(store) == [("Anna's PC", "restarted")]


async def test_only_the_last_of_many_are_told(store: Store) -> None:
    await store.add_book(RECORD)
    steps = [(lease(n, f"PC {n}"), ended(n, LeaseState.LOST, LeaseEvent.EXPIRED)) for n in range(1, 20)]
    await store.commit([actions.StoreChunk(span=span(0)), *(step for pair in steps for step in pair)])
    assert await partings(store) == [(f"PC {n}", "expired") for n in range(20 - MOST_OTHERS, 20)]


async def test_a_deleted_book_leaves_nothing(store: Store, tmp_path: Path) -> None:
    await store.add_book(RECORD)
    await store.commit([actions.StoreChunk(span=span(0)), LEASE, *RESULT, actions.DeleteBook(book_id=BOOK)])
    with sqlite3.connect(tmp_path / "db.sqlite") as connection:
        for table in ("books", "chunks", "leases", "results"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    connection.close()


async def test_facts_are_kept(store: Store) -> None:
    assert await store.fact("node_id") is None
    await store.set_fact("node_id", "a")
    await store.set_fact("node_id", "b")
    assert await store.fact("node_id") == "b"


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "db.sqlite") as connection:
        connection.execute("PRAGMA user_version = 1000")
    connection.close()
    with pytest.raises(StorageError, match="newer swarmstt"):
        async with Store(tmp_path / "db.sqlite", now):
            pass


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match=r"db\.sqlite is damaged"):
        async with Store(tmp_path / "db.sqlite", now):
            pass
