"""Whose the other end of a loopback connection is."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from swarmstt.web.api.callers import Caller, caller_by_process, caller_of, caller_on_linux, windows_connections
from swarmstt.web.api.own_user import can_tell
from tests.support.users import NOBODY, needs_another_user

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
THEIRS, OURS = ("127.0.0.1", 36970), ("127.0.0.1", 8000)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says")
needs_two_users_of_linux = [needs_linux, *needs_another_user]


def row(uid: int, inode: int, *, local: str = "0100007F:906A", remote: str = "0100007F:1F40") -> str:
    return f"   8: {local} {remote} 01 00000000:00000000 00:00000000 00000000  {uid}  0 {inode} 1 00 20 4 30 10 -1"


def on_linux(*rows: str, own_uid: int = 1000) -> Caller:
    return caller_on_linux(THEIRS, OURS, [[HEADER, *rows], None], own_uid)


@needs_linux
def test_the_users_own_and_root_are_told_from_others() -> None:
    assert on_linux(row(1000, 7)) is Caller.OWN
    assert on_linux(row(0, 7)) is Caller.OWN
    assert on_linux(row(1001, 7)) is Caller.OTHER
    assert on_linux(row(0, 7), own_uid=1001) is Caller.OWN


@needs_linux
def test_the_other_direction_is_our_own_socket_and_says_nothing() -> None:
    assert on_linux(row(1000, 7, local="0100007F:1F40", remote="0100007F:906A")) is Caller.OTHER


@needs_linux
def test_a_socket_that_was_closed_looks_like_roots_and_is_not() -> None:
    assert on_linux(row(0, 0)) is Caller.OTHER
    assert on_linux() is Caller.OTHER


@needs_linux
def test_an_ipv4_connection_may_stand_in_the_table_of_ipv6() -> None:
    mapped = "0000000000000000FFFF00000100007F"
    found = row(1000, 7, local=f"{mapped}:906A", remote=f"{mapped}:1F40")
    assert caller_on_linux(THEIRS, OURS, [None, [HEADER, found]], 1000) is Caller.OWN


@needs_linux
def test_a_row_that_cannot_be_read_lets_nobody_in() -> None:
    assert on_linux("8: 0100007F:906A 0100007F:1F40 01") is Caller.OTHER


def test_without_any_table_nobody_can_tell() -> None:
    assert caller_on_linux(THEIRS, OURS, [None, None], 1000) is Caller.UNTOLD


def test_on_other_systems_the_process_tells() -> None:
    def listed(pid: int | None, laddr: object = THEIRS, raddr: object = OURS) -> SimpleNamespace:
        return SimpleNamespace(laddr=laddr, raddr=raddr, pid=pid)

    def asked(*sockets: SimpleNamespace) -> Caller:
        return caller_by_process(THEIRS, OURS, sockets, lambda pid: pid == 7)

    assert asked(listed(8, raddr=()), listed(9, laddr=OURS, raddr=THEIRS), listed(7)) is Caller.OWN
    assert asked(listed(8)) is Caller.OTHER
    assert asked(listed(None)) is Caller.OTHER  # closed: Windows says process 0
    assert asked(listed(0)) is Caller.OTHER
    assert asked(listed(7, laddr=("::ffff:127.0.0.1", THEIRS[1]), raddr=("::ffff:127.0.0.1", OURS[1]))) is Caller.OWN
    assert asked() is Caller.OTHER


def test_the_table_of_windows_is_read() -> None:
    """As Microsoft describes GetExtendedTcpTable: ports in network order in the first half of their words."""
    row = struct.pack("<I4sHHIHHI", 5, bytes((127, 0, 0, 1)), socket.htons(THEIRS[1]), 0xBEEF,
                      int.from_bytes((127, 0, 0, 1), "little"), socket.htons(OURS[1]), 0, 7)  # fmt: skip
    other = struct.pack("<6I", 5, 1, 1, 1, 1, 8)
    table = struct.pack("<I", 2) + other + row + b"what the buffer had room for besides"
    found = list(windows_connections(table, is_ipv6=False))
    assert [each.pid for each in found] == [8, 7]
    assert caller_by_process(THEIRS, OURS, found, lambda pid: pid == 7) is Caller.OWN
    assert caller_by_process(OURS, THEIRS, found, lambda pid: pid == 7) is Caller.OTHER


def test_the_table_of_windows_for_ipv6_is_read() -> None:
    host = ipaddress.ip_address("::1").packed
    ends = (host, 0, socket.htons(THEIRS[1]), host, 0, socket.htons(OURS[1]))
    table = struct.pack("<I", 1) + struct.pack("<16sII16sIIII", *ends, 5, 7)
    found = list(windows_connections(table, is_ipv6=True))
    assert caller_by_process(("::1", THEIRS[1]), ("::1", OURS[1]), found, lambda pid: pid == 7) is Caller.OWN


def test_a_table_of_windows_without_rows_is_empty() -> None:
    assert list(windows_connections(bytes(4), is_ipv6=False)) == []
    assert list(windows_connections(b"", is_ipv6=True)) == []


@contextmanager
def accepted(connect: Callable[[tuple[str, int]], None]) -> Iterator[socket.socket]:
    """What a listener of this process gets when another user's process connects to it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        listening.settimeout(10)
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setuid(NOBODY)
                connect(listening.getsockname())
                os.close(tell)
                os.read(told, 1)  # until the test has looked
            finally:
                os._exit(0)
        taken, _ = listening.accept()
        try:
            yield taken
        finally:
            os.close(tell)
            os.close(told)
            taken.close()
            os.waitpid(child, 0)


class TestAnotherUser:
    pytestmark = needs_two_users_of_linux

    def test_is_not_the_own_one(self) -> None:
        held = []

        def stay(address: tuple[str, int]) -> None:
            held.append(socket.socket())
            held[0].connect(address)

        with accepted(stay) as taken:
            assert caller_of(taken.getpeername(), taken.getsockname()) is Caller.OTHER

    def test_who_closes_at_once_does_not_pass_for_root(self) -> None:
        def come_and_go(address: tuple[str, int]) -> None:
            with socket.socket() as connecting:
                connecting.connect(address)
                connecting.sendall(b"POST /door HTTP/1.1\r\n\r\n")

        with accepted(come_and_go) as taken:
            assert taken.recv(100)
            assert taken.recv(100) == b""  # closed
            assert caller_of(taken.getpeername(), taken.getsockname()) is Caller.OTHER


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_own_connections_are_known(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening, socket.socket(family) as connecting:
        try:
            listening.bind((host, 0))
        except OSError:
            pytest.skip("this PC has no such address")
        listening.listen(1)
        connecting.connect(listening.getsockname())
        taken, theirs = listening.accept()
        with taken:
            assert caller_of(theirs[:2], taken.getsockname()[:2]) is Caller.OWN
    assert can_tell()


def test_a_system_that_says_nothing_is_noticed() -> None:
    assert not can_tell(lambda theirs, ours: Caller.UNTOLD)
