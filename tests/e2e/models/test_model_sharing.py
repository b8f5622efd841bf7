"""One PC with the model is enough for a swarm that reaches no model hub."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import pytest

from swarmstt.files import file_sha256
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_helper_without_the_model_gets_it_from_its_peer(tmp_path: Path, voice: Voice) -> None:
    key = tmp_path / "swarm-key"
    key.write_text(secrets.token_hex(32))
    audio = record(tmp_path / "book.mp3", voice.say(*SENTENCES[:6], pause_seconds=1.0))
    homes = {name: Home(tmp_path / name) for name in ("anna", "ben")}
    common = ("--slots", "1", "--swarm_key_file", key)
    with homes["anna"].up("--name", "anna", "--no_helping", *common) as anna:
        place = next(line.split()[-1] for line in anna.out.splitlines() if line.startswith("This PC:"))
        lacking = ("--name", "ben", "--model", "tiny.en", "--peer", place)
        with homes["ben"].up(*lacking, *common) as ben:
            eventually(lambda: any(peer["helping"] for peer in anna.get("/status")["peers"]), "ben is there")
            assert not list((homes["ben"].data_dir / "models").glob("*/model.bin"))
            book_id = anna.add(audio, output_dir=str(homes["anna"].output), chunk_seconds=30)
            anna.wait_for_book(book_id)
            assert {task["worker_name"] for task in anna.get("/tasks")} == {"ben"}
            assert list((homes["ben"].data_dir / "models").glob("*/model.bin"))
            assert ben.get("/status")["node"]["fetching"] is None


def test_a_book_that_is_dropped_on_a_pc_without_the_model_gets_it_from_a_peer(tmp_path: Path, voice: Voice) -> None:
    """By the model's name; its own swarm has no internet. A name that nobody has goes on to the hub."""
    key = tmp_path / "swarm-key"
    key.write_text(secrets.token_hex(32))
    audio = record(tmp_path / "book.mp3", voice.say(*SENTENCES[:2]))
    homes = {name: Home(tmp_path / name) for name in ("anna", "ben")}
    shutil.copytree(model_folder(), homes["anna"].data_dir / "models" / "tiny.en")
    common = ("--slots", "1", "--swarm_key_file", key, "--model", "tiny.en")
    with homes["anna"].up("--name", "anna", "--no_helping", *common) as anna:
        place = next(line.split()[-1] for line in anna.out.splitlines() if line.startswith("This PC:"))
        with homes["ben"].up("--name", "ben", "--peer", place, *common) as ben:
            eventually(lambda: any(peer["state"] == "linked" for peer in ben.get("/status")["peers"]), "anna is there")
            book_id = ben.add(audio, output_dir=str(homes["ben"].output))
            assert (homes["ben"].data_dir / "models" / "tiny.en" / "model.bin").exists()
            assert "Getting the model tiny.en from anna" in ben.err
            assert ben.wait_for_book(book_id)["model"] == "tiny.en"
            assert ben.get("/status")["node"]["fetching"] is None
            body = {"paths": [str(audio)], "options": {"model": "small"}}
            refused = ben.ask("/books", "POST", body)
            assert "model hub cannot be reached" in refused.error


def test_transcribe_by_itself_gets_the_model_from_a_peer_that_it_knows(tmp_path: Path, voice: Voice) -> None:
    key = tmp_path / "swarm-key"
    key.write_text(secrets.token_hex(32))
    audio = record(tmp_path / "book.mp3", voice.say(*SENTENCES[:2]))
    anna_home, ben_home = Home(tmp_path / "anna"), Home(tmp_path / "ben")
    shutil.copytree(model_folder(), anna_home.data_dir / "models" / "tiny.en")
    with anna_home.up("--name", "anna", "--no_helping", "--swarm_key_file", key, "--model", "tiny.en") as anna:
        place = next(line.split()[-1] for line in anna.out.splitlines() if line.startswith("This PC:"))
        known = {"SWARMSTT_PEER": place, "SWARMSTT_SWARM_KEY_FILE": str(key)}
        ended = ben_home.transcribe(audio, "--model", "tiny.en", **known)
    ended.assert_calm(0)
    assert "model tiny.en:" in ended.err
    book = ben_home.transcript("book")
    assert (book["model"], book["model_hash"]) == ("tiny.en", file_sha256(model_folder() / "model.bin"))
