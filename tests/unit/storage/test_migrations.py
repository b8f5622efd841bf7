"""A database of any earlier schema opens after an upgrade, and all that was in it is there.

The rows are written down as the version that first knew their tables wrote them, and are never changed: a migration
takes them along. Whoever adds a migration adds its rows here.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone
from pathlib import Path

import pytest

from swarmstt.core.addresses import Address
from swarmstt.core.books import BookState, Chapter, ChunkState, Provenance
from swarmstt.core.dropping import Drop, Place
from swarmstt.core.leases import LeaseState
from swarmstt.core.peers import KnownPeer
from swarmstt.core.transcript import ChunkTranscript, Segment
from swarmstt.ids import BookId, ChunkId, LeaseId, NodeId
from swarmstt.storage.database import load_migrations
from swarmstt.storage.store import Store

TRANSCRIPT = (
    "83a86c616e6775616765a2656ea86475726174696f6ecb4059000000000000a87365676d656e74739184a57374617274cb0000000000000000"
    "a3656e64cb3ff8000000000000a474657874b043616c6c206d65204973686d61656c2ea5776f72647390"
)
"""In msgpack: English, 100 s, "Call me Ishmael." from 0 to 1.5 s."""
PROVENANCE = (
    "85ab68656c7065725f6e616d65a9416e6e612773205043a56d6f64656ca462617365a6646576696365a3637075ac636f6d707574655f747970"
    "65a4696e7438b270726f63657373696e675f7365636f6e6473cb4004000000000000"
)
"""In msgpack: Anna's PC, base, cpu, int8, 2.5 s."""

ROWS = {
    1: f"""
        INSERT INTO facts (name, value) VALUES ('colour', 'blue');
        INSERT INTO books (book_id, position, fingerprint, filename, sources, is_folder, uploaded, settings, output,
                           state, language, alone, read_whole, title, author, chapters, damages, estimated_seconds,
                           added_at)
        VALUES ('aaaa0000', 1, 'f', 'moby.mp3', '["/books/\\udcff.mp3","/books/2.mp3"]', 1, 0,
                '{{"model":"base","model_hash":"m","language":"en","task":"transcribe","initial_prompt":null,'
                || '"hotwords":"Ahab","beam_size":5,"chunk_seconds":300.0}}',
                '{{"folder":"/out","name":"moby","formats":["srt","txt"],"options":{{"word_timestamps":true,'
                || '"max_line_width":40,"max_line_count":null,"max_words_per_line":null,"highlight_words":false}}}}',
                'open', 'en', 0, 1, 'Moby Dick', 'Melville', '[{{"title":"Loomings","start":0.0,"end":100.0}}]',
                '[{{"start":100.0,"end":100.0,"reason":"its end is missing"}}]', 200.0, '2026-01-02T03:04:05+00:00');
        INSERT INTO chunks (book_id, position, start_sample, sample_count, state, reason)
        VALUES ('aaaa0000', 0, 0, 1600000, 'completed', NULL), ('aaaa0000', 1, 1600000, 800000, 'pending', NULL);
        INSERT INTO leases (lease_id, book_id, position, helper_id, helper_name, state, granted_at, ended_at)
        VALUES (7, 'aaaa0000', 0, 'anna', 'Anna''s PC', 'delivered', '2026-01-02T03:05:00.000+00:00',
                '2026-01-02T03:06:00.000+00:00'),
               (8, 'aaaa0000', 1, 'ben', 'Ben''s PC', 'held', '2026-01-02T03:06:00.000+00:00', NULL);
        INSERT INTO results (book_id, position, lease_id, transcript, helper_name, model, device, compute_type,
                             processing_seconds, delivered_at)
        VALUES ('aaaa0000', 0, 7, x'{TRANSCRIPT}', 'Anna''s PC', 'base', 'cpu', 'int8', 2.5,
                '2026-01-02T03:06:00.000+00:00');
    """,
    2: """
        INSERT INTO peers (node_id, name, addresses, seen_at)
        VALUES ('abcdef', 'Anna''s PC', '[{"host":"192.168.1.7","port":8765}]', '2026-01-02T03:04:00+00:00');
    """,
    3: """
        INSERT INTO invitations (invitation_id, name, token_sha256, created_at)
        VALUES ('i1', 'Anna', 'c0ffee', '2026-01-02T03:00:00+00:00');
    """,
    4: """
        INSERT INTO drops (folder, name, signature, fingerprint, book_id)
        VALUES ('"/drop"', '"moby.mp3"', 's', 'f', 'aaaa0000');
    """,
    5: f"""
        INSERT INTO kept_results (position, coordinator_id, lease_id, result, kept_at)
        VALUES (1, 'abcdef', 3, x'92{TRANSCRIPT}{PROVENANCE}', '2026-01-02T03:04:00.000+00:00');
    """,
    6: """
        INSERT INTO leases (lease_id, book_id, position, helper_id, helper_name, state, parting, granted_at, ended_at)
        VALUES (6, 'aaaa0000', 1, 'anna', 'Anna''s PC', 'lost', 'expired', '2026-01-02T03:05:00.000+00:00',
                '2026-01-02T03:06:00.000+00:00');
    """,
    7: "INSERT INTO facts (name, value) VALUES ('last_lease_id', '41');",
}
"""What each schema added, as it was written then, by the number of its migration."""

HEARD = ChunkTranscript(language="en", duration=100.0, segments=(Segment(start=0.0, end=1.5, text="Call me Ishmael."),))


def now() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def made_by(version: int, path: Path) -> Path:
    """A database that was in use with each schema up to this one, and no longer."""
    connection = sqlite3.connect(path)
    for number, script in enumerate(load_migrations()[:version], start=1):
        connection.executescript(f"{script}\n{ROWS[number]}\nPRAGMA user_version = {number};")
    connection.close()
    return path


@pytest.mark.parametrize("version", range(1, len(load_migrations()) + 1))
async def test_a_database_of_each_schema_opens_with_all_that_was_in_it(version: int, tmp_path: Path) -> None:
    path = made_by(version, tmp_path / "db.sqlite")
    book_id = BookId("aaaa0000")
    async with Store(path, now) as store:
        [record] = await store.books()
        assert (record.book_id, record.title, record.author) == (book_id, "Moby Dick", "Melville")
        assert record.sources == ("/books/\udcff.mp3", "/books/2.mp3")
        assert (record.settings.hotwords, record.settings.chunk_seconds) == ("Ahab", 300.0)
        assert (record.output.formats, record.output.options.max_line_width) == (("srt", "txt"), 40)
        assert record.chapters == (Chapter(title="Loomings", start=0.0, end=100.0),)
        assert record.damages[0].reason == "its end is missing"
        [book], next_lease_id = await store.load()
        assert (book.state, book.read_whole) == (BookState.OPEN, True)
        assert next_lease_id == (42 if version >= 7 else 9)
        assert [chunk.state for chunk in book.chunks] == [ChunkState.COMPLETED, ChunkState.PENDING]
        before = [LeaseState.LOST] if version >= 6 else []
        assert [lease.state for lease in book.leases] == [*before, LeaseState.DELIVERED, LeaseState.LOST]
        outcome = await store.outcome(ChunkId(book_id, 0))
        assert outcome is not None
        assert outcome.transcript == HEARD
        [done, waiting] = await store.tasks(book_id)
        others = [(each["helper_name"], each["parting"]) for each in waiting["others"]]
        assert others == [*([("Anna's PC", "expired")] if version >= 6 else []), ("Ben's PC", "restarted")]
        assert (done["helper_name"], done["processing_seconds"]) == ("Anna's PC", 2.5)
        assert await store.fact("colour") == "blue"
        peer = KnownPeer(
            node_id=NodeId("abcdef"),
            name="Anna's PC",
            addresses=(Address("192.168.1.7", 8765),),
            seen_seconds_ago=5.0,
        )
        assert await store.peers() == ([peer] if version >= 2 else [])
        assert [each.name for each in await store.invitations.all()] == (["Anna"] if version >= 3 else [])
        drop = Drop(place=Place("/drop", "moby.mp3"), signature="s", fingerprint="f", book_id=book_id)
        assert await store.drops.all() == ([drop] if version >= 4 else [])
        provenance = Provenance(
            helper_name="Anna's PC", model="base", device="cpu", compute_type="int8", processing_seconds=2.5
        )
        kept = await store.kept_results.result(NodeId("abcdef"), LeaseId(3))
        assert kept == ((HEARD, provenance) if version >= 5 else None)


async def test_how_leases_ended_is_taken_from_their_states_as_far_as_these_tell(tmp_path: Path) -> None:
    path = made_by(5, tmp_path / "db.sqlite")
    connection = sqlite3.connect(path)
    for number, state in enumerate(("stopped", "lost", "returned", "failed"), start=10):
        connection.execute(
            "INSERT INTO leases (lease_id, book_id, position, helper_id, helper_name, state, granted_at)"
            f" VALUES ({number}, 'aaaa0000', 0, 'ben', 'Ben''s PC', '{state}', '2026-01-02T03:05:00.000+00:00')"
        )
    connection.commit()
    connection.close()
    async with Store(path, now) as store:
        [done, _] = await store.tasks()
        assert [each["parting"] for each in done["others"]] == ["expired", "returned", "failed"]


def test_each_migration_has_its_rows_here() -> None:
    assert list(ROWS) == list(range(1, len(load_migrations()) + 1))
