"""Two hundred short recordings at once, beside a book: none fails but with a clear 429, and the book has its share."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.scheduling.rules import Rules
from tests.e2e.programs.recordings import another, form, wav
from tests.e2e.support.home import Home
from tests.e2e.support.http_client import Answer, ask
from tests.e2e.support.reference_book import ReferenceBook
from tests.e2e.support.voice import SENTENCES, Voice
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.attack, pytest.mark.timeout(900)]

COUNT = 200
RULES = Rules()
QUEUE_SECONDS = 600.0
"""So long the last of them may wait, on a slow machine."""
ENOUGH = 20
"""So many that wait, at 25 seconds each, are more than may overtake the book."""


def given_out(data_dir: Path, book_id: str) -> Iterator[tuple[bool, float]]:
    """Of each part that was given out, in order: whether it is the book's, and its cost in seconds of sound. Its node
    has ended."""
    with closing(sqlite3.connect(data_dir / "swarmstt.sqlite")) as database:
        rows = database.execute(
            "SELECT book_id, sample_count FROM leases JOIN chunks USING (book_id, position) ORDER BY lease_id"
        ).fetchall()
    for part_of, samples in rows:
        is_books, seconds = part_of == book_id, samples / SAMPLE_RATE
        yield is_books, seconds if is_books else max(seconds, RULES.least_cost_seconds)


def assert_has_its_share(parts: list[tuple[bool, float]]) -> None:
    """While parts of the book waited, short recordings never had more than the book, apart from what they may have
    ahead."""
    last = max(index for index, (is_books, _) in enumerate(parts) if is_books)
    steps = [cost if is_books else -cost for is_books, cost in parts[:last]]
    most_ahead = RULES.overtaking_seconds + RULES.least_cost_seconds
    assert min(itertools.accumulate(steps)) >= -most_ahead, parts
    assert any(not is_books for is_books, _ in parts[:last]), "short recordings overtook it"


def test_two_hundred_at_once_beside_a_book(home: Home, voice: Voice, long_book: ReferenceBook) -> None:
    sound = wav(voice.say(SENTENCES[6], pause_seconds=0.1))
    with home.up("--slots", "1", SWARMSTT_OUTPUT_DIR=str(home.output)) as node:
        token = urlsplit(home.run("programs", "--name", "many").out.strip()).path.split("/")[2]
        assert node.ask("/pause", "POST").status == 200  # else a quick PC is done with the book before the first comes
        book_id = node.add(long_book.audio, chunk_seconds=30)
        node.wait_until_read(book_id)  # what waits for nothing overtakes nothing

        def one(number: int) -> Answer:
            path = f"/programs/{token}/v1/audio/transcriptions"
            body, head = form(("file", "a.wav", another(sound, number)), ("language", None, b"en"))
            return ask(node.url + path, "POST", body, head, seconds=QUEUE_SECONDS)

        def read_count() -> int:
            jobs = ask(f"{node.url}/programs/{token}/v1/jobs").json["data"]
            return sum(each["status"] == "in_progress" for each in jobs)

        with ThreadPoolExecutor(COUNT) as pool:
            asked = [pool.submit(one, number) for number in range(COUNT)]
            try:
                eventually(lambda: read_count() >= ENOUGH, "enough of them wait beside the book", QUEUE_SECONDS)
            finally:
                assert node.ask("/resume", "POST").status == 200
            answers = [each.result() for each in asked]
        assert {answer.status for answer in answers} <= {200, 429}
        refused = [answer for answer in answers if answer.status == 429]
        assert all(int(answer.headers["Retry-After"]) > 0 and answer.json["error"]["message"] for answer in refused)
        texts = {answer.json["text"] for answer in answers if answer.status == 200}
        assert len(texts) == 1
        assert len(answers) - len(refused) >= 50
        book = node.wait_for_book(book_id)
        assert book["gaps"] == []
    assert_has_its_share(list(given_out(home.data_dir, book_id)))
