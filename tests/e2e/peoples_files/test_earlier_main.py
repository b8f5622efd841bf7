"""A data folder as an earlier main left it, killed in the middle of a book: it opens after an upgrade, and goes on.

`earlier_main/` was made by commit 489fcfa, whose schema was the seventh and which knew none of the rooms of today: two
of five chunks were done, and two leases held. Its audio on disk was left out; what is missing of it is cut again.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.stored_chunks import stored_chunks

pytestmark = pytest.mark.e2e

KEPT = Path(__file__).parent / "earlier_main"
SPOKEN = Path(__file__).parents[3] / "swarmstt" / "sample" / "spoken.mp3"
BOOK_ID = "44088377"
NODE_ID = "eb1d0131fcbafde000d9716097f8785f1643445b260c5254637b511dc03091b5"


def leave_behind(home: Home) -> None:
    """Puts the data folder where the earlier main had it."""
    home.data_dir.mkdir()
    for name in ("identity.pem", "swarm.json"):
        shutil.copy(KEPT / name, home.data_dir)
        (home.data_dir / name).chmod(0o600)
    home.data_dir.chmod(0o700)
    audio = home.root / "long.mp3"
    audio.write_bytes(SPOKEN.read_bytes() * 8)
    script = (KEPT / "swarmstt.sql").read_text(encoding="utf-8")
    places = {"AUDIO": audio, "OUTPUT": home.output, "DROP": home.drop, "MODEL": model_folder()}
    for name, place in places.items():
        script = script.replace(f"@{name}@", place.as_posix())
    with closing(sqlite3.connect(home.data_dir / "swarmstt.sqlite")) as database:
        database.executescript(script)


def test_a_half_done_book_of_an_earlier_main_goes_on(home: Home) -> None:
    leave_behind(home)
    before = stored_chunks(home.data_dir)
    assert before.results == {0, 1}
    with home.up("--slots", "1") as node:
        assert node.get("/status")["node"]["node_id"] == NODE_ID
        book = node.wait_for_book(BOOK_ID)
        assert book["gaps"] == []
        after = stored_chunks(home.data_dir)
    assert after.results == {0, 1, 2, 3, 4}
    assert [after.leases[position] for position in (0, 1)] == [1, 1]  # what was done is not done again
    assert (home.output / "long.txt").read_text(encoding="utf-8").count("quote") >= 7
