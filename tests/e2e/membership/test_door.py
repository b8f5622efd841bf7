"""New nodes become one swarm with no command beyond `up`; the door lets others in; a removed one is out for good."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.swarms import SOON_SECONDS, linked
from tests.e2e.support.waiting import eventually

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
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def id_of(node: Running) -> str:
    node_id: str = node.get("/status")["node"]["node_id"]
    return node_id


def is_again(node: Running, old_id: str) -> bool:
    """True once the node answers, on the same port, with a new identity."""
    with suppress(OSError):
        return id_of(node) != old_id
    return False


def wait_linked(*nodes: Running) -> None:
    names = {id(node): node.get("/status")["node"]["name"] for node in nodes}
    for node in nodes:
        others = sorted(name for key, name in names.items() if key != id(node))
        eventually(partial(has_all, node, others), f"{names[id(node)]} has all", SOON_SECONDS)


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
            said = {(each["name"], *each["words"]) for door in doors for each in door["joining"] if each["words"]}
            pairs = {words for *_, words in [(name, tuple(words)) for name, *words in said]}
            assert len(said) == 2 * len(pairs), "both sides of each pairing show the same words"
            ask(ben, "DELETE", "/door")
            eventually(lambda: not any(node.get("/door")["open"] for node in (anna, ben, clara)), "all doors shut")
            removed = id_of(clara)
            ended = street.home("anna").run("peers", "--remove", "clara")
            ended.assert_calm(0)
            assert ended.out.startswith("clara is removed from the swarm for good.")
            wait_linked(anna, ben)
            eventually(lambda: "removed" in (clara.get("/door")["advice"] or ""), "clara knows", SOON_SECONDS)
            assert clara.get("/door")["joining"] == [], "what she joined once is over"
            eventually(lambda: linked(clara) == [], "clara has no links", SOON_SECONDS)
            with pytest.raises(urllib.error.HTTPError, match="409"):
                ask(anna, "DELETE", f"/peers/{removed}")
        with street.up("clara") as clara:
            eventually(lambda: "removed" in (clara.get("/door")["advice"] or ""), "clara still knows", SOON_SECONDS)
            assert linked(clara) == []
            wait_linked(anna, ben)
            # She may come back, as another, if a person wants that at both.
            assert ask(clara, "POST", "/door")["removed"]
            eventually(lambda: is_again(clara, removed), "clara has begun again", SOON_SECONDS)
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
            eventually(lambda: "anna" in linked(ben), "ben has caught up", SOON_SECONDS)
            eventually(lambda: "removed" in (clara.get("/door")["advice"] or ""), "clara hears of it", SOON_SECONDS)
            eventually(lambda: linked(ben) == ["anna"] and linked(anna) == ["ben"], "clara is out", SOON_SECONDS)
        ask(anna, "POST", "/swarm")
    with street.up("anna") as anna, street.up("ben") as ben:
        eventually(lambda: ben.get("/door")["removed"], "ben hears that all are to join again", SOON_SECONDS)
        assert linked(anna) == []


def test_a_shut_door_and_what_to_click(street: Street) -> None:
    with street.up("anna") as anna, street.up("ben") as ben:
        wait_linked(anna, ben)
        for name in ("anna", "ben"):
            ended = street.home(name).run("door", "--shut")
            ended.assert_calm(0)
            assert "closed" in ended.out
        with street.up("clara") as clara:
            eventually(lambda: "Add a PC there" in (clara.get("/door")["advice"] or ""), "clara is told", SOON_SECONDS)
            eventually(
                lambda: any(
                    "“clara” would like to join" in (node.get("/door")["advice"] or "") for node in (anna, ben)
                ),
                "the others are told",
                SOON_SECONDS,
            )
            assert linked(clara) == []
            ended = street.home("anna").run("door")
            ended.assert_calm(0)
            assert "open for 10 minutes" in ended.out
            assert "--peer 127.0.0.1:" in ended.out
            wait_linked(anna, ben, clara)


def test_one_that_is_alone_goes_nowhere_without_a_click(street: Street) -> None:
    """Its first ten minutes are over, as an earlier run left it."""
    with street.up("anna"):
        pass
    file = street.home("anna").data_dir / "swarm.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "open_until": kept["open_until"] - 600.0}))
    with street.up("anna") as anna, street.up("ben") as ben:
        assert "Door:" not in anna.out, "it is shut"
        assert ben.get("/door")["open"]
        eventually(lambda: "click Add a PC here" in (anna.get("/door")["advice"] or ""), "anna is told", SOON_SECONDS)
        eventually(lambda: "Add a PC there" in (ben.get("/door")["advice"] or ""), "ben is told", SOON_SECONDS)
        assert linked(anna) == linked(ben) == []
        assert anna.get("/door")["alone"]
        ask(anna, "POST", "/door")
        wait_linked(anna, ben)


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


def test_a_swarm_of_an_earlier_version_goes_on(street: Street) -> None:
    """Each finds the file that it had written, with entries that nobody had signed; so does one that was removed."""
    names = ("anna", "ben", "clara")
    ids = {}
    for name in names:
        with street.up(name, discovery=False) as node:
            ids[name] = id_of(node)
    for name in names:
        old = {
            "swarm_id": f"{ids['anna']}-0a0a0a0a",
            "epoch": 2,
            "key": "ab" * 32,
            "roll": {ids[each]: {"stamp": 2, "removed": each == "clara"} for each in names},
            "absorbed": [],
            "grown": True,
            "removed": name == "clara",
            "declined": False,
            "let_in": [],
            "opened": True,
            "open_until": None,
        }
        (street.home(name).data_dir / "swarm.json").write_text(json.dumps(old))
    with street.up("anna") as anna, street.up("ben") as ben, street.up("clara") as clara:
        wait_linked(anna, ben)
        assert "removed" in clara.get("/door")["advice"]
        assert linked(clara) == []
