"""Chunks whose audio is damaged are cut again, or it is said why not."""

from __future__ import annotations

import asyncio

import pytest

from swarmstt.errors import InputError
from swarmstt.ids import BookId, ChunkId
from swarmstt.node.books.lost_audio import LostAudio
from tests.support.waiting import settled

A, B = BookId("a"), BookId("b")
ONE, TWO, OTHER = ChunkId(A, 1), ChunkId(A, 2), ChunkId(B, 1)


async def test_all_who_wait_for_a_chunk_have_it_when_it_comes() -> None:
    read: list[BookId] = []
    lost = LostAudio(read.append)
    first, second, other = (asyncio.ensure_future(lost.wait(each)) for each in (ONE, ONE, OTHER))
    await settled()
    assert read == [A, B]
    assert lost.is_awaited(A)
    lost.came(TWO)
    lost.came(ONE)
    await asyncio.gather(first, second)
    assert not lost.is_awaited(A)
    assert not other.done()
    other.cancel()


async def test_what_has_not_come_when_the_book_is_read_will_not_come() -> None:
    lost = LostAudio(lambda book_id: None)
    waiting = [asyncio.ensure_future(lost.wait(each)) for each in (ONE, TWO, OTHER)]
    await settled()
    lost.came(ONE)
    lost.read(A, InputError("a.mp3 does not exist."))
    lost.read(B)
    await waiting[0]
    with pytest.raises(InputError, match=r"cannot be cut again: a\.mp3 does not exist\.$"):
        await waiting[1]
    with pytest.raises(InputError, match="no longer part"):
        await waiting[2]


async def test_who_goes_away_takes_nobody_along() -> None:
    lost = LostAudio(lambda book_id: None)
    first, second = (asyncio.ensure_future(lost.wait(ONE)) for _ in range(2))
    await settled()
    first.cancel()
    await settled()
    lost.came(ONE)
    await second
