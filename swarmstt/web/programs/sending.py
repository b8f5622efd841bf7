"""Answers a program once its recording is done, and keeps it patient until then.

Clients give up after some time without a byte. So after a while, in which quick faults still get their true status, the
head of the answer goes out, and then now and then a byte that changes nothing in it. If the recording cannot be
transcribed after all, the connection is broken off: the program tries again, and then has the true error at once.
(`answered` in access.py does that for whatever is raised once the head is out.)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

from swarmstt.core.programs.requests import AnswerFormat, ProgramRequest
from swarmstt.errors import NotFoundError, SwarmError
from swarmstt.web.api.replies import to_json
from swarmstt.web.programs.errors import broken_off, shape_of
from swarmstt.web.programs.ports import AnswerOf, JobWaiter, ProgramRows

QUIET_SECONDS = 15.0
"""So long an answer has no head yet: less than the twenty seconds after which the first clients give up."""
ALIVE_SECONDS = 2.0
"""Between two bytes that say that the node lives."""
LOOK_SECONDS = 0.5
"""Between two looks at whether the program is still there."""
STALLED_SECONDS = 120.0
"""So long a program may take to read a block of an answer."""
JOB_HEADER = "X-Request-Id"
"""Where clients of OpenAI's API look for what to call a request: it is the job's id."""

CONTENT_TYPES: dict[AnswerFormat, str] = {
    "text": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
}
_VTT_HEAD = b"WEBVTT\n"
_BLOCK_BYTES = 2**18


class Patience:
    """How long things may take. Tests have less of it."""

    def __init__(
        self,
        quiet_seconds: float = QUIET_SECONDS,
        alive_seconds: float = ALIVE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
    ) -> None:
        self.quiet_seconds = quiet_seconds
        self.alive_seconds = alive_seconds
        self.look_seconds = look_seconds
        self.stalled_seconds = stalled_seconds


class _Answer(web.StreamResponse):
    """An answer that its program reads: ConnectionError if it does not. Else it could keep its place for ever."""

    def __init__(self, headers: Mapping[str, str], stalled_seconds: float) -> None:
        super().__init__(headers=headers)
        self._stalled_seconds = stalled_seconds

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        await self._soon(super().write(data))

    async def write_eof(self, data: bytes = b"") -> None:
        await self._soon(super().write_eof(data))

    async def _soon(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            await asyncio.wait_for(sending, self._stalled_seconds)
        except asyncio.TimeoutError as error:
            raise ConnectionResetError("The program reads nothing.") from error


class _HungUp(ConnectionError):  # noqa: N818
    """The program went away."""


async def answer_when_done(
    request: web.Request, rows: ProgramRows, job_id: str, wanted: ProgramRequest, patience: Patience
) -> web.StreamResponse:
    """Returns the answer once there is one."""
    with rows.waiting(job_id) as waiter:
        try:
            if await _is_done(request, waiter, patience, patience.quiet_seconds):
                return await whole_answer(
                    request, await rows.answer(job_id, wanted), _headers(job_id), patience.stalled_seconds
                )
            return await _kept_alive(request, rows, waiter, job_id, wanted, patience)
        except _HungUp:
            _note_hang_up(rows, job_id)
        except asyncio.CancelledError:  # a server may end the handler of whoever goes away
            _note_hang_up(rows, job_id)
            raise
    return broken_off(request)


async def _kept_alive(
    request: web.Request,
    rows: ProgramRows,
    waiter: JobWaiter,
    job_id: str,
    wanted: ProgramRequest,
    patience: Patience,
) -> web.StreamResponse:
    content_type = CONTENT_TYPES.get(wanted.answer_format, "application/json")
    response = _Answer({"Content-Type": content_type, **_headers(job_id)}, patience.stalled_seconds)
    await response.prepare(request)
    is_vtt = wanted.answer_format == "vtt"
    beat = b" " if content_type == "application/json" else b"\n"
    await _write(response, _VTT_HEAD if is_vtt else beat)
    while not await _is_done(request, waiter, patience, patience.alive_seconds):
        await _write(response, beat)
    async with _kept(await rows.answer(job_id, wanted)) as answer:
        await _write_answer(response, answer, _VTT_HEAD if is_vtt else b"")
    await response.write_eof()
    return response


async def whole_answer(
    request: web.Request, answer: AnswerOf, headers: Mapping[str, str], stalled_seconds: float = STALLED_SECONDS
) -> web.StreamResponse:
    """Returns an answer that nobody had to wait for."""
    whole = {"Content-Type": answer.content_type, **headers}
    if answer.path is None:
        return web.Response(body=answer.body, headers=whole)
    response = _Answer(whole, stalled_seconds)
    async with _kept(answer):
        response.content_length = (await asyncio.to_thread(answer.path.stat)).st_size
        await response.prepare(request)
        await _write_answer(response, answer)
    await response.write_eof()
    return response


@asynccontextmanager
async def _kept(answer: AnswerOf) -> AsyncIterator[AnswerOf]:
    """Deletes the file that the answer is in when the context is left, however that is."""
    try:
        yield answer
    finally:
        if answer.path is not None:
            await asyncio.to_thread(answer.path.unlink, missing_ok=True)


async def _write_answer(response: web.StreamResponse, answer: AnswerOf, sent: bytes = b"") -> None:
    """Writes it without what was `sent` of its beginning."""
    if answer.path is None:
        await _write(response, answer.body.removeprefix(sent))
        return
    with await asyncio.to_thread(answer.path.open, "rb") as file:
        block = (await asyncio.to_thread(file.read, _BLOCK_BYTES)).removeprefix(sent)
        while block:
            await _write(response, block)
            block = await asyncio.to_thread(file.read, _BLOCK_BYTES)


async def send_events(request: web.Request, rows: ProgramRows, job_id: str, patience: Patience) -> web.StreamResponse:
    """Sends what is heard as soon as it is, in order, and at the end the whole text."""
    with rows.waiting(job_id) as waiter:
        try:
            return await _events(request, rows, waiter, job_id, patience)
        except _HungUp:
            _note_hang_up(rows, job_id)
        except asyncio.CancelledError:  # a server may end the handler of whoever goes away
            _note_hang_up(rows, job_id)
            raise
    return broken_off(request)


async def _events(
    request: web.Request, rows: ProgramRows, waiter: JobWaiter, job_id: str, patience: Patience
) -> web.StreamResponse:
    segments, part = await rows.told(job_id, 0, 0)
    seconds = patience.quiet_seconds
    while not waiter.is_finished and not segments and seconds > 0:
        began_at = asyncio.get_running_loop().time()
        await _changes(request, waiter, patience, min(seconds, patience.alive_seconds))
        seconds -= max(asyncio.get_running_loop().time() - began_at, 1e-3)
        segments, part = await rows.told(job_id, part, 0)
    if waiter.is_finished:
        await rows.text(job_id)  # what is wrong with it gets its true status
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    response = _Answer({**headers, **_headers(job_id)}, patience.stalled_seconds)
    await response.prepare(request)
    sent = await _send_segments(response, segments, 0)
    while True:
        is_finished = waiter.is_finished
        segments, part = await rows.told(job_id, part, sent)
        sent = await _send_segments(response, segments, sent)
        if is_finished:
            break
        if not await _changes(request, waiter, patience, patience.alive_seconds):
            await _write(response, b": \n\n")  # a comment
    await _send_end(response, rows, job_id)
    return response


async def _send_segments(response: web.StreamResponse, segments: list[dict[str, Any]], sent: int) -> int:
    """Sends new segments, each also as a piece of the text; returns how many were sent in all."""
    for event in segments:
        delta = event["text"] if not sent else f" {event['text']}"
        await _send(response, {"type": "transcript.text.delta", "delta": delta, "segment_id": event["id"]})
        await _send(response, event)
        sent += 1
    return sent


async def _send_end(response: web.StreamResponse, rows: ProgramRows, job_id: str) -> None:
    try:
        text = await rows.text(job_id)
    except SwarmError as error:
        await _write(response, f"event: error\ndata: {to_json(shape_of(error))}\n\n".encode())
    else:
        await _send(response, {"type": "transcript.text.done", "text": text})
    await _write(response, b"data: [DONE]\n\n")
    await response.write_eof()


async def _send(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await _write(response, f"event: {event['type']}\ndata: {to_json(event)}\n\n".encode())


async def _write(response: web.StreamResponse, data: bytes) -> None:
    try:
        await response.write(data)
    except ConnectionError as error:
        raise _HungUp from error


async def _is_done(request: web.Request, waiter: JobWaiter, patience: Patience, seconds: float) -> bool:
    """Waits until the recording is finished, so long at most."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not waiter.is_finished:
        left = until - loop.time()
        if left <= 0:
            return False
        await _changes(request, waiter, patience, left)
    return True


async def _changes(request: web.Request, waiter: JobWaiter, patience: Patience, seconds: float) -> bool:
    """Waits until something of the recording is different, so long at most; whether it is. Looks now and then whether
    the program is still there."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := until - loop.time()) > 0:
        is_different = await waiter.change(min(left, patience.look_seconds))
        if request.transport is None or request.transport.is_closing():
            raise _HungUp
        if is_different:
            return True
    return False


def _note_hang_up(rows: ProgramRows, job_id: str) -> None:
    with suppress(NotFoundError):  # it was deleted meanwhile
        rows.hung_up(job_id)


def _headers(job_id: str) -> dict[str, str]:
    return {JOB_HEADER: job_id}
