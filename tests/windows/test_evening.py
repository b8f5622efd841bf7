"""An evening with friends of whom one has Windows, as Wine plays it: two new PCs become one swarm and share a book that
was dropped with its ebook, and a program asks the one with Windows for a clip meanwhile. It loses its power, is
removed, and comes back with what it had: it is out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.programs.recordings import saved, send, wav
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually
from tests.support.ebooks import paragraphs, write_epub
from tests.windows.bench_of_wine import Bench
from tests.windows.windows_node import PATIENCE_SECONDS, WindowsNode, up

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]

SAID = SENTENCES[:12]
CHUNKS = ("--chunk_seconds", "30")
HOW = {"SWARMSTT_CHUNK_SECONDS": "30"}


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return Voice(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    """Three minutes in two files, and their ebook."""
    folder = tmp_path_factory.mktemp("book") / "The Island"
    printed = []
    for number in range(2):
        title, sentences = f"Chapter {number + 1}", SAID[6 * number : 6 * number + 6]
        record(folder / f"{title}.mp3", voice.say(*sentences, pause_seconds=11.0))
        printed.append((title, paragraphs(*sentences)))
    write_epub(folder / "The Island.epub", printed, title="The Island")
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    return saved(tmp_path_factory.mktemp("asked"), "clip.wav", wav(voice.say(SENTENCES[20], pause_seconds=0.3)))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, book: Path, clip: Path) -> Home:
    """Whose transcripts are those of one node, on Linux."""
    home = Home(tmp_path_factory.mktemp("alone") / "home")
    home.transcribe("--alone", *CHUNKS, book, clip).assert_calm(0)
    return home


@pytest.fixture
def data_dir(bench: Bench) -> Iterator[Path]:
    path = bench.path("C:\\evening")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


class Anna:
    """A PC with Linux on the network of that Windows, which only coordinates until it is told to decode."""

    def __init__(self, bench: Bench, node: Running) -> None:
        self._bench, self._node = bench, node
        self.tell("POST", "/pause")

    def get(self, path: str) -> Any:
        return self._bench.inside(lambda: self._node.get(path))

    def tell(self, method: str, path: str) -> None:
        answer = self._bench.inside(lambda: self._node.ask(path, method))
        assert answer.status < 300, answer

    def book(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = self.get("/status")["books"]
        return found[0] if found else {"state": "not found yet"}

    def done_by(self) -> set[str]:
        return {each["worker_name"] for each in self.get("/tasks") if each["status"] == "completed"}

    def workers(self) -> dict[str, str]:
        return {each["name"]: each["state"] for each in self.get("/status")["workers"]}


def test_an_evening_with_a_windows_pc(
    bench: Bench, data_dir: Path, tmp_path: Path, book: Path, clip: Path, undisturbed: Home
) -> None:
    home = Home(tmp_path / "anna")
    wrapper = bench.network.wrapper if bench.network is not None else ()
    with home.up("--name", "anna", "--slots", "1", wrapper=wrapper, **HOW) as node:
        anna = Anna(bench, node)
        place = anna.get("/status")["node"]["swarm_address"]
        with up(bench, data_dir, "--name", "ben", "--peer", place) as ben:
            they_become_one_swarm(anna, ben)
            shutil.copytree(book, home.drop / book.name)
            soon(lambda: "ben" in anna.done_by(), "Windows has done a part", ben)
            anna.tell("POST", f"/books/{anna.book()['book_id']}/pause")  # or Windows might do all of it
            a_program_asks_ben_for_a_clip(bench, ben, clip, undisturbed)
            ben_id = ben.get("/status")["node"]["node_id"]
            ben.kill()
        anna.tell("DELETE", f"/peers/{ben_id}")
        with up(bench, data_dir, "--name", "ben", "--peer", place) as ben:
            assert ben.get("/status")["node"]["node_id"] == ben_id
            soon(lambda: "removed" in (ben.get("/door")["advice"] or ""), "Windows knows that it is out", ben)
            assert ben_id not in {each["node_id"] for each in anna.get("/status")["peers"]}
            assert anna.workers().get("ben") in ("away", None)
            anna.tell("POST", f"/books/{anna.book()['book_id']}/resume")
            anna.tell("POST", "/resume")
            soon(lambda: anna.book()["state"] == "done", "the book is done", ben)
        assert anna.done_by() == {"anna", "ben"}
        assert anna.book()["gaps"] == []
        assert anna.book()["ebook"]["report"]["heard"] > 0.8
    the_book_is_as_one_node_writes_it(home.drop / "Transcripts", undisturbed.output, book.name)


def soon(condition: Callable[[], Any], what: str, ben: WindowsNode) -> None:
    eventually(condition, what, PATIENCE_SECONDS, explain=lambda: ben.out)


def they_become_one_swarm(anna: Anna, ben: WindowsNode) -> None:
    """Both show the same four words."""
    soon(lambda: anna.workers().get("ben") == "idle", "anna sees Windows", ben)
    words = [door["joining"][0]["words"] for door in (anna.get("/door"), ben.get("/door"))]
    assert words[0] == words[1]
    assert len(words[0]) == 4


def a_program_asks_ben_for_a_clip(bench: Bench, ben: WindowsNode, clip: Path, undisturbed: Home) -> None:
    sound, address = clip.read_bytes(), ben.address
    answer = bench.inside(
        lambda: send(address.base, "/v1/audio/transcriptions", ("file", clip.name, sound), **address.headers)
    )
    assert answer.status == 200, answer
    assert answer.json["text"].strip() == undisturbed.transcript(clip.stem)["full_text"]


def the_book_is_as_one_node_writes_it(written: Path, undisturbed: Path, stem: str) -> None:
    """Word for word; some times differ a little, since Windows computes with other libraries."""
    documents = [json.loads((folder / f"{stem}.json").read_text(encoding="utf-8")) for folder in (written, undisturbed)]
    for name in ("full_text", "chapters", "files", "title", "language"):
        assert documents[0][name] == documents[1][name], name
    segments = [[(each["text"], each["text_from"]) for each in document["segments"]] for document in documents]
    assert segments[0] == segments[1]
    assert documents[0]["full_text"].startswith(f"{SAID[0]} {SAID[1]}"), "the words are the ebook's"
    for form in ("txt", "epub"):
        assert (written / f"{stem}.{form}").is_file()
    assert (written / f"{stem}.txt").read_bytes() == (undisturbed / f"{stem}.txt").read_bytes()
