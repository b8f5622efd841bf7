"""Two PCs with one identity, as after a data folder was copied: both say so, until one has a new identity."""

from __future__ import annotations

import secrets
import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import SOON_SECONDS, linked
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e


def swarm_address(node: Running) -> str:
    lines = node.out.splitlines
    line = eventually(lambda: next((each for each in lines() if each.startswith("This PC:")), ""), "its address")
    return f"127.0.0.1:{line.rpartition(':')[2].strip()}"


def troubles(node: Running) -> list[str]:
    found: list[str] = node.get("/status")["node"]["troubles"]
    return found


def has_none(node: Running) -> bool:
    return troubles(node) == []


def test_two_pcs_with_one_identity_say_so(tmp_path: Path) -> None:
    key = tmp_path / "swarm-key"
    key.write_text(secrets.token_hex(32))
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    with one.up("--no_helping", "--swarm_key_file", key):
        pass
    shutil.copytree(one.data_dir, other.data_dir)
    with (
        one.up("--no_helping", "--swarm_key_file", key) as first,
        other.up("--no_helping", "--swarm_key_file", key, "--peer", swarm_address(first)) as second,
    ):
        for node in (first, second):
            (trouble,) = eventually(partial(troubles, node), "the page says so")
            assert "same identity" in trouble
            assert node.get("/status")["node"]["twin"] == trouble
            assert "same identity" in node.err
        old_id = second.get("/status")["node"]["node_id"]
        ended = other.run("doctor", "--fix", "--no_discovery", SWARMSTT_MODEL=str(model_folder()))
        ended.assert_calm(0)
        assert "MEND  Identity" in ended.out
        assert second.get("/status")["node"]["node_id"] != old_id == first.get("/status")["node"]["node_id"]
        for node in (first, second):
            eventually(partial(has_none, node), "neither has a twin any more", SOON_SECONDS)
        eventually(lambda: linked(first) and linked(second), "both are of the swarm", SOON_SECONDS)
        assert second.ask("/identity", "POST").status == 200  # what the page's button does


def test_a_pc_that_reaches_itself_says_nothing(tmp_path: Path) -> None:
    key = tmp_path / "swarm-key"
    key.write_text(secrets.token_hex(32))
    home = Home(tmp_path / "one")
    with home.up("--no_helping", "--swarm_key_file", key) as running:
        port = swarm_address(running).rpartition(":")[2]
    options = ("--no_helping", "--swarm_key_file", key, "--swarm_port", port, "--verbose")
    with home.up(*options, "--peer", f"127.0.0.1:{port}") as running:
        eventually(lambda: running.get("/status")["peers"] == [], "it has forgotten its own address")
        assert troubles(running) == []
