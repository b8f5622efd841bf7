"""What the read-along page needs: a book's text as far as it is known, and its audio for the browser to play."""

from __future__ import annotations

import asyncio
import math

from aiohttp import web

from swarmstt.errors import InputError
from swarmstt.web.api.keys import READ_ALONG
from swarmstt.web.api.replies import reply, to_json, wants_msgpack
from swarmstt.web.api.requests import book_id_of
from swarmstt.web.sent_file import SentFile

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


def read_along_routes() -> list[web.RouteDef]:
    return [web.get("/books/{book_id}/text", get_text), web.get("/books/{book_id}/audio", get_audio)]


async def get_text(request: web.Request) -> web.Response:
    """Answers with all of the text, or that of the chunks between the seconds `from` and `until` of the query."""
    first, last = _seconds(request, "from", 0.0), _seconds(request, "until", math.inf)
    found = await request.app[READ_ALONG].text(book_id_of(request), first, last)
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


async def get_audio(request: web.Request) -> web.StreamResponse:
    """Answers with one of the book's files, which is the whole book if it has only one; ranges are served."""
    given = request.query.get("part", "0")
    if not (given.isascii() and given.isdigit() and len(given) <= 6):
        raise InputError("part must be the place of a file in the book, from 0.")
    path = await request.app[READ_ALONG].source(book_id_of(request), int(given))
    kind = AUDIO_TYPES[path.suffix.lower()]
    return SentFile(path, headers={"Content-Type": kind, "Cache-Control": "no-cache"})
