"""Addresses are read as people write them, and written as they are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.addresses import Address, parse_address


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
