"""Connections that were accepted and wait for a place at the gate, unread.

Strangers at one address can come without end, and a newcomer may be at the same one. Nothing tells it from them, so
all have the same chance: a free place goes to any of those that wait, and if more come than may wait, any of them
goes. Among addresses too: neither many strangers at one nor many waiting there take the turn of another.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass

_MOST_LOOKED_AT = 4
"""To find one that says nothing: a flood is to cost little."""


@dataclass(slots=True, eq=False)
class _Waiting:
    connection: socket.socket
    deadline: asyncio.TimerHandle | None = None


class WaitingRoom:
    """`most`: in all; `most_an_address`: at one. Each connection waits for `seconds` at most, and is closed then."""

    def __init__(self, *, most: int, most_an_address: int, seconds: float, chance: random.Random | None = None) -> None:
        self._most = most
        self._most_an_address = most_an_address
        self._seconds = seconds
        self._chance = chance or random.SystemRandom()
        self._hosts: dict[str, list[_Waiting]] = {}

    def waits_at(self, host: str) -> bool:
        return host in self._hosts

    def add(self, host: str, connection: socket.socket) -> None:
        """Takes a connection over. If there are too many now, one that came before is closed: at this address, or at
        the one where most wait."""
        waiting = _Waiting(connection)
        waiting.deadline = asyncio.get_running_loop().call_later(self._seconds, self._turn_away, host, waiting)
        self._hosts.setdefault(host, []).append(waiting)
        crowd = host if len(self._hosts[host]) > self._most_an_address else self._fullest()
        if crowd is not None:
            self._turn_away(crowd, self._least_missed(crowd, besides=waiting))

    def _least_missed(self, host: str, *, besides: _Waiting) -> _Waiting:
        """Returns any of those that wait there, rather one that says nothing."""
        crowd = [each for each in self._hosts[host] if each is not besides] or [besides]
        looked_at = self._chance.sample(crowd, min(_MOST_LOOKED_AT, len(crowd)))
        return next((each for each in looked_at if not _has_spoken(each.connection)), looked_at[0])

    def _fullest(self) -> str | None:
        """Returns where most wait, if too many do in all."""
        if sum(map(len, self._hosts.values())) <= self._most:
            return None
        length = max(map(len, self._hosts.values()))
        return self._chance.choice([host for host, crowd in self._hosts.items() if len(crowd) == length])

    def take(self, has_room: Callable[[str], bool]) -> tuple[str, socket.socket] | None:
        """Returns a connection for which there is room now, and its host: any of those that have said something, if
        there are such. None if nobody waits for that room."""
        while hosts := [host for host in self._hosts if has_room(host)]:
            host = self._chance.choice(hosts)
            said = {each: _has_spoken(each.connection) for each in self._hosts[host]}
            for each, word in said.items():
                if word is None:
                    self._turn_away(host, each)
            spoke = [each for each, word in said.items() if word]
            if crowd := spoke or self._hosts.get(host):
                chosen = self._chance.choice(crowd)
                self._leave(host, chosen)
                return host, chosen.connection
        return None

    def close(self) -> None:
        """Turns all away."""
        for host, crowd in list(self._hosts.items()):
            for each in list(crowd):
                self._turn_away(host, each)

    def _turn_away(self, host: str, waiting: _Waiting) -> None:
        self._leave(host, waiting)
        waiting.connection.close()

    def _leave(self, host: str, waiting: _Waiting) -> None:
        if waiting.deadline is not None:
            waiting.deadline.cancel()
        self._hosts[host].remove(waiting)
        if not self._hosts[host]:
            del self._hosts[host]


def _has_spoken(connection: socket.socket) -> bool | None:
    """Returns whether anything has come by this connection, which does not block; None if its other end is gone."""
    try:
        return bool(connection.recv(1, socket.MSG_PEEK)) or None
    except BlockingIOError:
        return False
    except OSError:
        return None
