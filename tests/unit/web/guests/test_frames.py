"""The frames of WebSockets, as they are handed out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiohttp import WSMessage, WSMsgType

from swarmstt.sockets import Frames


class Full:
    """A WebSocket on which all this has come already; then it closes."""

    def __init__(self, kinds: Sequence[WSMsgType]) -> None:
        self._coming = [WSMessage(each, b"x", None) for each in (*kinds, WSMsgType.CLOSED)]
        self.received = 0
        self.pongs = 0

    async def receive(self) -> Any:
        self.received += 1
        return self._coming.pop(0)

    async def pong(self, message: bytes = b"") -> None:
        assert message == b"x"
        self.pongs += 1


@pytest.mark.parametrize("kind", [WSMsgType.PING, WSMsgType.PONG, WSMsgType.TEXT])
async def test_everything_else_has_its_turn_between_two_frames(kind: WSMsgType) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(other())
    frames = Frames(Full([kind] * 500))
    while (await frames.next()).type is not WSMsgType.CLOSED:
        pass
    counting.cancel()
    assert turns >= 500


async def test_pings_are_answered_and_nobody_hears_of_them() -> None:
    full = Full([WSMsgType.PING, WSMsgType.PONG, WSMsgType.PING, WSMsgType.TEXT])
    assert (await Frames(full).next()).type is WSMsgType.TEXT
    assert full.pongs == 2


@pytest.mark.parametrize("kind", [WSMsgType.PING, WSMsgType.PONG, WSMsgType.TEXT])
async def test_who_sends_too_many_waits(kind: WSMsgType, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    sleep: Callable[[float], Any] = asyncio.sleep

    async def note(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    full = Full([kind] * 30)
    frames = Frames(full, a_second=0.001, burst=10)
    while (await frames.next()).type is not WSMsgType.CLOSED:
        pass
    assert waited[:10] == [0.0] * 10
    assert all(900 * number < seconds <= 1000 * number for number, seconds in enumerate(waited[10:], 1))
