"""Addresses are read as people write them, and written as they are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.membership.addresses import Address, Reachable, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.7:8765", Address("192.168.1.7", 8765)),
        ("annas-laptop.local:1", Address("annas-laptop.local", 1)),
        ("[fd00::2]:8765", Address("fd00::2", 8765)),
        ("[fe80::1%eth0]:99", Address("fe80::1%eth0", 99)),
    ],
)
def test_what_is_written_with_a_port(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["laptop", "fd00::2", "[fd00::2]"])
def test_a_port_may_be_left_out_where_there_is_a_default(text: str) -> None:
    assert parse_address(text) is None
    assert parse_address(text, 8765) == Address(text.strip("[]"), 8765)


@pytest.mark.parametrize(
    "text",
    ["", ":1", "a:", "a:0", "a:65536", "a:x", "a:１", "a b:1", "a/b:1", "a@b:1", "[a]:1", "[fd00::2", "[fd00::2]x:1",
     "[fd00::2]:", "a" * 254 + ":1", "a\n:1"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert parse_address(text, 8765) is None


@given(st.text(max_size=40), st.none() | st.just(8765))
def test_whatever_is_read_is_written_so_that_it_is_read_again(text: str, default: int | None) -> None:
    address = parse_address(text, default)
    assert address is None or parse_address(str(address)) == address


ANYWHERE = ["192.168.1.7", "10.0.0.1", "fd00::2", "2001:db8::1", "203.0.113.9", "::ffff:10.0.0.1", "annas-laptop.local"]
NOWHERE = [
    "0.0.0.0", "::", "224.0.0.251", "ff02::fb", "255.255.255.255", "240.0.0.1", "::ffff:224.0.0.1", "::ffff:0.0.0.0",
    "fe80::1", "ff02::fb%eth0",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::1%lo", "::ffff:127.0.0.1"]


@pytest.mark.attack
@pytest.mark.parametrize("heard_here", [True, False])
def test_others_have_a_node_dial_nothing_on_its_own_pc(heard_here: bool) -> None:
    for reachable in (Reachable.of([]), Reachable.of(["192.168.1.7"]), Reachable.of(["127.0.0.1", "192.168.1.7"])):
        for host in [*LOOPBACK, *NOWHERE, "localhost", "LOCALHOST.", "a.localhost"]:
            assert not reachable.takes(host, heard_here=heard_here), host
        for host in ANYWHERE:
            assert reachable.takes(host, heard_here=heard_here), host


def test_one_that_listens_on_loopback_alone_has_its_peers_there() -> None:
    reachable = Reachable.of(["127.0.0.1", "::1"])
    assert all(reachable.takes(host) for host in LOOPBACK)
    assert not any(reachable.takes(host) for host in NOWHERE)


@pytest.mark.attack
@pytest.mark.parametrize("host", ["fe80::1%eth0", "169.254.3.4"])
def test_a_link_local_address_is_good_on_the_network_where_it_was_heard(host: str) -> None:
    assert Reachable().takes(host, heard_here=True)
    assert not Reachable().takes(host), "another PC has other interfaces"
