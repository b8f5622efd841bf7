"""New nodes become one swarm with no command beyond `up`; the door lets others in; a removed one is out for good."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.speaking import Home, Running, until
from tests.e2e.villages import SOON_SECONDS, linked

pytestmark = pytest.mark.e2e


class Street:
    """Homes whose PCs have nothing in common but the network."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def home(self, name: str) -> Home:
        return Home(self._root / name)

    def up(self, name: str, *arguments: str, discovery: bool = True) -> AbstractContextManager[Running]:
        return self.home(name).up(
            "--name", name, "--slots", "1", "--no_helping", *arguments, SWARMSTT_NO_DISCOVERY=str(not discovery)
        )


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path)


def ask(node: Running, method: str, path: str) -> Any:
    request = urllib.request.Request(node.url + path, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def id_of(node: Running) -> str:
    node_id: str = node.get("/status")["node"]["node_id"]
    return node_id


def wait_linked(*nodes: Running) -> None:
    names = {id(node): node.get("/status")["node"]["name"] for node in nodes}
    for node in nodes:
        others = sorted(name for key, name in names.items() if key != id(node))
        until(partial(has_all, node, others), f"{names[id(node)]} has all", SOON_SECONDS)


def has_all(node: Running, others: list[str]) -> bool:
    return linked(node) == others


def place_of(node: Running) -> str:
    return str(node.get("/status")["node"]["swarm_address"])


def test_three_new_nodes_are_one_swarm_and_one_is_removed(street: Street) -> None:
    with street.up("anna") as anna, street.up("ben") as ben:
        with street.up("clara") as clara:
            assert "Door:         open for 10 minutes" in anna.out
            wait_linked(anna, ben, clara)
            doors = [node.get("/door") for node in (anna, ben, clara)]
            assert not any(door["alone"] for door in doors)
            assert all(door["open"] and 0 < door["seconds_left"] <= 600 for door in doors)
            said = {(each["name"], *each["words"]) for door in doors for each in door["joining"]}
            pairs = {words for *_, words in [(name, tuple(words)) for name, *words in said]}
            assert len(said) == 2 * len(pairs), "both sides of each pairing show the same words"
            ask(ben, "DELETE", "/door")
            until(lambda: not any(node.get("/door")["open"] for node in (anna, ben, clara)), "all doors shut")
            removed = id_of(clara)
            assert ask(anna, "DELETE", f"/peers/{removed}") == {"status": "ok"}
            wait_linked(anna, ben)
            until(lambda: "removed" in (clara.get("/door")["advice"] or ""), "clara knows", SOON_SECONDS)
            assert clara.get("/door")["joining"] == [], "what she joined once is over"
            until(lambda: linked(clara) == [], "clara has no links", SOON_SECONDS)
            with pytest.raises(urllib.error.HTTPError, match="409"):
                ask(anna, "DELETE", f"/peers/{removed}")
        with street.up("clara") as clara:
            until(lambda: "removed" in (clara.get("/door")["advice"] or ""), "clara still knows", SOON_SECONDS)
            assert linked(clara) == []
            wait_linked(anna, ben)
            # She may come back, if a person wants that at both.
            ask(clara, "POST", "/door")
            ask(anna, "POST", "/door")
            wait_linked(anna, ben, clara)
    with street.up("ben") as ben, street.up("anna") as anna:
        wait_linked(anna, ben)


def test_who_was_off_during_a_removal_catches_up(street: Street) -> None:
    with street.up("anna") as anna:
        with street.up("ben") as ben, street.up("clara") as clara:
            wait_linked(anna, ben, clara)
            removed = id_of(clara)
        ask(anna, "DELETE", f"/peers/{removed}")
        ask(anna, "DELETE", "/door")
        with street.up("clara") as clara, street.up("ben") as ben:
            until(lambda: "anna" in linked(ben), "ben has caught up", SOON_SECONDS)
            until(lambda: "removed" in (clara.get("/door")["advice"] or ""), "clara hears of it", SOON_SECONDS)
            until(lambda: linked(ben) == ["anna"] and linked(anna) == ["ben"], "clara is out", SOON_SECONDS)


def test_a_shut_door_and_what_to_click(street: Street) -> None:
    with street.up("anna") as anna, street.up("ben") as ben:
        wait_linked(anna, ben)
        for name in ("anna", "ben"):
            ended = street.home(name).run("door", "--shut")
            ended.assert_calm(0)
            assert "shut" in ended.out
        with street.up("clara") as clara:
            until(lambda: "Add a PC there" in (clara.get("/door")["advice"] or ""), "clara is told", SOON_SECONDS)
            until(
                lambda: any("clara would like to join" in (node.get("/door")["advice"] or "") for node in (anna, ben)),
                "the others are told",
                SOON_SECONDS,
            )
            assert linked(clara) == []
            ended = street.home("anna").run("door")
            ended.assert_calm(0)
            assert "open for 10 minutes" in ended.out
            assert "--peer 127.0.0.1:" in ended.out
            wait_linked(anna, ben, clara)


def test_new_nodes_meet_by_an_address(street: Street) -> None:
    with (
        street.up("anna", discovery=False) as anna,
        street.up("ben", "--peer", place_of(anna), discovery=False) as ben,
        street.up("clara", "--peer", place_of(ben), discovery=False) as clara,
    ):
        wait_linked(anna, ben, clara)


def test_transcribe_opens_no_door(street: Street, tmp_path: Path) -> None:
    ended = street.home("anna").run("transcribe", str(tmp_path / "nothing.mp3"), SWARMSTT_NO_DISCOVERY="False")
    assert ended.code == 1
    with street.up("anna", discovery=False) as anna:
        assert anna.get("/door")["open"], "the very first `up` opens it"
        assert (street.home("anna").data_dir / "swarm.json").exists()
