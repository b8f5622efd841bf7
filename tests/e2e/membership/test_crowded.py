"""A newcomer comes in though strangers at its own address want every place at the gate for themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.membership.attacking import attacked
from tests.e2e.support.home import Home
from tests.e2e.support.swarms import linked
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.attack]


def test_a_newcomer_comes_in_by_the_address_of_a_flood(tmp_path: Path) -> None:
    options = ("--slots", "1", "--name")
    with Home(tmp_path / "anna").up(*options, "anna") as anna:
        place = str(anna.get("/status")["node"]["swarm_address"])
        port = int(place.rpartition(":")[2])
        with (
            attacked(
                port, "1,000 connections", "slow in TLS", "handshakes", rate=0.2, options=["--own_address", "127.0.0.1"]
            ) as did,
            Home(tmp_path / "ben").up(*options, "ben", "--peer", place) as ben,
        ):
            eventually(lambda: linked(ben) == ["anna"], "ben is in")
            assert [each["state"] for each in anna.get("/door")["joining"]] == ["joined"]
        assert min(did["connections"], did["handshakes"]) > 0
        assert "Traceback" not in anna.err
