"""The rows of the API about books, transcripts and this node."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from swarmstt.config import FORMATS
from swarmstt.core.requests import AddedBook, BookOptions
from swarmstt.errors import ConflictError, InputError, SwarmError
from swarmstt.ids import BookId
from swarmstt.web.incoming import MOST_PATH_CHARACTERS, book_id_of, book_options, read_map, seconds_of
from swarmstt.web.keys import NODE
from swarmstt.web.ports import NodePort
from swarmstt.web.replies import reply, status_of, wants_msgpack

MOST_PATHS = 1000
MOST_PAUSE_SECONDS = 366 * 86400.0

CONTENT_TYPES = {
    "txt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json",
}


async def full_status(node: NodePort) -> dict[str, Any]:
    """The row `/status`: what the node says of itself, and its books."""
    return {**node.status(), "books": await node.books()}


async def get_status(request: web.Request) -> web.Response:
    return reply(request, await full_status(request.app[NODE]))


async def list_books(request: web.Request) -> web.Response:
    return reply(request, await request.app[NODE].books())


async def get_book(request: web.Request) -> web.Response:
    return reply(request, await request.app[NODE].book(book_id_of(request)))


async def add_books(request: web.Request) -> web.Response:
    """Each path on its own: one that cannot be read does not hold up the others."""
    body = await read_map(request)
    if unknown := sorted(map(str, set(body) - {"paths", "options"})):
        raise InputError(f"There is no field {unknown[0][:100]!r}; how a book is to be done goes into options.")
    paths = _paths(body.get("paths"))
    options = body.get("options") or {}
    if not isinstance(options, dict):
        raise InputError("options must be an object with named fields.")
    node = request.app[NODE]
    answer, first_error = await _add_each(node, paths, book_options(options, node.usual_options()))
    if first_error is not None and not answer["books"]:
        return reply(request, {"error": first_error.message, **answer}, status=status_of(first_error))
    return reply(request, answer, status=HTTPStatus.CREATED)


async def _add_each(node: NodePort, paths: list[str], options: BookOptions) -> tuple[dict[str, Any], SwarmError | None]:
    whole = [path for path in paths if Path(path).is_absolute()]
    added = iter(await node.add_paths(whole, options) if whole else [])
    answers = [(path, next(added) if Path(path).is_absolute() else _not_whole(path)) for path in paths]
    errors = [(path, each) for path, each in answers if isinstance(each, SwarmError)]
    return {
        "books": [
            {**as_answer(each), "given": each.given, "path": path}
            for path, each in answers
            if not isinstance(each, SwarmError)
        ],
        "errors": [{"path": path, "error": error.message} for path, error in errors],
    }, errors[0][1] if errors else None


def _not_whole(path: str) -> SwarmError:
    return InputError(f"{path} must be a whole path, from the root of this PC's files.")


def as_answer(added: AddedBook) -> dict[str, Any]:
    return {"book_id": added.book_id, "filename": added.filename, "known": added.known}


def _paths(thing: Any) -> list[str]:
    if not isinstance(thing, list) or not 0 < len(thing) <= MOST_PATHS:
        raise InputError(f"paths must be a list of 1 to {MOST_PATHS} files or folders.")
    if not all(isinstance(each, str) and 0 < len(each) <= MOST_PATH_CHARACTERS and "\0" not in each for each in thing):
        raise InputError(f"Each path must be text of at most {MOST_PATH_CHARACTERS} characters.")
    return thing


async def remove_book(request: web.Request) -> web.Response:
    await request.app[NODE].remove(book_id_of(request))
    return reply(request, {"status": "ok"})


async def pause_book(request: web.Request) -> web.Response:
    await request.app[NODE].pause(book_id_of(request))
    return reply(request, {"status": "ok"})


async def resume_book(request: web.Request) -> web.Response:
    await request.app[NODE].resume(book_id_of(request))
    return reply(request, {"status": "ok"})


async def retry_book(request: web.Request) -> web.Response:
    await request.app[NODE].retry(book_id_of(request))
    return reply(request, {"status": "ok"})


async def pause_helping(request: web.Request) -> web.Response:
    seconds = (await read_map(request)).get("seconds")
    await request.app[NODE].pause_helping(None if seconds is None else _pause_seconds(seconds))
    return reply(request, {"status": "ok"})


def _pause_seconds(thing: Any) -> float:
    seconds = seconds_of(thing, "seconds")
    if not 0 < seconds <= MOST_PAUSE_SECONDS:
        raise InputError(
            "A pause must be longer than nothing and at most a year; leave seconds out for one without end."
        )
    return seconds


async def resume_helping(request: web.Request) -> web.Response:
    await request.app[NODE].resume_helping()
    return reply(request, {"status": "ok"})


async def get_result(request: web.Request) -> web.StreamResponse:
    """The transcript, as a file to download where a format was asked for by name."""
    node, book_id = request.app[NODE], book_id_of(request)
    chosen = request.query.get("format", "json").lower()
    if chosen not in FORMATS:
        raise InputError(f"There is no format {chosen[:100]!r}; the formats are {', '.join(FORMATS)}.")
    try:
        path = await node.transcript_file(book_id, chosen)
    except ConflictError as error:
        return await _unfinished(request, node, book_id, error)
    if chosen == "json" and wants_msgpack(request):
        return reply(request, await asyncio.to_thread(_read_json, path))
    headers = {"Content-Type": CONTENT_TYPES[chosen], "Cache-Control": "no-cache"}
    if "format" in request.query:
        name = download_name(await node.book(book_id), chosen)
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return web.FileResponse(path, headers=headers)


def download_name(book: Mapping[str, Any], format_: str) -> str:
    """What a downloaded transcript is called: as the files that the node wrote for this book, else after the book."""
    for file in book.get("files") or ():
        return f"{Path(file['path']).stem}.{format_}"
    return f"{Path(book['filename']).stem}.{format_}"


async def _unfinished(request: web.Request, node: NodePort, book_id: BookId, error: ConflictError) -> web.Response:
    book = await node.book(book_id)
    progress = {name: book.get(name) for name in ("state", "percent", "remaining_seconds", "tasks")}
    return reply(request, {"error": error.message, "progress": progress}, status=HTTPStatus.CONFLICT)


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
