"""Long recordings outlast the patience of the program that sent them, and whoever dies on the way."""

from __future__ import annotations

import http.client
import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.bench.wer import word_errors
from tests.e2e.books.test_kill import kill_children
from tests.e2e.programs.recordings import form
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.reference_book import ReferenceBook
from tests.e2e.support.stored_chunks import stored_chunks
from tests.e2e.support.voice import SENTENCES
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.long]

PATIENCE = 2.0
"""Of the program at first. Real ones have 20 s and more, and recordings of hours."""
LATER_PATIENCE = 20.0
"""Or it would never hear of its recording where this PC is busy."""
CHUNKS = {"SWARMSTT_CHUNK_SECONDS": "30"}


def ask_once(url: str, body: bytes, head: dict[str, str], seconds: float = PATIENCE) -> bytes | None:
    """One try of an impatient program; None if it gave up, or nobody is there."""
    parts = urlsplit(url)
    assert parts.hostname
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)) as connection:
        try:
            connection.request("POST", "/v1/audio/transcriptions", body, head)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            return None
        assert response.status == 200, content
        return content


def insist(url: Callable[[], str], audio: Path, before: Callable[[int], None] = lambda attempt: None) -> str:
    """Tries again and again, as clients do; the text in the end. `before` is done before each attempt."""
    body, head = form(("file", "long.mp3", audio.read_bytes()), ("response_format", None, b"text"))
    tries = itertools.count()

    def again() -> bytes | None:
        attempt = next(tries)
        before(attempt)
        return ask_once(url(), body, head, PATIENCE if attempt < IMPATIENT_TRIES else LATER_PATIENCE)

    found: bytes = eventually(again, "the answer", 3 * PATIENCE_SECONDS)
    return found.decode()


IMPATIENT_TRIES = 4


def hold(node: Running) -> None:
    """It decodes nothing now, so that no recording is done before its program has given up."""
    assert node.ask("/pause", "POST").status == 200


def let_go(node: Running) -> None:
    assert node.ask("/resume", "POST").status == 200


def jobs_in(home: Home) -> int:
    with closing(sqlite3.connect(f"file:{home.data_dir / 'swarmstt.sqlite'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM program_jobs").fetchone()[0])


def test_retries_join_the_recording_in_work(home: Home, long_book: ReferenceBook) -> None:
    with home.up("--slots", "1", **CHUNKS) as node:
        hold(node)
        text = insist(lambda: node.url, long_book.audio, lambda attempt: let_go(node) if attempt == 2 else None)
        assert text.split() == long_book.undisturbed.transcript("long")["full_text"].split()
        assert [each["status"] for each in node.get("/v1/jobs")["data"]] == ["completed"]
        assert jobs_in(home) == 1
        stored = stored_chunks(home.data_dir)
        assert stored.leases == dict.fromkeys(stored.results, 1), "each part was decoded once"
        assert node.get("/books") == []


def test_it_outlives_its_node_and_its_engines(home: Home, long_book: ReferenceBook) -> None:
    """The node dies in the midst of it, and twice the process that decodes."""
    running: list[Running] = []

    def strike(attempt: int) -> None:
        if attempt == 0:
            hold(running[-1])
        if attempt == 1:
            let_go(running[-1])
            eventually(running[-1].engines, "an engine", pause_seconds=0.02)
        if attempt in (1, 3):
            kill_children(running[-1])

    with home.up("--slots", "1", **CHUNKS) as first:
        running.append(first)
        body, head = form(("file", "long.mp3", long_book.audio.read_bytes()), ("model", None, b"x"))
        hold(first)
        eventually(lambda: ask_once(first.url, body, head) is None and jobs_in(home), "the recording is taken")
        let_go(first)
        eventually(lambda: stored_chunks(home.data_dir).results, "a part that is done")
        first.process.kill()
        first.process.wait()
    with home.up("--slots", "1", **CHUNKS) as second:
        running.append(second)
        text = insist(lambda: second.url, long_book.audio, strike)
    assert word_errors(" ".join(SENTENCES[:16]), text).percent <= 10
    assert text.split() == long_book.undisturbed.transcript("long")["full_text"].split()
    assert jobs_in(home) == 1


def test_a_guest_decodes_it_too_and_may_die(home: Home, tmp_path: Path, short_book: ReferenceBook) -> None:
    """It uses the swarm as a book does: this node decodes nothing, and its first helper is killed."""
    with home.up("--no_helping", **CHUNKS) as node:
        url = home.run("invite", "--plain").out.strip()
        body, head = form(("file", "long.mp3", short_book.audio.read_bytes()), ("language", None, b"en"))
        eventually(lambda: ask_once(node.url, body, head) is None and jobs_in(home), "the recording is taken")
        command = home.command("help", url.replace(urlsplit(url).netloc, urlsplit(node.url).netloc), "--slots", "1")
        with Home(tmp_path / "guest").started(command, environment={"WHISPER_MODEL": str(model_folder())}) as guest:
            eventually(lambda: node.get("/v1/jobs")["data"][0]["percent"] > 0, "a part in the guest's hands")
            guest.kill_all()
        assert [each["status"] for each in node.get("/v1/jobs")["data"]] == ["in_progress"]
        with Home(tmp_path / "other").started(command, environment={"WHISPER_MODEL": str(model_folder())}):
            text = insist(lambda: node.url, short_book.audio)
    assert text.split() == short_book.undisturbed.transcript("long")["full_text"].split()
