"""What a helper finished while its coordinator was away is delivered later, though the helper restarted meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import StorageError
from swarmstt.ids import BookId, LeaseId, NodeId
from swarmstt.storage.kept_results import KeptResultTable
from swarmstt.storage.store import Store
from tests.support.clocks import Clock
from tests.support.waiting import eventually
from tests.swarm.fakes import FakeNode, Swarm, expected, hang, on_a_virtual_clock
from tests.unit.core.worlds import Disk

ONE = BookId("aaaa0000")
BOSS = NodeId("boss")
FAST = 1e9


@asynccontextmanager
async def coordinator(disk: Disk | None = None, *, decodes: bool = False) -> AsyncIterator[FakeNode]:
    """A coordinator whose own helper never ends a chunk, unless it `decodes`, so that all results are another's."""
    boss = FakeNode("boss", speed=FAST, disk=disk)
    boss.decoder.behave = None if decodes else hang
    await boss.start()
    try:
        yield boss
    finally:
        await boss.kill()


@asynccontextmanager
async def helper(kept: KeptResultTable) -> AsyncIterator[FakeNode]:
    node = await FakeNode("helper", speed=FAST, kept=kept).start()
    try:
        yield node
    finally:
        await node.kill()


async def until_kept(kept: KeptResultTable, number: int) -> None:
    async def is_kept() -> bool:
        return len(await kept.lease_ids(BOSS)) == number

    await eventually(is_kept)


async def finish_while_boss_is_away(path: Path, clock: Clock) -> tuple[Disk, list[str]]:
    """A helper decodes two chunks after its coordinator died, then dies too: the coordinator's disk, and what the
    helper decoded."""
    boss_died = asyncio.Event()

    async def wait(job: ChunkJob) -> None:
        await boss_died.wait()

    async with Store(path, clock) as store, helper(store.kept_results) as node:
        node.decoder.behave = wait
        async with coordinator() as boss:
            node.link_to(boss)
            await boss.add_book(ONE, chunks=6)
            state = boss.driver.state
            await eventually(lambda: [len(each.held) for each in state.helpers.values()] == [2, 2])
            await eventually(lambda: node.helper.jobs)
        boss_died.set()
        await until_kept(store.kept_results, 2)
        return boss.disk, list(node.decoder.decoded)


async def test_a_helpers_restart_loses_no_result(tmp_path: Path) -> None:
    clock = Clock()
    disk, decoded = await finish_while_boss_is_away(tmp_path / "db.sqlite", clock)
    assert len(decoded) == 2
    assert not disk.results
    clock.time += timedelta(hours=23)
    async with Store(tmp_path / "db.sqlite", clock) as store, helper(store.kept_results) as node:
        node.decoder.behave = hang
        async with coordinator(disk) as boss:
            node.link_to(boss)
            await eventually(lambda: len(disk.results) == 2)
            assert boss.words(ONE) == decoded
            await until_kept(store.kept_results, 0)
    assert node.decoder.decoded == []


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
        await eventually(lambda: len(boss.driver.state.helpers) == 2)
        await boss.add_book(ONE)
        await boss.done(ONE)
        assert boss.words(ONE) == expected(ONE)
        assert node.decoder.decoded
        await until_kept(store.kept_results, 0)


class FullDisk:
    """Keeps nothing."""

    async def keep(self, coordinator: NodeId, lease_id: LeaseId, result: ChunkResult) -> None:
        raise StorageError("The disk is full.")

    async def lease_ids(self, coordinator: NodeId) -> frozenset[LeaseId]:
        raise StorageError("The disk is full.")

    async def result(self, coordinator: NodeId, lease_id: LeaseId) -> ChunkResult | None:
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
        assert len(set(node.decoder.decoded)) == len(node.decoder.decoded) > 1

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
