"""The status page and the read-along page: small files, read once, that every browser asks about again each time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aiohttp import ETag, web
from aiohttp.typedefs import Handler

from swarmstt.errors import NotFoundError

if TYPE_CHECKING:
    from importlib.abc import Traversable  # from Python 3.14 on it is in another module

CONTENT_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def read_files() -> dict[str, bytes]:
    """Returns the files of both pages by their paths, such as `page/main.js`, from the installed package."""
    return dict(_files_in(resources.files("swarmstt.web") / "static"))


def _files_in(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files_in(entry, f"{path}{entry.name}/")
        elif PurePosixPath(entry.name).suffix in CONTENT_TYPES:
            yield path + entry.name, entry.read_bytes()


def add_page(app: web.Application) -> None:
    """Serves the status page at `/`, a book to read along at `/read/`, and what they load at `/static/`.

    A path is looked up among the files that were read, never on disk: nothing else can be asked for.
    """
    files = read_files()
    tags = {path: hashlib.sha256(content).hexdigest()[:32] for path, content in files.items()}
    app.router.add_get("/", _serving(files, tags, "page/index.html"))
    app.router.add_get("/read/{book_id}", _serving(files, tags, "reader/index.html"))
    app.router.add_get("/static/{path:.+}", _serving(files, tags))


def _serving(files: Mapping[str, bytes], tags: Mapping[str, str], only: str = "") -> Handler:
    async def serve(request: web.Request) -> web.Response:
        path = only or request.match_info["path"]
        if path not in files:
            raise NotFoundError(f"The page has no part called {path[:100]}.")
        known = any(each.value in (tags[path], "*") for each in request.if_none_match or ())
        response = web.Response(status=304) if known else web.Response(body=files[path])
        response.content_type = CONTENT_TYPES[PurePosixPath(path).suffix]
        if not known:
            response.charset = "utf-8"
        response.headers["Cache-Control"] = "no-cache"
        response.etag = ETag(value=tags[path])
        return response

    return serve
