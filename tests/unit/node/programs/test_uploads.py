"""The recordings of one program take a share of the disk, and what is done makes room for what comes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from swarmstt.core.programs.jobs import OWN_PROGRAM
from swarmstt.errors import TooMuchAtOnceError
from swarmstt.node.programs.rows import RowsOf
from swarmstt.storage.programs import ProgramJobRecord
from tests.support.waiting import eventually
from tests.unit.node.programs.conftest import MOST_BYTES, PLAIN, World
from tests.unit.node.programs.test_jobs import a_program


def write(rows: RowsOf, name: str, content: bytes) -> Path:
    folder = rows.upload_folder()
    (folder / name).write_bytes(content)
    return folder


async def free_bytes(world: World, program_id: str = "1") -> int:
    return await asyncio.to_thread(world.rows_of(program_id).free_bytes)


async def arrive(world: World, byte_count: int, program_id: str = "1") -> ProgramJobRecord:
    rows = world.rows_of(program_id)
    await rows.make_disk_room(byte_count)
    world.uploads += 1
    folder = await asyncio.to_thread(write, rows, "a.wav", bytes([world.uploads]) * byte_count)
    return await world.jobs.submit(program_id, folder, "a.wav", PLAIN)


async def test_what_is_not_done_leaves_no_room_for_more_than_its_share(world: World) -> None:
    await arrive(world, 400)
    await arrive(world, 500)
    assert await free_bytes(world) == 100
    with pytest.raises(TooMuchAtOnceError):
        await arrive(world, 101)
    await arrive(world, 400, "2")
    await world.rows_of(OWN_PROGRAM).make_disk_room(10 * MOST_BYTES)
    assert await free_bytes(world, OWN_PROGRAM) > MOST_BYTES
    await arrive(world, 100)


async def test_what_arrives_counts_from_its_first_byte(world: World) -> None:
    await asyncio.to_thread(write, world.rows_of("1"), "arriving", b"x" * 900)
    assert await free_bytes(world) == 100


async def test_what_is_announced_has_its_room_before_it_comes(world: World) -> None:
    """However many announce theirs before the first of them begins."""
    rows = world.rows_of("1")
    for _ in range(3):
        await rows.make_disk_room(600)
    folder = await asyncio.to_thread(rows.upload_folder, 600)
    with pytest.raises(TooMuchAtOnceError):
        await asyncio.to_thread(rows.upload_folder, 600)
    with pytest.raises(TooMuchAtOnceError):
        await rows.make_disk_room(401)
    assert await free_bytes(world) == 1000, "its own bytes may come"
    await asyncio.to_thread((folder / "a.wav").write_bytes, bytes(500))
    await world.jobs.submit("1", folder, "a.wav", PLAIN)
    await rows.make_disk_room(500)
    broken_off = await asyncio.to_thread(rows.upload_folder, 500)
    await asyncio.to_thread(broken_off.rmdir)
    assert await asyncio.to_thread(rows.upload_folder, 500) != broken_off


async def test_what_is_done_makes_room(world: World) -> None:
    done = [await arrive(world, 300), await arrive(world, 300)]
    await finish(world, *done)
    later = await arrive(world, 300)
    assert [each.job_id for each in world.jobs.of("1")] == [done[1].job_id, later.job_id]


async def finish(world: World, *records: ProgramJobRecord) -> None:
    for record in records:
        await world.read(record.book_id, 1.0)
    await world.decode_all()
    await eventually(lambda: all(world.jobs.find(each.program_id, each.job_id).finished_at for each in records))


async def test_what_is_done_stays_while_somebody_waits_for_its_answer(world: World) -> None:
    done = [await arrive(world, 300), await arrive(world, 300)]
    await finish(world, *done)
    with world.jobs.waiting(done[0]):
        later = await arrive(world, 300)
        assert [each.job_id for each in world.jobs.of("1")] == [done[0].job_id, later.job_id]
        assert (await world.rows_of("1").answer(done[0].job_id, PLAIN)).body


@pytest.mark.parametrize("who_forgets", ["1", "2"])
async def test_what_two_programs_sent_counts_for_the_one_that_still_wants_it(world: World, who_forgets: str) -> None:
    stays = {"1": "2", "2": "1"}[who_forgets]
    sent = {program_id: await world.send(program_id, bytes(600)) for program_id in ("1", "2")}
    await finish(world, *sent.values())
    world.program_uploads.note(world.folders.uploads / "upload-1", who_forgets)
    await world.rows_of(who_forgets).make_disk_room(1)
    assert world.jobs.of(who_forgets) == []
    assert (await free_bytes(world, who_forgets), await free_bytes(world, stays)) == (1000, 400)


async def test_what_a_node_held_when_it_ended_counts_when_it_starts_again(world: World) -> None:
    await world.store.programs.add(a_program("1"))
    await arrive(world, 700)
    world.program_uploads = type(world.program_uploads)(world.folders, most_bytes=MOST_BYTES)
    world.jobs = world.new_jobs()
    await world.jobs.load()
    assert await free_bytes(world) == 300


async def test_one_that_never_fits_is_not_told_to_wait(world: World) -> None:
    await world.rows_of("1").make_disk_room(MOST_BYTES + 1)
    assert await free_bytes(world) == MOST_BYTES
