"""Recordings of programs: the same is done once, each program sees its own, and what is over is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmstt.core.books import BookState
from swarmstt.core.programs.jobs import OWN_PROGRAM
from swarmstt.core.requests import BookOptions
from swarmstt.core.scheduling import events
from swarmstt.errors import InputError, NotFoundError, TooMuchAtOnceError
from swarmstt.ids import BookId
from swarmstt.node.books.looking_up import look_up
from swarmstt.node.programs.programs import Programs
from swarmstt.node.programs.taking import MOST_QUICK_BYTES
from swarmstt.speech.transcripts.writer import Written
from swarmstt.storage.programs import ProgramRecord
from tests.support.waiting import eventually
from tests.unit.node.programs.conftest import PLAIN, World


def a_program(program_id: str) -> ProgramRecord:
    return ProgramRecord(
        program_id=program_id, name="Notes", token_sha256="", origins=(), created_at="2024-01-15T10:00:00+00:00"
    )


async def test_the_same_again_joins_what_is_in_work_whatever_its_form(world: World) -> None:
    first = await world.send()
    again = await world.send(request=replace(PLAIN, answer_format="srt", words=True, streams=True))
    assert again.job_id == first.job_id
    assert world.quick == [first.book_id]
    assert len(list(world.folders.uploads.iterdir())) == 1, "what came twice is kept once"
    other = await world.send(request=replace(PLAIN, language="de"))
    assert other.job_id != first.job_id


async def test_another_program_shares_the_work_and_not_the_job(world: World) -> None:
    mine, theirs = await world.send("1"), await world.send("2")
    assert (mine.book_id, world.quick) == (theirs.book_id, [mine.book_id])
    assert mine.job_id != theirs.job_id
    with pytest.raises(NotFoundError):
        world.jobs.find("1", theirs.job_id)
    await world.jobs.delete("1", mine.job_id)
    assert theirs.book_id in world.driver.state.books, "the other still wants it"
    await world.jobs.delete("2", theirs.job_id)
    assert theirs.book_id not in world.driver.state.books
    assert world.library.records() == []


async def test_a_large_recording_is_read_in_turn(world: World) -> None:
    folder = world.upload()
    with (folder / "a.wav").open("r+b") as file:
        file.truncate(MOST_QUICK_BYTES + 1)
    record = await world.jobs.submit("1", folder, "a.wav", PLAIN)
    assert (world.quick, world.in_turn) == ([], [record.book_id])


async def test_an_unknown_model_is_this_pcs_own_and_a_known_one_is_taken(world: World) -> None:
    whisper = await world.send(request=replace(PLAIN, model="whisper-1"))
    assert world.library.get(whisper.book_id).settings.model == "base"
    small = await world.send(content=b"other", request=replace(PLAIN, model="small"))
    assert world.library.get(small.book_id).settings.model == "small"


async def test_what_is_done_is_forgotten_an_hour_after_it_was_asked_for(world: World) -> None:
    record = await world.send()
    await world.read(record.book_id, 10.0)
    await world.decode_all()
    await eventually(lambda: world.jobs.find("1", record.job_id).finished_at)
    world.later(minutes=59)
    await world.send()
    world.later(minutes=59)
    await world.jobs.forget_what_is_over()
    assert world.jobs.of("1") != []
    world.later(minutes=2)
    await world.jobs.forget_what_is_over()
    assert world.jobs.of("1") == []
    assert world.driver.state.books == {}
    assert await world.store.programs.jobs() == []


async def test_what_is_not_done_is_never_forgotten(world: World) -> None:
    await world.send()
    world.later(days=30)
    await world.jobs.forget_what_is_over()
    assert len(world.jobs.of("1")) == 1


async def test_jobs_outlive_the_node(world: World) -> None:
    await world.store.programs.add(a_program("1"))
    record = await world.send()
    await world.read(record.book_id, 10.0)
    world.jobs = world.new_jobs()
    await world.jobs.load()
    assert world.jobs.find("1", record.job_id) == record
    await world.decode_all()
    assert await eventually(lambda: world.jobs.find("1", record.job_id).finished_at)


@pytest.mark.parametrize(("lengths", "goes_on"), [((10.0,), False), ((100.0, 100.0), True)])
async def test_only_a_short_one_ends_when_its_program_hung_up(
    world: World, lengths: tuple[float, ...], goes_on: bool
) -> None:
    record = await world.send()
    await world.read(record.book_id, *lengths)
    world.jobs.hung_up(record)
    await world.tasks.wait()
    assert (record.book_id in world.driver.state.books) is goes_on


async def test_a_short_one_goes_on_for_whoever_waits_or_asks_again(world: World) -> None:
    record = await world.send()
    world.jobs.hung_up(record)
    with world.jobs.waiting(record):
        await world.tasks.wait()
    assert record.book_id in world.driver.state.books
    world.jobs.hung_up(record)
    world.later(seconds=1)
    await world.send()
    await world.tasks.wait()
    assert record.book_id in world.driver.state.books


async def test_who_waits_hears_of_each_part_and_of_the_end(world: World) -> None:
    record = await world.send()
    with world.jobs.waiting(record) as waiter:
        await world.read(record.book_id, 100.0, 100.0)
        await world.decode_all()
        assert waiter.changed.is_set()
        await eventually(lambda: waiter.is_finished)
    assert world.jobs.unfinished() == {}


async def test_who_waits_for_what_is_deleted_is_told(world: World) -> None:
    record = await world.send()
    with world.jobs.waiting(record) as waiter:
        await world.jobs.delete("1", record.job_id)
        assert waiter.changed.is_set()
        with pytest.raises(NotFoundError):
            assert waiter.is_finished


async def test_a_program_has_only_so_many_at_a_time(world: World) -> None:
    for number in range(3):
        await world.send(content=bytes([number]))
    with pytest.raises(TooMuchAtOnceError):
        await world.send(content=b"one more")
    assert len(list(world.folders.uploads.iterdir())) == 3
    await world.send("2", content=b"another program")


async def test_what_was_finished_first_makes_room(world: World) -> None:
    sent = []
    for number in range(6):
        sent.append(await world.send(content=bytes([number])))
        await world.driver.ask(events.BookUnusable, book_id=sent[-1].book_id, reason="It is noise.")
        await eventually(lambda: not world.jobs.unfinished())
    assert [each.job_id for each in world.jobs.of("1")] == [each.job_id for each in sent[2:]]
    assert len(world.driver.state.books) == 4


async def test_what_somebody_waits_for_makes_no_room(world: World) -> None:
    sent = [await world.send(content=b"first")]
    await world.driver.ask(events.BookUnusable, book_id=sent[0].book_id, reason="It is noise.")
    with world.jobs.waiting(sent[0]):
        for number in range(4):
            sent.append(await world.send(content=bytes([number])))
            await world.driver.ask(events.BookUnusable, book_id=sent[-1].book_id, reason="It is noise.")
            await eventually(lambda: not world.jobs.unfinished())
        assert [each.job_id for each in world.jobs.of("1")] == [each.job_id for each in [sent[0], *sent[2:]]]


async def test_what_failed_is_tried_again_when_it_is_sent_again(world: World) -> None:
    record = await world.send()
    await world.driver.ask(events.BookUnusable, book_id=record.book_id, reason="It is noise.")
    again = await world.send()
    assert (again.job_id, world.retried) == (record.job_id, [record.book_id])
    assert world.driver.state.books[record.book_id].state is BookState.OPEN


async def test_what_a_person_adds_too_becomes_theirs_and_stays(world: World, tmp_path: Path) -> None:
    record = await world.send()
    own = tmp_path / "My talk.wav"
    own.write_bytes(b"sound")
    settings = world.library.get(record.book_id).settings
    options = BookOptions(local_only=True)
    added = await world.library.add(await look_up(str(own)), settings, options, uploaded=False)
    await world.driver.ask(events.BookClaimed, book_id=added.book_id, local_only=True)
    assert (added.book_id, added.known, added.filename) == (record.book_id, True, "My talk.wav")
    kept = world.library.get(record.book_id)
    assert (kept.for_program, kept.sources, kept.output.name) == (False, (str(own),), "My talk")
    assert kept.local_only
    [stored] = await world.store.books()
    assert (stored.for_program, stored.local_only, stored.filename) == (False, True, "My talk.wav")
    await world.jobs.delete("1", record.job_id)
    assert record.book_id in world.driver.state.books


async def test_what_a_person_has_already_is_answered_from_that(world: World, tmp_path: Path) -> None:
    book_id = await a_persons(world, tmp_path)
    record = await world.send()
    assert (record.book_id, world.quick) == (book_id, [])
    assert list(world.folders.uploads.iterdir()) == []
    await world.jobs.delete("1", record.job_id)
    assert book_id in world.driver.state.books, "it is the person's"


async def test_no_program_changes_a_persons_book(world: World, tmp_path: Path) -> None:
    book_id, own = await a_persons(world, tmp_path), tmp_path / "a.wav"
    await world.driver.ask(events.BookUnusable, book_id=book_id, reason="Its audio has gone.")
    own.unlink()
    await world.send()
    assert world.library.get(book_id).sources == (str(own),)
    assert (world.retried, world.jobs.book(book_id).state) == ([], BookState.FAILED)
    assert list(world.folders.uploads.iterdir()) == []


async def test_a_recording_that_is_on_no_list_ends(world: World) -> None:
    """The node died between taking it and noting whose it is."""
    await world.store.programs.add(a_program("1"))
    lost = await world.taking.take(world.upload(b"lost"), "a.wav", PLAIN)
    kept = await world.send()
    world.jobs = world.new_jobs()
    await world.jobs.load()
    assert list(world.driver.state.books) == [kept.book_id] != [lost]
    assert [each.book_id for each in world.library.records()] == [kept.book_id]


async def test_what_was_cut_off_while_it_was_taken_ends_too(world: World) -> None:
    await world.taking.take(world.upload(b"lost"), "a.wav", PLAIN)
    await world.jobs.forget_what_is_over()
    assert world.driver.state.books == {}


async def test_a_row_is_there_until_its_book_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record, rows = await world.send(), []
    ask = world.driver.ask

    async def noting(event: Any, **more: Any) -> Any:
        rows.append(await world.store.programs.jobs())
        return await ask(event, **more)

    monkeypatch.setattr(world.driver, "ask", noting)
    await world.jobs.delete("1", record.job_id)
    assert rows == [[record]]
    assert await world.store.programs.jobs() == []


async def test_what_a_person_just_takes_over_is_not_ended(world: World, tmp_path: Path) -> None:
    record = await world.send()
    own = tmp_path / "a.wav"
    own.write_bytes(b"sound")
    settings = world.library.get(record.book_id).settings
    await world.library.add(await look_up(str(own)), settings, BookOptions(), uploaded=False)
    await world.jobs.delete("1", record.job_id)
    assert record.book_id in world.driver.state.books


async def test_a_token_that_is_taken_back_leaves_nothing_that_was_arriving(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = world.taking.take

    async def taken_back_meanwhile(*given: Any) -> BookId:
        book_id = await take(*given)
        await world.jobs.delete_all_of("1")
        return book_id

    monkeypatch.setattr(world.taking, "take", taken_back_meanwhile)
    with pytest.raises(NotFoundError):
        await world.send("1")
    assert (world.driver.state.books, await world.store.programs.jobs()) == ({}, [])
    assert list(world.folders.uploads.iterdir()) == []


async def test_what_an_unknown_program_sent_is_forgotten_at_the_start(world: World) -> None:
    await world.send("gone")
    own = await world.send(OWN_PROGRAM, content=b"own")
    world.jobs = world.new_jobs()
    await world.jobs.load()
    assert await world.store.programs.jobs() == [own]
    assert list(world.driver.state.books) == [own.book_id]


async def test_a_program_goes_after_what_it_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that dies between the two still knows whose these are."""
    programs = Programs(
        world.store.programs,
        world.shared(),
        world.now,
        world.tasks,
        revoked=lambda program_id: None,
        changed=lambda: None,
        announces=lambda: False,
    )
    await world.store.programs.add(a_program("1"))
    await programs.load()
    await world.send("1")
    left = []

    async def noting(program_id: str) -> None:
        left.extend(await world.store.programs.jobs())

    monkeypatch.setattr(world.store.programs, "remove", noting)
    await programs.remove_program("1")
    assert left == []


async def test_a_recording_does_not_wait_for_a_book_that_is_written(world: World, tmp_path: Path) -> None:
    written = asyncio.Event()

    async def write(*_: object) -> Written:
        written.set()
        await asyncio.Event().wait()
        raise AssertionError

    world.writing = world.new_writing(write)
    world.tasks.start(world.writing.run())
    book_id = await a_persons(world, tmp_path)
    await world.read(book_id, 10.0)
    await world.decode_all()
    await asyncio.wait_for(written.wait(), 60)
    record = await world.send(content=b"another")
    await world.read(record.book_id, 10.0)
    await world.decode_all()
    await eventually(lambda: world.jobs.book(record.book_id).state is BookState.DONE)
    assert world.jobs.book(book_id).state is BookState.MERGING


async def a_persons(world: World, tmp_path: Path) -> BookId:
    own = tmp_path / "a.wav"
    own.write_bytes(b"sound")
    settings = await world.settings_for(BookOptions())
    added = await world.library.add(await look_up(str(own)), settings, BookOptions(), uploaded=False)
    await world.driver.ask(events.BookAdded, book_id=added.book_id, settings=settings)
    return added.book_id


async def test_no_program_hears_where_a_persons_files_are(world: World, tmp_path: Path) -> None:
    book_id = await a_persons(world, tmp_path)
    reason = f"{tmp_path}/a.wav is no longer there."
    await world.driver.ask(events.BookUnusable, book_id=book_id, reason=reason)
    rows, job_id = world.rows_of("1"), (await world.send()).job_id
    view = await rows.job(job_id)
    assert view["status"] == "failed"
    assert view["error"] is not None
    with pytest.raises(InputError) as refused:
        await rows.answer(job_id, PLAIN)
    assert [str(tmp_path) in each for each in (view["error"], refused.value.message)] == [False, False]


async def test_a_program_has_its_answer_though_a_persons_files_could_not_be_written(
    world: World, tmp_path: Path
) -> None:
    book_id = await a_persons(world, tmp_path)
    world.merges = False
    await world.read(book_id, 10.0)
    await world.decode_all()
    await world.driver.ask(events.BookUnusable, book_id=book_id, reason="/out cannot be written.")
    rows, job_id = world.rows_of("1"), (await world.send()).job_id
    assert b"Call me." in (await rows.answer(job_id, PLAIN)).body
    view = await rows.job(job_id)
    assert (view["status"], view["error"]) == ("completed", None)


async def test_why_a_programs_own_recording_failed_is_told_without_its_place(world: World) -> None:
    rows, record = world.rows_of("1"), await world.send()
    await world.driver.ask(events.BookUnusable, book_id=record.book_id, reason="There is no sound in a.wav.")
    assert (await rows.job(record.job_id))["error"] == "There is no sound in a.wav."
    await world.send()
    await world.driver.ask(events.BookUnusable, book_id=record.book_id, reason=f"{world.folders.uploads}/upload-1/a")
    assert "upload-1" not in str((await rows.job(record.job_id))["error"])


@pytest.mark.parametrize("most_seconds_here", [1000.0, 0.0], ids=["here", "apart"])
async def test_the_answer_is_the_same_wherever_it_is_made(world: World, most_seconds_here: float) -> None:
    record = await world.send()
    await world.read(record.book_id, 10.0, 20.0)
    await world.decode_all()
    book = world.jobs.book(record.book_id)
    await eventually(lambda: book.state is BookState.DONE)
    answering = world.answering(most_seconds_here)
    found = await answering.answer(book, replace(PLAIN, answer_format="srt"))
    assert (found.path is None) is bool(most_seconds_here)
    text = found.body or b"".join(path.read_bytes() for path in world.folders.uploads.glob("answer-*"))
    assert text == (b"1\n00:00:00,000 --> 00:00:01,000\nCall me.\n\n2\n00:00:10,000 --> 00:00:11,000\nCall me.\n\n")
    assert await answering.text(book) == "Call me. Call me."
    assert len(list(world.folders.uploads.glob("answer-*"))) == (found.path is not None), "text deletes its own"
    await asyncio.to_thread(world.folders.sweep, world.driver.state.books, [])
    assert list(world.folders.uploads.glob("answer-*")) == []
