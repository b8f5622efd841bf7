"""What a helper finished while its coordinator was away is delivered later, though the helper restarted meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import StorageError
from swarmstt.ids import BookId, LeaseId, NodeId
from swarmstt.storage.kept_results import KeptResults
from swarmstt.storage.store import Store
from swarmstt.swarm.messages import Leased
from tests.swarm.fakes import FakeNode, Swarm, expected, hang, on_a_virtual_clock
from tests.unit.core.worlds import Disk

ONE = BookId("aaaa0000")
BOSS = NodeId("boss")
FAST = 1e9


class Clock:
    """The time of day of the helper's PC."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time


@asynccontextmanager
async def coordinator(disk: Disk | None = None, *, decodes: bool = False) -> AsyncIterator[FakeNode]:
    """A coordinator whose own helper never ends a chunk, unless it `decodes`, so that all results are another's."""
    boss = FakeNode("boss", speed=FAST, disk=disk)
    boss.decoding.behave = None if decodes else hang
    await boss.start()
    try:
        yield boss
    finally:
        await boss.kill()


@asynccontextmanager
async def helper(kept: KeptResults) -> AsyncIterator[FakeNode]:
    node = await FakeNode("helper", speed=FAST, kept=kept).start()
    try:
        yield node
    finally:
        await node.kill()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


async def until_kept(kept: KeptResults, number: int) -> None:
    while len(await kept.lease_ids(BOSS)) != number:
        await asyncio.sleep(0.005)


async def finish_while_boss_is_away(path: Path, clock: Clock) -> tuple[Disk, list[str]]:
    """A helper decodes two chunks after its coordinator died, then dies too: the coordinator's disk, and what the
    helper decoded."""
    boss_died = asyncio.Event()

    async def wait(leased: Leased) -> None:
        await boss_died.wait()

    async with Store(path, clock) as store, helper(store.kept_results) as node:
        node.decoding.behave = wait
        async with coordinator() as boss:
            node.link_to(boss)
            await boss.add_book(ONE, chunks=6)
            state = boss.driver.coordinator.state
            await until(lambda: len(state.helpers) == 2 and all(len(each.held) == 2 for each in state.helpers.values()))
            await until(lambda: bool(node.helper.jobs))
        boss_died.set()
        await until_kept(store.kept_results, 2)
        return boss.disk, list(node.decoding.decoded)


async def test_a_helpers_restart_loses_no_result(tmp_path: Path) -> None:
    clock = Clock()
    disk, decoded = await finish_while_boss_is_away(tmp_path / "db.sqlite", clock)
    assert len(decoded) == 2
    assert not disk.results
    clock.time += timedelta(hours=23)
    async with Store(tmp_path / "db.sqlite", clock) as store, helper(store.kept_results) as node:
        node.decoding.behave = hang
        async with coordinator(disk) as boss:
            node.link_to(boss)
            await until(lambda: len(disk.results) == 2)
            assert boss.words(ONE) == decoded
            await until_kept(store.kept_results, 0)
    assert node.decoding.decoded == []


async def test_after_a_day_it_is_decoded_again(tmp_path: Path) -> None:
    clock = Clock()
    disk, _ = await finish_while_boss_is_away(tmp_path / "db.sqlite", clock)
    clock.time += timedelta(hours=25)
    async with (
        Store(tmp_path / "db.sqlite", clock) as store,
        helper(store.kept_results) as node,
        coordinator(disk, decodes=True) as boss,
    ):
        assert await store.kept_results.lease_ids(BOSS) == frozenset()
        node.link_to(boss)
        await boss.done(ONE)
        assert boss.words(ONE) == expected(ONE, 6)
        await until_kept(store.kept_results, 0)


async def test_what_is_not_wanted_any_more_is_dropped(tmp_path: Path) -> None:
    await finish_while_boss_is_away(tmp_path / "db.sqlite", Clock())
    async with (
        Store(tmp_path / "db.sqlite", Clock()) as store,
        helper(store.kept_results) as node,
        coordinator() as boss,  # one that knows nothing of the book
    ):
        node.link_to(boss)
        await until_kept(store.kept_results, 0)
        assert not boss.disk.results


async def test_of_what_was_acknowledged_nothing_is_kept(tmp_path: Path) -> None:
    async with (
        Store(tmp_path / "db.sqlite", Clock()) as store,
        helper(store.kept_results) as node,
        coordinator(decodes=True) as boss,
    ):
        node.link_to(boss)
        await until(lambda: len(boss.driver.coordinator.state.helpers) == 2)
        await boss.add_book(ONE)
        await boss.done(ONE)
        assert boss.words(ONE) == expected(ONE)
        assert node.decoding.decoded
        await until_kept(store.kept_results, 0)


class FullDisk:
    """Keeps nothing."""

    async def keep(
        self, coordinator: NodeId, lease_id: LeaseId, transcript: ChunkTranscript, provenance: Provenance
    ) -> None:
        raise StorageError("The disk is full.")

    async def lease_ids(self, coordinator: NodeId) -> frozenset[LeaseId]:
        raise StorageError("The disk is full.")

    async def result(self, coordinator: NodeId, lease_id: LeaseId) -> tuple[ChunkTranscript, Provenance] | None:
        raise StorageError("The disk is full.")

    async def remove(self, coordinator: NodeId, lease_id: LeaseId) -> None:
        raise StorageError("The disk is full.")


class Unreadable(FullDisk):
    """Says that it has a result, and has none."""

    async def lease_ids(self, coordinator: NodeId) -> frozenset[LeaseId]:
        return frozenset({LeaseId(1)})


def test_a_full_disk_stops_no_helper(caplog: pytest.LogCaptureFixture) -> None:
    async def story(swarm: Swarm) -> None:
        boss = await swarm.node("boss", speed=1.0)
        node = await FakeNode("helper", kept=FullDisk()).start()
        swarm.nodes.append(node)
        node.link_to(boss)
        await boss.add_book(ONE, chunks=6)
        await asyncio.sleep(5)
        await boss.kill()
        await asyncio.sleep(60)
        again = await swarm.node("boss", speed=1.0, disk=boss.disk)
        node.link_to(again)
        await again.done(ONE)
        assert again.words(ONE) == expected(ONE, 6)
        assert len(set(node.decoding.decoded)) == len(node.decoding.decoded) > 1

    on_a_virtual_clock(story)
    assert "kept in memory only" in caplog.text


def test_a_result_that_cannot_be_read_is_handed_back() -> None:
    async def story(swarm: Swarm) -> None:
        boss = await swarm.node("boss")
        await boss.add_book(ONE)
        node = await FakeNode("helper", kept=Unreadable()).start()
        swarm.nodes.append(node)
        node.link_to(boss)
        await boss.done(ONE)
        assert boss.words(ONE) == expected(ONE)

    on_a_virtual_clock(story)
