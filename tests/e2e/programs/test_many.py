"""Two hundred short recordings at once, beside a book: none fails but with a clear 429, and the book goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.e2e.programs.recordings import another, form, wav
from tests.e2e.support.home import Home
from tests.e2e.support.http_client import Answer, ask
from tests.e2e.support.reference_book import ReferenceBook
from tests.e2e.support.voice import SENTENCES, Voice

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.attack, pytest.mark.timeout(900)]

COUNT = 200
QUEUE_SECONDS = 600.0
"""So long the last of them may wait, on a slow machine."""


def test_two_hundred_at_once_beside_a_book(home: Home, voice: Voice, long_book: ReferenceBook) -> None:
    sound = wav(voice.say(SENTENCES[6], pause_seconds=0.1))
    with home.up("--slots", "1", SWARMSTT_OUTPUT_DIR=str(home.output)) as node:
        token = urlsplit(home.run("programs", "--name", "many").out.strip()).path.split("/")[2]
        book_id = node.add(long_book.audio, chunk_seconds=30)

        def one(number: int) -> Answer:
            path = f"/programs/{token}/v1/audio/transcriptions"
            body, head = form(("file", "a.wav", another(sound, number)), ("language", None, b"en"))
            return ask(node.url + path, "POST", body, head, seconds=QUEUE_SECONDS)

        with ThreadPoolExecutor(COUNT) as pool:
            answers = list(pool.map(one, range(COUNT)))
        assert {answer.status for answer in answers} <= {200, 429}
        refused = [answer for answer in answers if answer.status == 429]
        assert all(int(answer.headers["Retry-After"]) > 0 and answer.json["error"]["message"] for answer in refused)
        texts = {answer.json["text"] for answer in answers if answer.status == 200}
        assert len(texts) == 1
        assert len(answers) - len(refused) >= 50
        book = node.wait_for_book(book_id)
        assert book["gaps"] == []
