"""A PC that was started with a key file once stays in that swarm until it leaves it, and says so."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e


def test_a_pc_leaves_the_swarm_of_a_key_file(home: Home, tmp_path: Path) -> None:
    key = tmp_path / "swarm-key"
    key.write_text(secrets.token_hex(32))
    with home.up("--no_helping", "--swarm_key_file", key) as node:
        assert "Swarm:" not in node.out
        ended = home.run("peers", "--leave")
        ended.assert_calm(1)
        assert "start it without that" in ended.err
    with home.up("--no_helping") as node:
        assert "peers --leave" in node.out
        ended = home.run("door")
        ended.assert_calm(1)
        assert "peers --leave" in ended.err
        home.run("peers", "--leave").assert_calm(0)
        eventually(lambda: node.out.count("Page:") == 2 and node.out.count("Transcripts:") == 2, "it begins again")
        assert node.get("/door")["declined"]
        ended = home.run("door")
        ended.assert_calm(0)
        assert "open for 10 minutes" in ended.out
        ended = home.run("peers", "--leave")
        ended.assert_calm(1)
        assert "in no swarm" in ended.err
