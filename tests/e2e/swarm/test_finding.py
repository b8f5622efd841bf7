"""Nodes find each other on a real network, also when their addresses change; `doctor` says what keeps them apart."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.support.home import model_folder
from tests.e2e.support.network import Network, run
from tests.e2e.support.processes import Ended
from tests.e2e.support.swarms import SOON_SECONDS, Pc, need_networks
from tests.e2e.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


class Pair:
    """Anna and ben, on a bridge, with the swarm's key in a file."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        key = root / "swarm-key"
        key.write_text(secrets.token_hex(32))
        network = Network(stack)
        self.anna, self.ben = (
            Pc(name, network.pc(number), root, key) for number, name in enumerate(("anna", "ben"), start=1)
        )
        for pc in (self.anna, self.ben):
            stack.callback(pc.kill)

    def up(self) -> None:
        for pc in (self.anna, self.ben):
            pc.up("--no_helping")

    def until_linked(self, is_right: Callable[[str], bool], what: str) -> None:
        """Each is linked to the other, at an address that is right."""
        for pc in (self.anna, self.ben):
            eventually(lambda pc=pc: any(map(is_right, linked_at(pc))), f"{pc.name}: {what}", SOON_SECONDS)  # type: ignore[misc]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    need_networks()
    with ExitStack() as stack:
        yield Pair(tmp_path, stack)


def linked_at(pc: Pc) -> list[str]:
    """The addresses of the PCs that it is linked with both ways."""
    peers = pc.get("/status")["peers"]
    return [peer["address"] for peer in peers if peer["state"] == "linked" and peer["helping"]]


def address(pc: Pc, *what: str) -> None:
    run("ip", "-n", pc.namespace.name, "addr", *what, "dev", "eth0")


def doctor(pc: Pc) -> Ended:
    return pc.home.run("doctor", "--model", model_folder(), "--port", "0", wrapper=pc.namespace.wrapper)


def network_line(ended: Ended) -> str:
    return next(line for line in ended.out.splitlines() if line.split()[1] == "Network")


def until_heard_on(place: str, pc: Pc) -> None:
    """`doctor` listens for some seconds, in which a busy machine may not come to it: then it is asked again."""
    eventually(lambda: f"announcements are heard on {place}" in network_line(doctor(pc)), "it is heard")


def test_a_pc_that_gets_another_address_is_found_there(pair: Pair) -> None:
    for pc in (pair.anna, pair.ben):  # or they would stay linked by IPv6
        run(*pc.namespace.wrapper, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
    pair.up()
    pair.until_linked(lambda at: at.startswith("10.78.0."), "the other is there")
    address(pair.ben, "del", "10.78.0.2/24")
    address(pair.ben, "add", "10.78.0.12/24")
    eventually(lambda: any(at.startswith("10.78.0.12:") for at in linked_at(pair.anna)), "ben's new address")
    eventually(lambda: any(at.startswith("10.78.0.1:") for at in linked_at(pair.ben)), "both help again")
    pair.ben.kill()
    eventually(lambda: linked_at(pair.anna) == [], "ben has gone", SOON_SECONDS)


def test_ipv6_is_enough(pair: Pair) -> None:
    for number, pc in enumerate((pair.anna, pair.ben), start=1):
        address(pc, "del", f"10.78.0.{number}/24")
        address(pc, "add", f"fd00:78::{number}/64", "nodad")
    pair.up()
    pair.until_linked(lambda at: at.startswith("["), "the other is there by IPv6")
    until_heard_on("fd00:78::1", pair.anna)


def test_doctor_hears_itself_or_says_what_to_do(pair: Pair) -> None:
    until_heard_on("10.78.0.1 (eth0)", pair.anna)
    run(*pair.anna.namespace.wrapper, "iptables", "-A", "INPUT", "-p", "udp", "--dport", "5353", "-j", "DROP")
    ended = doctor(pair.anna)
    ended.assert_calm(1)
    line = network_line(ended)
    assert line.startswith("FAIL")
    assert "10.78.0.1 (eth0)" in line
    assert "firewall" in line
    assert "5353" in line
    assert "--peer" in line
