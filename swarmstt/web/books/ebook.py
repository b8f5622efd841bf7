"""The row that gives a book its ebook."""

from __future__ import annotations

import asyncio
import shutil

from aiohttp import web

from swarmstt.errors import InputError
from swarmstt.web.api.bodies import refuse_compressed
from swarmstt.web.api.keys import ADDING
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import book_id_of
from swarmstt.web.books.upload import Received, receive
from swarmstt.web.incoming.parts import no_room


def ebook_routes() -> list[web.RouteDef]:
    return [web.post("/books/{book_id}/ebook", give_ebook)]


async def give_ebook(request: web.Request) -> web.Response:
    """Takes one EPUB. The book is written again with it; nothing is decoded."""
    adding, book_id = request.app[ADDING], book_id_of(request)
    if request.content_type != "multipart/form-data":
        raise InputError("Send the ebook as multipart/form-data, in a field called file.")
    refuse_compressed(request)
    room_bytes = await asyncio.to_thread(adding.free_bytes)
    if (request.content_length or 0) > room_bytes:
        raise no_room()
    folder = await asyncio.to_thread(adding.upload_folder)
    try:
        received = await receive(request, Received(folder, room_bytes))
        if len(received.paths) != 1:
            raise InputError("A book has one ebook: send one file.")
        await adding.add_ebook(book_id, received.arriving(0), received.paths[0][-1])
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return reply(request, {"status": "ok"})
