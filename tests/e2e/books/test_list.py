"""`transcribe --list`: a tree of books, killed in the middle and started again, and what became of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e]


def test_a_tree_of_books_is_killed_and_goes_on(home: Home, voice: Voice, tmp_path: Path) -> None:
    tree, summary = tmp_path / "books", tmp_path / "summary.jsonl"
    for number, name in enumerate(("Austen/Emma", "Austen/Persuasion", "Wells/The Time Machine", "Wells/Kipps")):
        (tree / name).mkdir(parents=True)
        record(tree / name / "1.mp3", voice.say(SENTENCES[number]))
    (tree / "broken.mp3").write_bytes(b"no sound" * 100)
    command = home.command("transcribe", *home.transcribe_options(()), "--list", tree, "--output_format", "txt")
    command += ["--summary", str(summary), "--alone"]
    emma, kipps = home.output / "Austen" / "Emma.txt", home.output / "Wells" / "Kipps.txt"
    with home.started(command) as running:
        eventually(emma.exists, "the first transcript", explain=lambda: running.err)
        running.children()
        running.process.kill()
        running.process.wait()
    written_at = emma.stat().st_mtime_ns
    with home.started(command) as running:
        running.process.wait(timeout=120)
        ended = running.ended()
    ended.assert_calm(1)
    assert "broken.mp3 can't be read as audio" in ended.err
    assert "4 books are done" in ended.err
    assert kipps.read_text(encoding="utf-8").strip()
    assert emma.stat().st_mtime_ns >= written_at
    found = {
        Path(each["path"]).name: each for each in map(json.loads, summary.read_text(encoding="utf-8").splitlines())
    }
    assert {name: each["state"] for name, each in found.items()} == {
        "broken.mp3": "failed", "Emma": "done", "Persuasion": "done", "Kipps": "done", "The Time Machine": "done",
    }  # fmt: skip
    assert found["Kipps"]["files"] == [str(kipps)]
    with home.up() as node:  # of all these books the node keeps none
        assert node.get("/books") == []
