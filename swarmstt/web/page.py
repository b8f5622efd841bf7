"""The status page itself: a few small files, read once, that every browser asks about again each time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from pathlib import PurePosixPath

from aiohttp import ETag, web
from aiohttp.typedefs import Handler

from swarmstt.errors import NotFoundError

CONTENT_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def read_files() -> dict[str, bytes]:
    """The page's files by name, from the installed package."""
    folder = resources.files("swarmstt.web") / "static"
    return {
        entry.name: entry.read_bytes()
        for entry in folder.iterdir()
        if PurePosixPath(entry.name).suffix in CONTENT_TYPES
    }


def add_page(app: web.Application) -> None:
    """Serves the page at `/`, the reader of a book at `/read/`, and their parts at `/static/`."""
    files = read_files()
    tags = {name: hashlib.sha256(content).hexdigest()[:32] for name, content in files.items()}
    app.router.add_get("/", _serving(files, tags, "index.html"))
    app.router.add_get("/read/{book_id}", _serving(files, tags, "read.html"))
    app.router.add_get("/static/{name}", _serving(files, tags))


def _serving(files: Mapping[str, bytes], tags: Mapping[str, str], only: str = "") -> Handler:
    async def serve(request: web.Request) -> web.Response:
        name = only or request.match_info["name"]
        if name not in files:
            raise NotFoundError(f"The page has no part called {name[:100]}.")
        known = any(each.value in (tags[name], "*") for each in request.if_none_match or ())
        response = web.Response(status=304) if known else web.Response(body=files[name])
        response.content_type = CONTENT_TYPES[PurePosixPath(name).suffix]
        if not known:
            response.charset = "utf-8"
        response.headers["Cache-Control"] = "no-cache"
        response.etag = ETag(value=tags[name])
        return response

    return serve
