"""Rows of an attack that books and what lies beside them make, at a real node: F5, L6 and R10."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from swarmstt.core.drop_folder.entries import TRANSCRIPTS
from swarmstt.files import TEMPORARY_SUFFIX
from swarmstt.speech.audio.book_files import fingerprint
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.attack]

TERABYTE = 10**12
RATE = 44_100
BLOCK_BYTES = 256 * 2**10


def test_f5_a_sparse_terabyte_is_refused_unread(coordinator: Running, tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(b"RIFF\xff\xff\xff\xffWAVE")
        try:
            file.truncate(TERABYTE)
        except OSError:
            pytest.skip("this disk has no files of a terabyte")
    before = _read_bytes(coordinator)
    refused = coordinator.ask("/books", "POST", {"paths": [str(path)], "options": {}})
    assert "almost nothing is in it" in refused.error
    assert _read_bytes(coordinator) < before + 2**30


def _read_bytes(node: Running) -> int:
    """How much the node and what it started have read from files."""
    processes = [psutil.Process(node.process.pid), *node.children()]
    return sum(each.io_counters().read_chars for each in processes) if hasattr(processes[0], "io_counters") else 0


@pytest.mark.skipif(os.name == "nt", reason="needs a right to make symbolic links there")
def test_l6_a_note_overwrites_nothing_by_a_link_beside_it(node: Running, shared_home: Home) -> None:
    victim = shared_home.root / "a letter.txt"
    victim.write_text("Dear Ida")
    notes = shared_home.drop / TRANSCRIPTS
    notes.mkdir(exist_ok=True)
    links = [notes / f"rubbish.error.txt{suffix}" for suffix in (".part", TEMPORARY_SUFFIX)]
    for each in links:
        each.symlink_to(victim)
    (shared_home.drop / "rubbish.mp3").write_bytes(b"no sound" * 1000)
    note = notes / "rubbish.error.txt"
    try:
        eventually(note.is_file, "the note")
        assert "rubbish.mp3" in note.read_text(encoding="utf-8")
        assert not note.is_symlink()
        assert victim.read_text() == "Dear Ida"
    finally:
        (shared_home.drop / "rubbish.mp3").unlink()
        eventually(lambda: not note.exists(), "the note goes with it")
        for each in links:
            each.unlink(missing_ok=True)


def test_a_file_of_a_terabyte_by_the_name_of_a_note_is_not_read(node: Running, shared_home: Home) -> None:
    """The node itself looks whether it is the same note."""
    folder = shared_home.drop / TRANSCRIPTS
    folder.mkdir(exist_ok=True)
    others = folder / "much.error.txt"
    with others.open("wb") as file:
        try:
            file.truncate(TERABYTE)
        except OSError:
            pytest.skip("this disk has no files of a terabyte")
    before = _read_bytes(node)
    (shared_home.drop / "much.mp3").write_bytes(b"no sound" * 999)
    try:
        eventually(lambda: [each for each in folder.glob("much*.txt") if each != others], "the note beside it")
        assert _read_bytes(node) < before + 2**30
        assert others.stat().st_size == TERABYTE
    finally:
        (shared_home.drop / "much.mp3").unlink()
        others.unlink()


def test_r10_a_mended_copy_of_a_large_file_is_another_book(coordinator: Running, tmp_path: Path) -> None:
    """All that its fingerprint is made of is the same."""
    good, damaged = noise(tmp_path / "good.m4a", 220), tmp_path / "damaged.m4a"
    content = good.read_bytes()
    # The fingerprint has 64 blocks; two seconds lie between the sixth and the seventh.
    last = len(content) - BLOCK_BYTES
    start, end = last * 5 // 63 + BLOCK_BYTES, last * 6 // 63
    damaged.write_bytes(content[:start] + b"U" * (end - start) + content[end:])
    assert fingerprint([damaged]) == fingerprint([good])
    ids = []
    for each in (damaged, good):
        added = coordinator.ask("/books", "POST", {"paths": [str(each)], "options": {"language": "en"}})
        ids.append(added.json["books"][0]["book_id"])
        coordinator.wait_until_read(ids[-1])
    assert ids[0] != ids[1]
    gaps = [coordinator.get(f"/books/{each}")["gaps"] for each in ids]
    assert [len(each) for each in gaps] == [1, 0]
    for each in ids:
        coordinator.ask(f"/books/{each}", "DELETE")


def noise(path: Path, seconds: int) -> Path:
    """Sound that no coding makes smaller."""
    samples = np.random.default_rng(1).integers(-32000, 32000, (2, seconds * RATE), dtype=np.int16)
    with av.open(str(path), "w") as target:
        stream = target.add_stream("alac", rate=RATE, layout="stereo")
        stream.format = "s16p"
        frame = av.AudioFrame.from_ndarray(samples, format="s16p", layout="stereo")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            target.mux(packet)
    return path
