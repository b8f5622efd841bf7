"""What the reader needs: a book's text as far as it is known, and its audio for the browser to play."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.typedefs import LooseHeaders
from aiohttp.web_request import BaseRequest

from swarmstt.errors import InputError
from swarmstt.ids import BookId
from swarmstt.web.incoming import book_id_of
from swarmstt.web.replies import reply, to_json, wants_msgpack

AUDIO_TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".mp4": "audio/mp4",
    ".m4v": "audio/mp4",
    ".aac": "audio/aac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
}
"""What browsers play, by the suffix of the file."""


class ReaderPort(Protocol):
    """All dictionaries are ready for JSON; NotFoundError for a book or a part that does not exist."""

    async def text(self, book_id: BookId, first_seconds: float, last_seconds: float) -> dict[str, Any]:
        """The book as it reads now, also while it is unfinished:

        book_id, filename, title, author, state, reason, percent, duration, read_whole, chapters, gaps: as in the
        port's Book, but that `reason` is only why it failed.
        language: its code, or None.
        segments: [{start, end, text, words: [{start, end, word}]}] in order, in seconds of the book; only those of
        chunks that reach into `first_seconds`..`last_seconds`. Words are missing where a guest told none.
        parts: [{start, end, status}], all its chunks in order, with the status of the row `/tasks`.
        done_until: [[start, end], …], the stretches of audio that have a transcript.
        audio: [{url, start, end}], the files to play, one after the other; start and end are None where they are not
        known, and must then be measured. Empty where it cannot be played: then `audio_trouble` says why.
        """

    async def source(self, book_id: BookId, part: int) -> Path:
        """A file that the book was made of, by its place from 0; it exists. NotFoundError, a sentence for a person,
        where it is gone, or is none that a browser plays."""


READER: web.AppKey[ReaderPort] = web.AppKey("reader")


def add_reader(app: web.Application, reader: ReaderPort) -> None:
    """Adds the rows of the API that the reader asks for."""
    app[READER] = reader
    app.router.add_get("/books/{book_id}/text", get_text)
    app.router.add_get("/books/{book_id}/audio", get_audio)


async def get_text(request: web.Request) -> web.Response:
    """All of the text, or of the chunks between the seconds `from` and `until` of the query."""
    first, last = _seconds(request, "from", 0.0), _seconds(request, "until", math.inf)
    found = await request.app[READER].text(book_id_of(request), first, last)
    if wants_msgpack(request):
        return reply(request, found)
    text = await asyncio.to_thread(to_json, found)  # some megabytes, of a long book
    return web.Response(text=text, content_type="application/json", headers={"Cache-Control": "no-store"})


def _seconds(request: web.Request, name: str, default: float) -> float:
    given = request.query.get(name)
    if given is None:
        return default
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise InputError(f"{name} must be a number of seconds.")
    return seconds


class SourceFile(web.FileResponse):
    """A file as it is, or a range of it: never a packed twin (`.gz`, `.br`) that happens to lie beside it."""

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        headers: LooseHeaders = [pair for pair in request.headers.items() if pair[0].lower() != "accept-encoding"]
        return await super().prepare(request.clone(headers=headers))


async def get_audio(request: web.Request) -> web.StreamResponse:
    """One of the book's files, which is the whole book where it has only one; ranges are served."""
    given = request.query.get("part", "0")
    if not (given.isascii() and given.isdigit() and len(given) <= 6):
        raise InputError("part must be the place of a file in the book, from 0.")
    path = await request.app[READER].source(book_id_of(request), int(given))
    kind = AUDIO_TYPES[path.suffix.lower()]
    return SourceFile(path, headers={"Content-Type": kind, "Cache-Control": "no-cache"})
