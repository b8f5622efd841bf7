"""Drop folders of real nodes: what is put there comes out as text, once."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.home import FORMATS, Home
from tests.e2e.support.impatient import ImpatientHome
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, first_part, record
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

_numbers = itertools.count()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return ImpatientHome(tmp_path / "home")


@pytest.fixture
def usual_home(tmp_path: Path) -> Home:
    """One whose node waits as long as people's."""
    return Home(tmp_path / "usual")


def hashes(folder: Path) -> dict[str, str]:
    """All files that are no transcripts, by their path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "Transcripts" not in path.parts
    }


def note(drop: Path, stem: str) -> Path:
    return drop / "Transcripts" / f"{stem}.error.txt"


def let_settle(drop: Path) -> None:
    """Returns when something that was put there now has been looked into: so has all that lay there before."""
    marker = drop / f"marker {next(_numbers)}.mp3"
    marker.write_bytes(os.urandom(64))
    eventually(note(drop, marker.stem).exists, "the note on a file that is no audio")
    marker.unlink()
    eventually(lambda: not note(drop, marker.stem).exists(), "the end of that note")


def names(node: Running) -> list[str]:
    return [book["filename"] for book in node.get("/status")["books"]]


def folder_view(node: Running) -> dict[str, Any]:
    view: dict[str, Any] = node.get("/status")["node"]["drop_folders"][0]
    return view


def wait_for_transcript(drop: Path, stem: str) -> None:
    files = [drop / "Transcripts" / f"{stem}.{format_}" for format_ in FORMATS]
    eventually(lambda: all(file.exists() for file in files), f"the transcript of {stem}")


def test_a_flood_of_files_with_some_books_in_it(usual_home: Home, voice: Voice) -> None:
    home, drop = usual_home, usual_home.drop
    drop.mkdir()
    for number in range(2000):
        (drop / f"{number}.txt").write_text("no audio")
    odd = record(drop / "Ünïcode 日本 #1 100% 'q'.mp3", voice.say(SENTENCES[0]))
    for disc in (1, 2):
        record(drop / "A tale" / f"CD {disc}" / "Track 1.mp3", voice.say(SENTENCES[disc]))
    (drop / "garbage.mp3").write_bytes(b"no audio at all" * 1000)
    (drop / "empty.mp3").touch()
    (drop / "book.mp3.part").write_bytes(odd.read_bytes())
    before = hashes(drop)
    with home.up() as node:
        assert f"Drop folder:  {drop}" in node.out
        assert node.get("/status")["node"]["drop_folder"] == str(drop)
        wait_for_transcript(drop, odd.stem)
        wait_for_transcript(drop, "A tale")
        for stem in ("garbage", "empty"):
            eventually(note(drop, stem).exists, f"the note on {stem}")
            assert f"{stem}.mp3" in note(drop, stem).read_text(encoding="utf-8").splitlines()[0]
        assert sorted(names(node)) == ["A tale", odd.name]
        tale = home.transcript("A tale", drop / "Transcripts")
        assert len(tale["chapters"]) == 2
        assert hashes(drop) == before
        shutil.copy(odd, drop / "garbage.mp3")  # known audio: nothing is left to be told
        eventually(lambda: not note(drop, "garbage").exists(), "the end of the note")
        (drop / "empty.mp3").unlink()
        eventually(lambda: not note(drop, "empty").exists(), "the end of the other note")
        assert len(names(node)) == 2


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not tell who writes")
def test_a_copy_that_stalls_is_waited_for(home: Home, voice: Voice) -> None:
    whole = record(home.root / "slow.mp3", voice.say(*SENTENCES[:3]))
    content = whole.read_bytes()
    with home.up() as node:
        with (home.drop / "slow.mp3").open("wb") as copy:
            for part in (0.3, 0.7):
                copy.write(first_part(content, part)[copy.tell() :])
                copy.flush()
                let_settle(home.drop)  # it stands still for as long as it takes others to be found complete
                assert names(node) == []
                assert folder_view(node)["waiting"] == 1
            copy.write(content[copy.tell() :])
        wait_for_transcript(home.drop, "slow")
        [book] = node.get("/status")["books"]
    assert home.transcript("slow", home.drop / "Transcripts")["duration"] == pytest.approx(book["duration"], abs=0.1)
    assert (home.drop / "slow.mp3").read_bytes() == content


def test_renamed_moved_and_restarted_a_book_is_not_done_again(home: Home, voice: Voice) -> None:
    drop, second = home.drop, home.root / "second"
    second.mkdir()
    folders = ("--drop_folder", drop, "--drop_folder", second)
    with home.up(*folders) as node:
        assert [each["path"] for each in node.get("/status")["node"]["drop_folders"]] == [str(drop), str(second)]
        record(drop / "one.mp3", voice.say(SENTENCES[4]))
        wait_for_transcript(drop, "one")
        eventually(lambda: node.get("/status")["books"][0]["state"] == "done", "the book done")
        shutil.rmtree(drop / "Transcripts")
        (drop / "one.mp3").rename(drop / "other name.mp3")
        let_settle(drop)
        (drop / "other name.mp3").rename(second / "moved.mp3")
        let_settle(second)
        assert names(node) == ["one.mp3"]
        node.interrupt()
        assert node.process.wait(timeout=120) == 0, node.err
        assert "Traceback" not in node.err
    (second / "moved.mp3").rename(second / "while it was down.mp3")
    with home.up(*folders) as node:
        let_settle(second)
        book_id = node.get("/status")["books"][0]["book_id"]
        assert names(node) == ["one.mp3"]
        assert node.get("/status")["tasks"]["completed"] == node.get("/status")["tasks"]["total"]
        assert node.ask(f"/books/{book_id}", "DELETE").status < 300
        let_settle(second)
        assert names(node) == []
    assert not any(path.suffix == ".json" for path in home.root.glob("*/Transcripts/*"))


def test_a_folder_that_disappears_and_comes_back(home: Home, voice: Voice) -> None:
    with home.up() as node:
        record(home.drop / "first.mp3", voice.say(SENTENCES[5]))
        wait_for_transcript(home.drop, "first")
        away = home.drop.rename(home.root / "away")
        eventually(lambda: not folder_view(node)["present"], "news of the missing folder")
        status = node.get("/status")["node"]
        assert any(str(home.drop) in trouble for trouble in status["troubles"])
        record(away / "second.mp3", voice.say(SENTENCES[6]))
        away.rename(home.drop)
        eventually(lambda: folder_view(node)["present"], "news of the folder that is back")
        wait_for_transcript(home.drop, "second")
        assert sorted(names(node)) == ["first.mp3", "second.mp3"]
        assert "Traceback" not in node.err
