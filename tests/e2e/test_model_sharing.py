"""One PC with the model is enough for a swarm that reaches no model hub."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.e2e.speaking import SENTENCES, Home, Voice, record, until

pytestmark = pytest.mark.e2e


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
            until(lambda: any(peer["helping"] for peer in anna.get("/status")["peers"]), "ben is there")
            assert not list((homes["ben"].data_dir / "models").glob("*/model.bin"))
            book_id = anna.add(audio, output_dir=str(homes["anna"].output), chunk_seconds=30)
            anna.wait_for_book(book_id)
            assert {task["worker_name"] for task in anna.get("/tasks")} == {"ben"}
            assert list((homes["ben"].data_dir / "models").glob("*/model.bin"))
            assert ben.get("/status")["node"]["fetching"] is None
