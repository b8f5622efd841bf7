"""The rows for other programs, with and without /v1, a slash at the end, and a token before them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

from aiohttp import hdrs, web

from swarmstt.core.programs.answers import OWNER, model_list, model_of
from swarmstt.core.programs.requests import ProgramRequest, Task, asr_request, openai_request, plain_fields
from swarmstt.errors import NotFoundError
from swarmstt.web.incoming.places import ComesIn
from swarmstt.web.programs.access import Access, ProgramHandler, add_cors, note_begun, nothing
from swarmstt.web.programs.ports import ProgramRows
from swarmstt.web.programs.receiving import UNFOLDING, receive
from swarmstt.web.programs.sending import Patience, answer_when_done, send_events, whole_answer

_OPENAI_FILE = ("file", "audio", "audio_file")
_ASR_FILE = ("audio_file", "file")
_SUFFIXES = {"text": "txt", "asr_json": "json"}
_PATHS = re.compile(
    r"(/v1)?/((?P<post>audio/(transcriptions|translations)|asr|detect-language)"
    r"|(?P<delete>jobs/[^/]+)|(?P<get>models(/.+)?|jobs))/?"
)


def add_program_rows(app: web.Application, access: Access, comes_in: ComesIn, patience: Patience | None = None) -> None:
    """Serves other programs in that application. `comes_in` is called when a connection has become a program's."""
    waits = patience or Patience()
    app[UNFOLDING] = asyncio.Semaphore(1)
    for prefix in ("", "/programs/{token}"):
        for base in ("/v1", ""):
            for method, path, handler in _rows(waits):
                _add(app, method, f"{prefix}{base}{path}", access, handler, comes_in)
    for path in ("/programs/{token}/{rest:.*}", "/{rest:v1/.*}"):
        app.router.add_route("*", path, access.serving(_no_such_row, comes_in))
    app.on_response_prepare.extend((add_cors, note_begun))


def _rows(patience: Patience) -> list[tuple[str, str, ProgramHandler]]:
    return [
        ("POST", "/audio/transcriptions", _transcribing("transcribe", patience)),
        ("POST", "/audio/translations", _transcribing("translate", patience)),
        ("GET", "/models", list_models),
        ("GET", "/models/{model:.+?}", show_model),
        ("GET", "/jobs", list_jobs),
        ("GET", "/jobs/{job_id}", show_job),
        ("DELETE", "/jobs/{job_id}", delete_job),
        ("POST", "/asr", _asr(patience)),
        ("POST", "/detect-language", detect_language),
    ]


def _add(
    app: web.Application, method: str, path: str, access: Access, handler: ProgramHandler, comes_in: ComesIn
) -> None:
    served = access.serving(handler, comes_in)
    for each in (path, f"{path}/"):
        app.router.add_route(method, each, served)
        if method != "DELETE":  # it has the path of a GET
            app.router.add_route("OPTIONS", each, access.preflight)


def _transcribing(task: Task, patience: Patience) -> ProgramHandler:
    async def transcribe(request: web.Request, rows: ProgramRows) -> web.StreamResponse:
        received, wanted = await receive(request, rows, _OPENAI_FILE, lambda fields: openai_request(fields, task))
        return await _submitted(request, rows, received.folder, received.file_name, wanted, patience)

    return transcribe


def _asr(patience: Patience) -> ProgramHandler:
    async def transcribe(request: web.Request, rows: ProgramRows) -> web.StreamResponse:
        received, wanted = await receive(request, rows, _ASR_FILE, asr_request, is_raw=_is_raw(request))
        response = await _submitted(request, rows, received.folder, received.file_name, wanted, patience)
        if not response.prepared:
            name = f"{received.file_name}.{_SUFFIXES.get(wanted.answer_format, wanted.answer_format)}"
            response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
            response.headers["Asr-Engine"] = OWNER
        return response

    return transcribe


def _is_raw(request: web.Request) -> bool:
    """`encode=false` says that ffmpeg need not make samples of it: they are samples already."""
    return request.query.get("encode", "true").lower() in ("false", "0", "no")


async def _submitted(
    request: web.Request,
    rows: ProgramRows,
    folder: Path,
    file_name: str | None,
    wanted: ProgramRequest,
    patience: Patience,
) -> web.StreamResponse:
    job_id = await rows.submit(folder, file_name or "recording", wanted)
    if wanted.streams:
        return await send_events(request, rows, job_id, patience)
    return await answer_when_done(request, rows, job_id, wanted, patience)


async def detect_language(request: web.Request, rows: ProgramRows) -> web.Response:
    received, _ = await receive(request, rows, _ASR_FILE, lambda fields: fields, is_raw=_is_raw(request))
    code, name = await rows.detect_language(received.folder, received.file_name or "recording")
    return web.json_response({"detected_language": name, "language_code": code})


async def list_models(request: web.Request, rows: ProgramRows) -> web.Response:
    del request
    return web.json_response(model_list(await rows.models()))


async def show_model(request: web.Request, rows: ProgramRows) -> web.Response:
    """A model that this PC does not have means its own, as it does for a recording."""
    wanted, models = request.match_info["model"].strip("/"), await rows.models()
    return web.json_response(model_of(wanted if wanted in models else models[0]))


async def list_jobs(request: web.Request, rows: ProgramRows) -> web.Response:
    del request
    return web.json_response({"object": "list", "data": await rows.jobs()})


async def show_job(request: web.Request, rows: ProgramRows) -> web.StreamResponse:
    """A job; with `response_format` (and `timestamp_granularities[]`) its transcript, as the request for it had."""
    job_id = request.match_info["job_id"]
    view = await rows.job(job_id)
    fields = plain_fields({name: request.query.getall(name) for name in request.query})
    if "response_format" not in fields:
        return web.json_response(view)
    answer = await rows.answer(
        job_id, openai_request(fields, "translate" if view["task"] == "translate" else "transcribe")
    )
    return await whole_answer(request, answer, {})


async def delete_job(request: web.Request, rows: ProgramRows) -> web.Response:
    job_id = request.match_info["job_id"]
    await rows.delete(job_id)
    return web.json_response({"id": job_id, "object": "transcription.job", "deleted": True})


def _methods_at(path: str) -> tuple[str, ...]:
    """Returns how a row for programs can be asked; nothing if there is none at that path."""
    found = _PATHS.fullmatch(path)
    if found is None:
        return ()
    if found["delete"] is not None:
        return (hdrs.METH_GET, hdrs.METH_DELETE)
    return (hdrs.METH_POST,) if found["post"] is not None else (hdrs.METH_GET,)


async def _no_such_row(request: web.Request, rows: ProgramRows) -> web.StreamResponse:
    del rows
    if request.method == "OPTIONS":
        return nothing()
    if methods := _methods_at(f"/{request.match_info['rest']}"):
        raise web.HTTPMethodNotAllowed(request.method, methods)
    raise NotFoundError(f"There is nothing at {request.match_info['rest']!r:.100}; the base URL ends with /v1.")
