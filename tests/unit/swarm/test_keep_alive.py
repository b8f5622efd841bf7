"""How connections find out that the other PC has lost its power, by what each system calls it."""

from __future__ import annotations

import socket
from typing import Any, cast

import pytest

from swarmstt.swarm.network.gate import keep_alive

LINUX = {"TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 6, "TCP_USER_TIMEOUT": 18}
MACOS = {"TCP_KEEPALIVE": 0x10, "TCP_KEEPINTVL": 0x101, "TCP_KEEPCNT": 0x102}
"""Of each system's netinet/tcp.h."""


class Connection:
    def __init__(self, refused: int | None = None) -> None:
        self.set: dict[tuple[int, int], int] = {}
        self._refused = refused

    def setsockopt(self, level: int, option: int, value: int) -> None:
        if option == self._refused:
            raise OSError("Protocol not available")
        self.set[level, option] = value


def set_on(connection: Connection, system: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Returns what is set on a system that has these options only."""
    for name in {*LINUX, *MACOS}:
        monkeypatch.delattr(socket, name, raising=False)
    for name, option in system.items():
        monkeypatch.setattr(socket, name, option, raising=False)
    keep_alive(cast(Any, connection), idle_seconds=10, between_seconds=5, count=3)
    assert connection.set.pop((socket.SOL_SOCKET, socket.SO_KEEPALIVE)) == 1
    names = {option: name for name, option in system.items()}
    return {names[option]: value for (level, option), value in connection.set.items() if level == socket.IPPROTO_TCP}


def test_linux_is_asked_by_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set_on(Connection(), LINUX, monkeypatch) == {
        "TCP_KEEPIDLE": 10,
        "TCP_KEEPINTVL": 5,
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": 25_000,
    }


def test_macos_is_asked_by_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set_on(Connection(), MACOS, monkeypatch) == {"TCP_KEEPALIVE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}


def test_one_that_is_refused_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = set_on(Connection(refused=MACOS["TCP_KEEPINTVL"]), MACOS, monkeypatch)
    assert asked == {"TCP_KEEPALIVE": 10, "TCP_KEEPCNT": 3}
