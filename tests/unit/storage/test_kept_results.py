"""Results for coordinators that are away: over a restart, for a day, and not without end."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from swarmstt.core.work import ChunkResult
from swarmstt.ids import LeaseId, NodeId
from swarmstt.storage.store import Store
from tests.support.clocks import Clock
from tests.unit.core.worlds import provenance, transcript

ANNA, BEN = NodeId("anna"), NodeId("ben")
MADE = provenance("this PC", 2.5)


def leases(*numbers: int) -> frozenset[LeaseId]:
    return frozenset(LeaseId(each) for each in numbers)


def result(text: str) -> ChunkResult:
    return ChunkResult(transcript=transcript(text), provenance=MADE)


async def keep(store: Store, number: int, text: str = "hello", coordinator: NodeId = ANNA) -> None:
    await store.kept_results.keep(coordinator, LeaseId(number), result(text))


async def test_they_outlive_a_restart_until_they_are_removed(tmp_path: Path) -> None:
    async with Store(tmp_path / "db.sqlite", Clock()) as store:
        await keep(store, 1, "an older result of the lease")
        await keep(store, 1, "hello")
        await keep(store, 1, "for Ben", BEN)
    async with Store(tmp_path / "db.sqlite", Clock()) as store:
        assert await store.kept_results.lease_ids(ANNA) == leases(1)
        assert await store.kept_results.result(ANNA, LeaseId(1)) == result("hello")
        await store.kept_results.remove(ANNA, LeaseId(1))
        await store.kept_results.remove(ANNA, LeaseId(1))
        assert await store.kept_results.lease_ids(ANNA) == leases()
        assert await store.kept_results.result(ANNA, LeaseId(1)) is None
        assert await store.kept_results.result(BEN, LeaseId(1)) == result("for Ben")


async def test_they_go_after_a_day(tmp_path: Path) -> None:
    clock = Clock()
    async with Store(tmp_path / "db.sqlite", clock) as store:
        await keep(store, 1)
        clock.time += timedelta(hours=23)
        await keep(store, 2)
        assert await store.kept_results.lease_ids(ANNA) == leases(1, 2)
        clock.time += timedelta(hours=2)
        assert await store.kept_results.lease_ids(ANNA) == leases(2)
        clock.time += timedelta(days=1)
        await store.kept_results.drop_old()
        assert await store.kept_results.result(ANNA, LeaseId(2)) is None


async def test_the_oldest_go_where_there_are_too_many(tmp_path: Path) -> None:
    async with Store(tmp_path / "db.sqlite", Clock(), most_kept_results=3) as store:
        for number in range(1, 6):
            await keep(store, number)
        assert await store.kept_results.lease_ids(ANNA) == leases(3, 4, 5)


async def test_the_oldest_go_where_they_are_too_large(tmp_path: Path) -> None:
    async with Store(tmp_path / "db.sqlite", Clock(), most_kept_bytes=2500) as store:
        for number in range(1, 6):
            await keep(store, number, "x" * 1000)
        assert await store.kept_results.lease_ids(ANNA) == leases(4, 5)


@pytest.mark.parametrize("blob", [b"", b"\xc1", b"\x01", b"\x92\x80\x80", b"\x91\x80"])
async def test_one_that_cannot_be_read_is_none(tmp_path: Path, blob: bytes) -> None:
    path = tmp_path / "db.sqlite"
    async with Store(path, Clock()) as store:
        await keep(store, 1)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE kept_results SET result = ?", (blob,))
    connection.commit()
    connection.close()
    async with Store(path, Clock()) as store:
        assert await store.kept_results.result(ANNA, LeaseId(1)) is None
