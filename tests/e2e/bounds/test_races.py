"""Files and links that become others between a look and an opening, at a real node: each book ends, no thread of the
node waits for ever, and nothing is read that was not looked at."""

from __future__ import annotations

import os
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually
from tests.support.ebooks import paragraphs, write_epub

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows has neither such links nor such pipes"),
]

ROUNDS = 16
"""More than the threads that a node has for files on a PC of two cores, each of which a pipe could hold."""


SWAP_SECONDS = 0.003
"""Between a look and the opening after it some milliseconds may lie, in which the link becomes another one; between the
last look of the reading process and FFmpeg's opening hardly ever."""


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(b"\0\0\x20\0" * 8_000 * 3)
    return path


@contextmanager
def swapped(link: Path, targets: list[Path]) -> Iterator[None]:
    """The link leads to each of these in turn, without a moment in which it is missing, until the context is left."""
    over = threading.Event()
    other = link.with_name(f".{link.name}.other")

    def swap() -> None:
        while not over.is_set():
            for target in targets:
                with suppress(OSError):
                    other.symlink_to(target)
                    other.replace(link)
                over.wait(SWAP_SECONDS)

    link.symlink_to(targets[0])
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def has_ended(node: Running, book_id: str) -> bool:
    """Done, failed, or found to be the book of the same sound that is there already."""
    answer = node.ask(f"/books/{book_id}")
    return answer.status == 404 or answer.json["state"] in ("done", "failed")


@pytest.mark.parametrize("kind", ["audio", "ebook"])
def test_links_that_change_hold_nothing_up(home: Home, tmp_path: Path, kind: str, tone: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    good = tone if kind == "audio" else write_epub(tmp_path / "good.epub", [("One", paragraphs("A tone is heard."))])
    link = tmp_path / ("book.wav" if kind == "audio" else "book.epub")
    targets = [good, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "nothing"]
    with home.up("--slots", "1") as node:
        ids = set()
        with swapped(link, targets):
            for _ in range(ROUNDS):
                asked = {"paths": [str(link if kind == "audio" else tone)], "options": {"language": "en"}}
                if kind == "ebook":
                    asked["options"] = {"language": "en", "ebook": str(link)}
                answer = node.ask("/books", "POST", asked)
                if answer.status < 400:
                    ids |= {each["book_id"] for each in answer.json["books"]}
                assert node.get("/status")["node"]["name"]
        for each in ids:
            eventually(lambda each=each: has_ended(node, each), "its end", 240.0)  # type: ignore[misc]
        after = node.ask("/books", "POST", {"paths": [str(tone)], "options": {"language": "en"}})
        assert after.status < 400, "the next book is taken"
        assert "Traceback" not in node.err, node.err
