"""kill -9 at random moments: the book goes on where it was, and its words are those of an undisturbed run."""

from __future__ import annotations

import random
import shutil
import time
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.http_client import multipart
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook, assert_same_words
from tests.e2e.support.stored_chunks import StoredChunks, stored_chunks
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SEED = 20_241
ROUNDS = 4


@pytest.fixture(scope="module")
def audio(short_book: ReferenceBook) -> Path:
    return short_book.audio


@pytest.fixture(scope="module")
def undisturbed(short_book: ReferenceBook) -> Home:
    return short_book.undisturbed


def test_nodes_and_engines_killed_again_and_again(home: Home, audio: Path, undisturbed: Home) -> None:
    """In every other round the children are killed too: first under the living node, which replaces them."""
    chance = random.Random(SEED)
    options = {"output_dir": str(home.output), "chunk_seconds": 30, "word_timestamps": True}
    seen = [StoredChunks(frozenset(), {})]
    book_id = ""
    for attempt in range(ROUNDS):
        with home.up("--slots", "1") as running:
            book_id = book_id or running.add(audio, **options)
            strike(running, chance.uniform(0.0, 0.8) if attempt else 0.0, least_done=attempt)
            if attempt % 2:
                kill_children(running)
                strike(running, chance.uniform(0.0, 0.8), least_done=attempt)
                assert "Traceback" not in running.err
                kill_children(running)
            running.process.kill()
            running.process.wait()
            # Without their node the children end by themselves.
            assert psutil.wait_procs(running.children() | running.seen_children, timeout=120)[1] == []
        seen.append(stored_chunks(home.data_dir))
    with home.up() as running:
        view = running.wait_for_book(book_id)
        assert view["gaps"] == []
    assert_same_words(home.output, undisturbed.output)
    seen.append(stored_chunks(home.data_dir))
    for before, after in pairwise(seen):
        assert before.results <= after.results
        assert {each: before.leases[each] for each in before.results} == {
            each: after.leases[each] for each in before.results
        }
    assert len(seen[-1].results) == undisturbed.transcript("long")["total_chunks"]
    assert sum(seen[-1].leases.values()) > len(seen[-1].results), "no chunk was interrupted: nothing was tested"


def strike(running: Running, seconds: float, *, least_done: int) -> None:
    """Returns so long after a chunk is decoded and so many are done: at once, that chunk is not done yet."""

    def is_due() -> bool:
        tasks = running.get("/status")["tasks"]
        return (tasks["completed"] >= least_done and tasks["in_progress"]) or all_done(running)

    eventually(is_due, f"a chunk being decoded, {least_done} done")
    running.children()
    moment = time.monotonic() + seconds
    eventually(lambda: time.monotonic() >= moment, "the moment", pause_seconds=0.01)
    running.children()


def all_done(running: Running) -> bool:
    return all(book["state"] == "done" for book in running.get("/books"))


def kill_children(running: Running) -> None:
    for child in running.children():
        with suppress(psutil.NoSuchProcess):
            child.kill()


def test_transcribe_killed_before_its_book_is_read(home: Home, audio: Path, undisturbed: Home) -> None:
    """As early as there is a database: what exists then is half of everything."""
    command = ["--chunk_seconds", "30", "--word_timestamps", str(audio)]
    with home.started(home.command("transcribe", *home.transcribe_options(()), *command)) as running:
        eventually(
            lambda: (home.data_dir / "spool").exists() and any((home.data_dir / "spool").iterdir()),
            "the spool",
            pause_seconds=0.01,
        )
        running.children()
        running.process.kill()
    home.transcribe(*command).assert_calm(0)
    assert_same_words(home.output, undisturbed.output)


def test_a_node_killed_while_it_merges(home: Home, audio: Path, undisturbed: Home) -> None:
    options = {"output_dir": str(home.output), "chunk_seconds": 30, "word_timestamps": True}
    with home.up() as running:
        book_id = running.add(audio, **options)
        while (
            eventually(lambda: is_merging(running) or (all_done(running) and "missed"), "the merge", pause_seconds=0.01)
            is not True
        ):
            assert running.ask(f"/books/{book_id}", "DELETE").status == 200  # it was too quick: once more
            shutil.rmtree(home.output)
            book_id = running.add(audio, **options)
        running.process.kill()
        running.process.wait()
    before = stored_chunks(home.data_dir)
    with home.up() as running:
        running.wait_for_book(book_id)
    assert_same_words(home.output, undisturbed.output)
    assert stored_chunks(home.data_dir).leases == before.leases, "no part was given out again"


def is_merging(running: Running) -> bool:
    """Whether the child that writes transcripts is there."""
    for child in running.children():
        with suppress(psutil.NoSuchProcess):
            if child.cmdline()[-1:] == ["writer"]:
                return True
    return False


def test_a_node_killed_while_it_takes_an_upload(home: Home, audio: Path) -> None:
    """What came of it is gone with the next start, and the file can be sent again."""
    body, kind = multipart([("long.mp3", audio.read_bytes())])
    uploads = home.data_dir / "uploads"
    with home.up() as running:
        head = (f"Content-Type: {kind}", f"Content-Length: {len(body)}")
        with closing(running.begin_upload(*head)) as connection:
            connection.sendall(body[: len(body) // 2])
            eventually(lambda: any(uploads.iterdir()), "the upload to begin")
            running.children()
            running.process.kill()
            running.process.wait()
    assert any(uploads.iterdir())
    with home.up() as running:
        assert not any(uploads.iterdir())
        assert running.get("/books") == []
        answer = running.upload(("long.mp3", audio.read_bytes()), chunk_seconds="30")
        assert answer.status == 201
        running.wait_for_book(answer.json["book_id"])
