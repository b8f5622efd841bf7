"""The event loop of a real node touches no file of its folders, whatever a person, a program, a guest or the drop
folder has it do: a disk may be slow, or at the other end of a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.http_client import ask, multipart
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually
from tests.e2e.support.watched import Watched, watched

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the watched node needs what Linux tells of threads"),
]


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Watched]:
    with watched(Home(tmp_path / "home"), "--slots", "1") as found:
        yield found


def test_a_day_of_a_node(target: Watched, voice: Voice) -> None:
    node, home = target.node, target.home
    audio = record(home.root / "book.mp3", voice.say(*SENTENCES[:2]))
    with target.waits_for_no_disk():
        _by_the_page(node, audio, home.output)
        _by_the_drop_folder(node, home, voice)
        _by_programs_and_guests(node, audio)
        assert node.ask("/books", "POST", {"paths": [str(home.root / "none.mp3")]}).status >= 400
        assert node.ask("/door", "POST").status == 200
        assert node.ask("/door", "DELETE").status == 200
        assert node.ask("/swarm", "POST").status == 200


def _by_the_page(node: Running, audio: Path, output: Path) -> None:
    book_id = node.add(audio, output_dir=str(output), language="en", output_format="all")
    node.wait_for_book(book_id)
    known = node.upload(("book.mp3", audio.read_bytes()), language="en").json
    assert known["known"] is True
    node.wait_for_book(book_id)  # its text is written again, as was asked
    for path in (f"/results/{book_id}", f"/books/{book_id}/text", "/books", "/tasks", "/settings", "/licences", "/"):
        assert ask(node.url + path).status == 200, path
    assert ask(node.url + f"/books/{book_id}/audio", headers={"Range": "bytes=0-99"}).status == 206
    assert node.ask("/settings", "PATCH", {"name": "another"}).status == 200
    for what in ("/pause", "/resume"):
        assert node.ask(what, "POST", {}).status == 200, what
    text = node.upload(("text.txt", b"no sound at all"))
    assert text.status >= 400
    assert node.ask(f"/books/{book_id}", "DELETE").status == 200


def _by_the_drop_folder(node: Running, home: Home, voice: Voice) -> None:
    record(home.drop / "dropped.mp3", voice.say(SENTENCES[2]))
    (home.drop / "bad.mp3").write_bytes(b"no sound")
    eventually(lambda: any(each["state"] == "done" for each in node.get("/books")), "the dropped book is done")
    eventually(lambda: list(home.drop.rglob("*.error.txt")), "a note says what is bad")


def _by_programs_and_guests(node: Running, audio: Path) -> None:
    body, kind = multipart([("a.mp3", audio.read_bytes())], {"model": "whisper-1"})
    answer = ask(node.url + "/v1/audio/transcriptions", "POST", body, {"Content-Type": kind})
    assert answer.status == 200, answer
    made = node.ask("/invitations", "POST", {"name": "Eve", "days": 1, "plain": False})
    assert urlsplit(str(made.json["url"])).path
    assert node.ask("/invitations", "DELETE").status == 200
