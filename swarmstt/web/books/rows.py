"""The rows of the API about books and transcripts."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from swarmstt.core.requests import BookOptions
from swarmstt.errors import ConflictError, InputError, SwarmError
from swarmstt.ids import BookId
from swarmstt.output_formats import FORMATS, Format, stem_of
from swarmstt.web.api.bodies import read_map, unknown_name
from swarmstt.web.api.keys import ADDING, BOOKS
from swarmstt.web.api.ports import AddingPort, BooksPort
from swarmstt.web.api.replies import reply, status_of, wants_msgpack
from swarmstt.web.api.requests import MOST_PATH_CHARACTERS, book_id_of, book_options, name_of
from swarmstt.web.api.views import AddedPathsView, BookView
from swarmstt.web.books.undecided import as_answer
from swarmstt.web.sent_file import SentFile

MOST_PATHS = 1000
MOST_FILES = 10_000


def book_routes() -> list[web.RouteDef]:
    return [
        web.get("/books", list_books),
        web.post("/books", add_books),
        web.get("/books/{book_id}", get_book),
        web.delete("/books/{book_id}", remove_book),
        web.post("/books/{book_id}/pause", pause_book),
        web.post("/books/{book_id}/resume", resume_book),
        web.post("/books/{book_id}/first", prioritise_book),
        web.post("/books/{book_id}/retry", retry_book),
        web.post("/books/{book_id}/order", order_book),
        web.post("/books/{book_id}/again", transcribe_again),
        web.post("/books/{book_id}/show", show_folder),
        web.get("/results/{book_id}", get_result),
        web.get("/tasks", list_tasks),
    ]


async def list_books(request: web.Request) -> web.Response:
    return reply(request, await request.app[BOOKS].books())


async def get_book(request: web.Request) -> web.Response:
    return reply(request, await request.app[BOOKS].book(book_id_of(request)))


async def list_tasks(request: web.Request) -> web.Response:
    """Answers with all chunks, or with `?book_id=` those of one book."""
    book_id = request.query.get("book_id")
    chosen = None if book_id is None else BookId(name_of(book_id, "book_id"))
    return reply(request, await request.app[BOOKS].tasks(chosen))


async def add_books(request: web.Request) -> web.Response:
    """Takes each path on its own: one that cannot be read does not hold up the others."""
    body = await read_map(request)
    if (unknown := unknown_name(body, ("paths", "options"))) is not None:
        raise InputError(f"There is no field {unknown!r}; how a book is to be done goes into options.")
    paths = _paths(body.get("paths"))
    options = body.get("options") or {}
    if not isinstance(options, dict):
        raise InputError("options must be an object with named fields.")
    adding = request.app[ADDING]
    answer, first_error = await _add_each(adding, paths, book_options(options, adding.usual_options()))
    if first_error is not None and not answer["books"]:
        return reply(request, {"error": first_error.message, **answer}, status=status_of(first_error))
    return reply(request, answer, status=HTTPStatus.CREATED)


async def _add_each(
    adding: AddingPort, paths: list[str], options: BookOptions
) -> tuple[AddedPathsView, SwarmError | None]:
    whole = [path for path in paths if Path(path).is_absolute()]
    if options.one_book and len(whole) < len(paths):
        paths, whole = [next(path for path in paths if path not in whole)], []
    added = iter(await adding.add_paths(whole, options) if whole else [])
    if options.one_book:
        paths = paths[:1]
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


def _paths(thing: Any) -> list[str]:
    if not isinstance(thing, list) or not 0 < len(thing) <= MOST_PATHS:
        raise InputError(f"paths must be a list of 1 to {MOST_PATHS} files or folders.")
    if not all(isinstance(each, str) and 0 < len(each) <= MOST_PATH_CHARACTERS and "\0" not in each for each in thing):
        raise InputError(f"Each path must be text of at most {MOST_PATH_CHARACTERS} characters.")
    return thing


async def remove_book(request: web.Request) -> web.Response:
    await request.app[BOOKS].remove(book_id_of(request))
    return reply(request, {"status": "ok"})


async def pause_book(request: web.Request) -> web.Response:
    await request.app[BOOKS].set_paused(book_id_of(request), True)
    return reply(request, {"status": "ok"})


async def resume_book(request: web.Request) -> web.Response:
    await request.app[BOOKS].set_paused(book_id_of(request), False)
    return reply(request, {"status": "ok"})


async def prioritise_book(request: web.Request) -> web.Response:
    await request.app[BOOKS].prioritise(book_id_of(request))
    return reply(request, {"status": "ok"})


async def retry_book(request: web.Request) -> web.Response:
    await request.app[BOOKS].retry(book_id_of(request))
    return reply(request, {"status": "ok"})


async def order_book(request: web.Request) -> web.Response:
    """Puts the files of a book into the order of `files`, which are their places now; it becomes another book."""
    places = (await read_map(request)).get("files")
    if not isinstance(places, list) or len(places) > MOST_FILES or not all(type(each) is int for each in places):
        raise InputError("files must be a list with the place of each file, from 0.")
    return reply(request, as_answer(await request.app[BOOKS].reorder(book_id_of(request), places)))


async def transcribe_again(request: web.Request) -> web.Response:
    """`{"model"}`: has the book transcribed with that model, too. Answers with the book that this makes."""
    model = name_of((await read_map(request)).get("model"), "model")
    added = await request.app[BOOKS].transcribe_again(book_id_of(request), model)
    return reply(request, as_answer(added), status=HTTPStatus.CREATED)


async def show_folder(request: web.Request) -> web.Response:
    """Shows the book's own folder: which one that is the node knows, and no request says."""
    await request.app[BOOKS].show_folder(book_id_of(request))
    return reply(request, {"status": "ok"})


async def get_result(request: web.Request) -> web.StreamResponse:
    """Answers with the transcript, as a file to download if a format was asked for by name."""
    books, book_id = request.app[BOOKS], book_id_of(request)
    chosen = request.query.get("format", "json").lower()
    if chosen not in FORMATS:
        raise InputError(f"There is no format {chosen[:100]!r}; the formats are {', '.join(FORMATS)}.")
    try:
        path = await books.transcript_file(book_id, chosen)
    except ConflictError as error:
        return await _unfinished(request, books, book_id, error)
    if chosen == "json" and wants_msgpack(request):
        return reply(request, await asyncio.to_thread(_read_json, path))
    headers = {"Content-Type": FORMATS[chosen].content_type, "Cache-Control": "no-cache"}
    if "format" in request.query:
        name = download_name(await books.book(book_id), FORMATS[chosen])
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return SentFile(path, headers=headers)


def download_name(book: BookView, format_: Format) -> str:
    """Names a downloaded transcript as the files that the node wrote for this book, else after the book."""
    for file in book["files"]:
        return stem_of(Path(file["path"]).name) + format_.suffix
    return Path(book["filename"]).stem + format_.suffix


async def _unfinished(request: web.Request, books: BooksPort, book_id: BookId, error: ConflictError) -> web.Response:
    book = await books.book(book_id)
    progress = {name: book.get(name) for name in ("state", "percent", "remaining_seconds", "tasks")}
    return reply(request, {"error": error.message, "progress": progress}, status=HTTPStatus.CONFLICT)


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
