"""A program that waits hears from the node, and gets the whole answer or none."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.errors import EngineError, InputError
from swarmstt.web.api.guard import IS_OWN
from swarmstt.web.incoming.places import keep_nothing
from swarmstt.web.programs.access import Access
from swarmstt.web.programs.rows import add_program_rows
from swarmstt.web.programs.sending import Patience
from tests.unit.web.programs.conftest import Client
from tests.unit.web.programs.fake_programs import ANSWER, TOKEN, FakePrograms
from tests.unit.web.programs.test_receiving import END, FILE, FORM, ROW, part


@pytest.fixture
async def impatient(programs: FakePrograms) -> AsyncIterator[Client]:
    """Rows that keep quiet for a moment only."""

    @web.middleware
    async def own(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        request[IS_OWN] = True
        answer: web.StreamResponse = await handler(request)
        return answer

    app = web.Application(middlewares=[own])
    patience = Patience(quiet_seconds=0.05, alive_seconds=0.05, look_seconds=0.02)
    add_program_rows(app, Access(programs), keep_nothing, patience)
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def ask(client: Client, **fields: str) -> ClientResponse:
    body = b"".join(part(name, value.encode()) for name, value in fields.items()) + FILE + END
    return await client.post(ROW, data=body, headers=FORM)


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


async def test_a_quick_answer_is_an_answer_like_any_other(own: Client, programs: FakePrograms) -> None:
    programs.jobs.done.set()
    answer = await ask(own)
    assert (await answer.read(), answer.headers["Content-Length"]) == (ANSWER, str(len(ANSWER)))


async def test_what_is_done_in_the_last_moment_of_a_look_is_answered_at_once(
    own: Client, programs: FakePrograms
) -> None:
    programs.jobs.late = True
    answer = await ask(own)
    assert (await answer.read(), programs.jobs.waits) == (ANSWER, 1)


async def test_the_answer_for_a_long_recording_comes_from_a_file_that_is_gone_then(
    own: Client, impatient: Client, programs: FakePrograms
) -> None:
    programs.jobs.in_file = True
    waiting = await ask(impatient)
    programs.jobs.done.set()
    assert (await waiting.read()).strip() == ANSWER
    answer = await ask(own)
    assert (await answer.read(), answer.headers["Content-Length"]) == (ANSWER, str(len(ANSWER)))
    assert await (await own.get("/v1/jobs/job-2?response_format=json")).read() == ANSWER
    await until(lambda: not list(programs.jobs.folder.iterdir()))


async def test_a_quick_fault_has_its_true_status(own: Client, programs: FakePrograms) -> None:
    programs.jobs.done.set()
    programs.jobs.wrong = InputError("There is no sound in it.")
    answer = await ask(own)
    assert (answer.status, (await answer.json())["error"]["message"]) == (400, "There is no sound in it.")
    programs.jobs.wrong = EngineError("A part could not be decoded.")
    answer = await ask(own)
    assert (answer.status, (await answer.json())["error"]["type"]) == (500, "server_error")


async def test_spaces_keep_a_program_alive_and_are_no_part_of_the_json(
    impatient: Client, programs: FakePrograms
) -> None:
    answer = await ask(impatient)
    assert (answer.status, answer.headers["X-Request-Id"]) == (200, "job-1")
    for _ in range(3):
        assert (await answer.content.readany()).strip() == b""
    programs.jobs.done.set()
    assert json.loads(await answer.read()) == json.loads(ANSWER)


@pytest.mark.parametrize(("wanted", "begins"), [("vtt", b"WEBVTT\n\n"), ("srt", b"\n"), ("text", b"\n")])
async def test_text_is_kept_alive_by_empty_lines(
    impatient: Client, programs: FakePrograms, wanted: str, begins: bytes
) -> None:
    answer = await ask(impatient, response_format=wanted)
    programs.jobs.done.set()
    text = await answer.read()
    assert text.startswith(begins)
    if wanted == "vtt":
        assert text.count(b"WEBVTT") == 1
        assert text.endswith(b"\n\n00:00.000 --> 00:01.000\nCall me\n")


async def test_a_late_fault_breaks_the_answer_off_and_has_its_status_next_time(
    own: Client, impatient: Client, programs: FakePrograms
) -> None:
    answer = await ask(impatient)
    programs.jobs.wrong = InputError("There is no sound in it.")
    programs.jobs.done.set()
    with pytest.raises(aiohttp.ClientPayloadError):
        await answer.read()
    assert (await ask(own)).status == 400


@pytest.mark.parametrize("streams", ["false", "true"])
async def test_what_is_deleted_while_its_answer_goes_out_breaks_it_off(
    impatient: Client, programs: FakePrograms, streams: str
) -> None:
    programs.jobs.segments = ["Call me"]
    answer = await ask(impatient, stream=streams)
    assert answer.status == 200
    programs.jobs.deleted = True
    with pytest.raises(aiohttp.ClientPayloadError):
        await asyncio.wait_for(answer.read(), 60)


async def test_an_answer_whose_file_cannot_be_read_is_broken_off(
    own: Client, impatient: Client, programs: FakePrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreadable(response: web.StreamResponse, *_: object) -> None:
        await response.write(b"{")
        raise OSError("the disk is broken")

    monkeypatch.setattr("swarmstt.web.programs.sending._write_answer", unreadable)
    programs.jobs.in_file = True
    waiting = await ask(impatient)
    programs.jobs.done.set()
    for answer in (waiting, await ask(own)):
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(answer.read(), 60)
    await until(lambda: not list(programs.jobs.folder.iterdir()))


async def test_a_hang_up_while_a_jobs_answer_is_sent_is_no_defect(
    own: Client, programs: FakePrograms, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(response: web.StreamResponse, data: bytes) -> None:
        raise ConnectionResetError("Cannot write to closing transport")

    programs.jobs.done.set()
    await ask(own)
    programs.jobs.in_file = True
    monkeypatch.setattr(web.StreamResponse, "write", gone)
    with pytest.raises(aiohttp.ClientError):
        await asyncio.wait_for((await own.get("/v1/jobs/job-1?response_format=json")).read(), 60)
    assert list(programs.jobs.folder.iterdir()) == []
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []


async def test_a_program_that_hangs_up_is_noticed(impatient: Client, programs: FakePrograms) -> None:
    answer = await ask(impatient)
    assert programs.jobs.waiting == 1
    answer.close()
    await asyncio.wait_for(until(lambda: programs.jobs.hung_up), 60)
    assert (programs.jobs.hung_up, programs.jobs.waiting) == (["job-1"], 0)


async def test_one_that_hangs_up_before_any_head_is_noticed_too(own: Client, programs: FakePrograms) -> None:
    asking = asyncio.create_task(ask(own))
    await until(lambda: programs.jobs.waiting)
    asking.cancel()
    await asyncio.wait_for(until(lambda: programs.jobs.hung_up), 60)


def events_in(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


async def test_events_come_as_soon_as_there_is_something_to_tell(impatient: Client, programs: FakePrograms) -> None:
    programs.jobs.segments = ["Call me"]
    answer = await ask(impatient, stream="true")
    assert answer.headers["Content-Type"] == "text/event-stream"
    first = await answer.content.readuntil(b"\n\n")
    assert first.startswith(b"event: transcript.text.delta\ndata: ")
    programs.jobs.segments.append("Ishmael.")
    programs.jobs.done.set()
    rest = (first + await answer.read()).decode()
    kinds = [kind for kind, _ in events_in(rest)]
    assert kinds == [*["transcript.text.delta", "transcript.text.segment"] * 2, "transcript.text.done"]
    assert "".join(data["delta"] for kind, data in events_in(rest) if kind.endswith("delta")) == "Call me Ishmael."
    assert events_in(rest)[-1][1]["text"] == "Call me Ishmael."
    assert all(kind == data["type"] for kind, data in events_in(rest))
    assert rest.endswith("data: [DONE]\n\n")


async def test_a_quick_fault_of_events_has_its_true_status(own: Client, programs: FakePrograms) -> None:
    programs.jobs.done.set()
    programs.jobs.wrong = InputError("There is no sound in it.")
    assert (await ask(own, stream="true")).status == 400


async def test_a_late_fault_of_events_is_an_event(impatient: Client, programs: FakePrograms) -> None:
    answer = await ask(impatient, stream="true")
    programs.jobs.wrong = InputError("There is no sound in it.")
    programs.jobs.done.set()
    [(kind, data)] = events_in((await answer.read()).decode())
    assert (kind, data["error"]["message"]) == ("error", "There is no sound in it.")


async def test_while_nothing_is_heard_comments_keep_events_alive(impatient: Client, programs: FakePrograms) -> None:
    answer = await ask(impatient, stream="true")
    assert await answer.content.readuntil(b"\n\n") == b": \n\n"
    answer.close()
    await asyncio.wait_for(until(lambda: programs.jobs.hung_up), 60)


async def test_the_transcript_of_a_job_can_be_had_later(own: Client, programs: FakePrograms) -> None:
    programs.jobs.done.set()
    await ask(own)
    view = await (await own.get("/v1/jobs/job-1")).json()
    assert view["status"] == "completed"
    assert await (await own.get("/v1/jobs/job-1?response_format=json")).read() == ANSWER
    assert (await own.get("/v1/jobs/job-1?response_format=exe")).status == 400
    assert (await own.get("/v1/jobs/job-9")).status == 404


@pytest.mark.parametrize("fields", [{"stream": "true"}, {"response_format": "json"}])
async def test_who_reads_nothing_loses_its_place(
    tmp_path: Path, programs: FakePrograms, fields: dict[str, str]
) -> None:
    """Else it could keep it for ever."""
    access = Access(programs)
    app = web.Application()
    patience = Patience(quiet_seconds=0.0, alive_seconds=0.001, look_seconds=0.02, stalled_seconds=0.1)
    add_program_rows(app, access, keep_nothing, patience)
    programs.jobs.segments = ["word " * 500_000] * 20
    body = b"".join(part(name, value.encode()) for name, value in fields.items()) + FILE + END
    if "stream" not in fields:
        programs.jobs.in_file = True
        programs.jobs.answer = b"word " * 5_000_000
        programs.jobs.done.set()
    async with TestServer(app) as server:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", server.port))
            head = f"POST /programs/{TOKEN}{ROW} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM['Content-Type']}\r\n"
            await loop.sock_sendall(deaf, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await until(lambda: programs.jobs.sent)
            await until(lambda: not access._running["1"])
            await until(lambda: not programs.jobs.waiting)
    assert not list(programs.jobs.folder.glob("answer"))
