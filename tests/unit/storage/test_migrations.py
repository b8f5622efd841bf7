"""A database of any earlier schema opens after an upgrade, and all that was in it is there.

The rows are written down as the version that first knew their tables wrote them, and are never changed: a migration
takes them along. Whoever adds a migration adds its rows here.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from swarmstt.codec import to_plain
from swarmstt.core.books import BookSettings, BookState, Chapter, ChunkState, FileSound, Provenance
from swarmstt.core.drop_folder.drop_table import Drop, Place
from swarmstt.core.ebooks.report import BookEbook, EbookReport, FoundDocument
from swarmstt.core.edits import BookEdits, Respelling
from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.peers import KnownPeer
from swarmstt.core.scheduling.leases import LeaseState
from swarmstt.core.speech.names import NameSpellings, Spelling
from swarmstt.core.transcript import ChunkTranscript, Segment, Wordless
from swarmstt.core.work import ChunkResult
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId, NodeId
from swarmstt.options import DecodeOptions
from swarmstt.storage.database import load_migrations
from swarmstt.storage.store import Store
from tests.support.clocks import now

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
    8: "UPDATE results SET engine = 'ctranslate2 4.8.5';",
    9: """
        INSERT INTO books (book_id, position, fingerprint, filename, sources, is_folder, uploaded, settings, output,
                           state, language, alone, added_at)
        VALUES ('bbbb0000', 2, 'g', 'heidi.mp3', '["/books/heidi.mp3"]', 0, 0,
                '{"model":"base","model_hash":"m","decode":{"language":"de","task":"translate","initial_prompt":"Heidi",'
                || '"hotwords":null,"beam_size":2},"chunk_seconds":60.0}',
                '{"folder":"/out","name":"heidi","formats":["txt"],"options":{}}', 'open', 'de', 1,
                '2026-01-02T03:04:05+00:00');
    """,
    10: "UPDATE leases SET helper_kind = 'own' WHERE lease_id = 7;",
    11: """
        INSERT INTO invitations (invitation_id, name, token_sha256, created_at, expires_at, is_plain)
        VALUES ('i2', 'Ben', 'c0ffe0', '2026-01-03T03:00:00+00:00', '2026-01-10T03:00:00+00:00', 0);
    """,
    12: "UPDATE books SET notes = '[\"Track 2 is transcribed.\"]' WHERE book_id = 'aaaa0000';",
    13: "UPDATE books SET content_hash = 'abc' WHERE book_id = 'aaaa0000';",
    14: 'UPDATE chunks SET wordless = \'[{"start": 2.0, "end": 8.0}]\' WHERE position = 0;',
    15: """
        UPDATE books SET narrator = 'Frank Muller', series = 'Whales #1',
               sound = '[{"digest":"d","byte_count":9,"start":0.0}]',
               file_order = '{"paths":[["CD 1","a.mp3"],["b.mp3"]],"by":"tags","left_out":[{"path":["b (1).mp3"],'
               || '"twin":["b.mp3"],"kind":"copy"}]}'
        WHERE book_id = 'aaaa0000';
    """,
    16: """
        UPDATE books SET for_program = 1 WHERE book_id = 'aaaa0000';
        INSERT INTO programs (program_id, name, token_sha256, origins, created_at, last_used_at)
        VALUES ('p1', 'Bazarr', 'c0ffee', '["app://obsidian.md"]', '2026-01-02T03:00:00+00:00', NULL);
        INSERT INTO program_jobs (job_id, program_id, book_id, filename, created_at, asked_at, finished_at)
        VALUES ('j1', 'p1', 'aaaa0000', 'a.wav', '2026-01-02T03:00:00+00:00', '2026-01-02T03:01:00+00:00', NULL);
    """,
    17: """
        UPDATE books SET ebook = '{"name":"moby.epub","trouble":null,"report":{"heard":0.98,"documents":'
               || '[{"title":"Loomings","words":9,"found":1.0}],"too_fast":[],"too_slow":[],"not_printed":[]}}'
        WHERE book_id = 'aaaa0000';
    """,
    18: "UPDATE invitations SET node_id = 'old' WHERE invitation_id = 'i2';",
    19: "UPDATE chunks SET tries = 2 WHERE position = 0;",
    20: """
        UPDATE books SET edits = '{"chapters":[{"title":"One","start":0.0,"end":200.0,"source":"edited",'
               || '"certainty":null}],' || '"respellings":[{"heard":"Akab","name":"Ahab"}]}',
               names = '[{"name":"Ishmael","count":9,"others":[{"name":"Ishmel","count":1,"places":[7.5]}]}]'
        WHERE book_id = 'aaaa0000';
    """,
}
"""What each schema added, as it was written then, by the number of its migration."""

MOBY = BookEbook(
    name="moby.epub",
    report=EbookReport(heard=0.98, documents=(FoundDocument(title="Loomings", words=9, found=1.0),)),
)
EDITS = BookEdits(
    chapters=(Chapter(title="One", start=0.0, end=200.0, source="edited"),),
    respellings=(Respelling(heard="Akab", name="Ahab"),),
)
NAMES = (NameSpellings(name="Ishmael", count=9, others=(Spelling(name="Ishmel", count=1, places=(7.5,)),)),)
HEARD = ChunkTranscript(language="en", duration=100.0, segments=(Segment(start=0.0, end=1.5, text="Call me Ishmael."),))


AHAB = BookSettings(model="base", model_hash="m", decode=DecodeOptions(language="en", hotwords="Ahab", beam_size=5))
HEIDI = BookSettings(
    model="base",
    model_hash="m",
    decode=DecodeOptions(language="de", task="translate", initial_prompt="Heidi", beam_size=2),
    chunk_seconds=60.0,
)


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
        [record, *later] = await store.books()
        assert (record.book_id, record.title, record.author) == (book_id, "Moby Dick", "Melville")
        assert record.sources == ("/books/\udcff.mp3", "/books/2.mp3")
        assert record.settings == AHAB
        assert [each.settings for each in later] == ([HEIDI] if version >= 9 else [])
        assert [each.local_only for each in (record, *later)] == [False, True][: 1 + len(later)]
        assert (record.output.formats, record.output.options.max_line_width) == (("srt", "txt"), 40)
        assert record.chapters == (Chapter(title="Loomings", start=0.0, end=100.0),)
        assert record.damages[0].reason == "its end is missing"
        assert record.notes == (("Track 2 is transcribed.",) if version >= 12 else ())
        assert record.content_hash == ("abc" if version >= 13 else None)
        assert (record.narrator, record.series) == (("Frank Muller", "Whales #1") if version >= 15 else (None, None))
        assert record.sound == ((FileSound(digest="d", byte_count=9, start=0.0),) if version >= 15 else ())
        assert record.order.paths == ((("CD 1", "a.mp3"), ("b.mp3",)) if version >= 15 else ())
        assert record.ebook == (MOBY if version >= 17 else None)
        assert [each.ebook for each in later] == [None][: len(later)]
        assert record.edits == (EDITS if version >= 20 else BookEdits())
        assert record.names == (NAMES if version >= 20 else ())
        [book, *_], next_lease_id = await store.load()
        assert (book.state, book.read_whole) == (BookState.OPEN, True)
        assert next_lease_id == (42 if version >= 7 else 9)
        assert [chunk.state for chunk in book.chunks] == [ChunkState.COMPLETED, ChunkState.PENDING]
        missing = (Wordless(start=2.0, end=8.0),) if version >= 14 else ()
        assert book.chunks[0].wordless == missing
        assert book.chunks[0].tries == (2 if version >= 19 else 0)
        before = [LeaseState.LOST] if version >= 6 else []
        assert [lease.state for lease in book.leases] == [*before, LeaseState.DELIVERED, LeaseState.LOST]
        kinds = {lease.lease_id: lease.helper_kind for lease in book.leases}
        assert (kinds[LeaseId(7)], kinds[LeaseId(8)]) == ("own" if version >= 10 else "guest", "guest")
        outcome = await store.outcome(ChunkId(book_id, 0))
        assert outcome is not None
        assert outcome.transcript == HEARD
        [done, waiting] = await store.tasks(book_id)
        others = [(each["helper_name"], each["parting"]) for each in waiting["others"]]
        assert others == [*([("Anna's PC", "expired")] if version >= 6 else []), ("Ben's PC", "restarted")]
        assert (done["helper_name"], done["processing_seconds"]) == ("Anna's PC", 2.5)
        assert await store.engines(book_id) == (("ctranslate2 4.8.5",) if version >= 8 else ("unknown",))
        assert await store.fact("colour") == "blue"
        peer = KnownPeer(
            node_id=NodeId("abcdef"),
            name="Anna's PC",
            addresses=(Address("192.168.1.7", 8765),),
            seen_seconds_ago=5.0,
        )
        assert await store.peers() == ([peer] if version >= 2 else [])
        invited = [(each.name, each.is_plain, each.node_id) for each in await store.invitations.all(NodeId("own"))]
        ben = ("Ben", False, "own" if version < 18 else "old")
        assert invited == [("Anna", True, "own"), ben][: 0 if version < 3 else 1 if version < 11 else 2]
        assert [each.for_program for each in (record, *later)] == [version >= 16, False][: 1 + len(later)]
        programs = [(each.name, each.origins) for each in await store.programs.all()]
        assert programs == ([("Bazarr", ("app://obsidian.md",))] if version >= 16 else [])
        assert [each.book_id for each in await store.programs.jobs()] == ([book_id] if version >= 16 else [])
        drop = Drop(place=Place("/drop", "moby.mp3"), signature="s", fingerprint="f", book_id=book_id)
        assert await store.drops.all() == ([drop] if version >= 4 else [])
        provenance = Provenance(
            helper_name="Anna's PC", model="base", device="cpu", compute_type="int8", processing_seconds=2.5
        )
        kept = await store.kept_results.result(NodeId("abcdef"), LeaseId(3))
        assert kept == (ChunkResult(transcript=HEARD, provenance=provenance) if version >= 5 else None)


async def test_old_invitations_are_plain_and_hold_for_thirty_days_from_the_migration(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    async with Store(made_by(10, tmp_path / "db.sqlite"), now) as store:
        [anna] = await store.invitations.all(NodeId("own"))
    assert anna.is_plain
    left = datetime.fromisoformat(anna.expires_at) - before
    assert timedelta(days=30) <= left <= timedelta(days=30, minutes=10)


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


async def test_settings_keep_every_character_as_they_get_their_new_shape(tmp_path: Path) -> None:
    path = made_by(8, tmp_path / "db.sqlite")
    settings = {
        "model": "/models/\udcff",  # a folder whose name is no Unicode
        "model_hash": "m",
        "language": None,
        "task": "transcribe",
        "initial_prompt": 'She said: "Ünd so,\\ 5\n"',
        "hotwords": "\U0001f600",
        "beam_size": 1,
        "chunk_seconds": 30.5,
    }
    connection = sqlite3.connect(path)
    connection.execute("UPDATE books SET settings = ?", [json.dumps(settings)])
    connection.commit()
    connection.close()
    async with Store(path, now) as store:
        [record] = await store.books()
    assert record.settings.model == settings["model"]
    assert (record.settings.model_hash, record.settings.chunk_seconds) == ("m", 30.5)
    assert to_plain(record.settings.decode) == {
        **to_plain(DecodeOptions()),
        **{name: settings[name] for name in ("language", "task", "initial_prompt", "hotwords", "beam_size")},
    }


async def test_helpers_with_the_id_of_a_node_are_taken_for_peers_and_all_others_for_guests(tmp_path: Path) -> None:
    path = made_by(9, tmp_path / "db.sqlite")
    node_id, guest_ids = "0123456789abcdef" * 4, ("i1/w", "G" * 64, "a" * 63)
    connection = sqlite3.connect(path)
    for number, helper_id in enumerate((node_id, *guest_ids), start=10):
        connection.execute(
            "INSERT INTO leases (lease_id, book_id, position, helper_id, helper_name, state, granted_at)"
            f" VALUES ({number}, 'aaaa0000', 1, '{helper_id}', 'x', 'lost', '2026-01-02T03:05:00.000+00:00')"
        )
    connection.commit()
    connection.close()
    async with Store(path, now) as store:
        [book, _], _ = await store.load()
    kinds = {lease.helper_id: lease.helper_kind for lease in book.leases}
    assert [kinds[HelperId(each)] for each in (node_id, *guest_ids)] == ["peer", "guest", "guest", "guest"]


def test_each_migration_has_its_rows_here() -> None:
    assert list(ROWS) == list(range(1, len(load_migrations()) + 1))
