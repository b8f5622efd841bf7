"""What the API answers: JSON, or msgpack where the request asks for it, and errors as one sentence."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgpack
from aiohttp import web
from aiohttp.typedefs import Handler

from swarmstt.errors import (
    ConflictError,
    ExpiredError,
    InputError,
    ModelError,
    NoNodeError,
    NotFoundError,
    NotReadyError,
    PeerError,
    SwarmError,
    TooLargeError,
    TooMuchAtOnceError,
    UsageError,
)

logger = logging.getLogger(__name__)

MSGPACK_TYPES = frozenset({"application/msgpack", "application/x-msgpack", "application/vnd.msgpack"})

STATUS_OF: dict[type[SwarmError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    ExpiredError: HTTPStatus.GONE,
    InputError: HTTPStatus.BAD_REQUEST,
    UsageError: HTTPStatus.BAD_REQUEST,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooMuchAtOnceError: HTTPStatus.TOO_MANY_REQUESTS,
    NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
    ModelError: HTTPStatus.SERVICE_UNAVAILABLE,
    NoNodeError: HTTPStatus.SERVICE_UNAVAILABLE,
    PeerError: HTTPStatus.BAD_GATEWAY,
    SwarmError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""An error that is not listed has the status of the nearest class above it."""
_ERROR_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>swarmstt</title>
<body>
<h1>swarmstt</h1>
<p>{sentence}</p>
<p><a href="/">Go to the page of this PC</a></p>
</body>
</html>
"""


def status_of(error: SwarmError) -> HTTPStatus:
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


def to_json(thing: Any) -> str:
    """Returns JSON text; halves of characters, which names of files may hold, are escaped."""
    text = json.dumps(thing, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode()


def wants_msgpack(request: web.Request) -> bool:
    """Returns whether Accept names msgpack, and does not refuse it with q=0."""
    for part in ",".join(request.headers.getall("Accept", ())).split(","):
        kind, *parameters = (each.strip().lower() for each in part.split(";"))
        if kind in MSGPACK_TYPES:
            return not any(each.startswith("q=") and not each[2:].strip("0.") for each in parameters)
    return False


def reply(
    request: web.Request, thing: Any, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Returns the answer to a request, in the form it asks for; browsers do not keep it."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if wants_msgpack(request):
        body = msgpack.packb(thing, unicode_errors="backslashreplace")
        return web.Response(body=body, status=status, headers=headers, content_type="application/msgpack")
    return web.Response(text=to_json(thing), status=status, headers=headers, content_type="application/json")


def _error_reply(
    request: web.Request, sentence: str, status: int, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Returns the error for a program, or, where a person's browser goes to an address, as a page."""
    if request.method != "GET" or "text/html" not in request.headers.get("Accept", ""):
        return reply(request, {"error": sentence}, status=status, headers=headers)
    text = _ERROR_PAGE.format(sentence=html.escape(sentence))
    return web.Response(text=text, status=status, headers={"Cache-Control": "no-store"}, content_type="text/html")


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Makes every error an answer of the form {"error": "what and what to do"}."""
    try:
        return await handler(request)
    except SwarmError as error:
        return _error_reply(request, error.message, status_of(error))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return _error_reply(request, _in_words(request, error), error.status, headers)
    except ConnectionError:
        # Whoever asked is gone. Nobody reads this answer, but without one aiohttp logs a traceback.
        logger.info("%s %s was broken off.", request.method, _loggable(request.path))
        return reply(request, {"error": "The connection broke off; try again."}, status=HTTPStatus.BAD_REQUEST)
    except Exception:
        logger.exception("%s %s failed.", request.method, _loggable(request.path))
        sentence = "Something went wrong inside swarmstt; its log says more. Try again."
        return _error_reply(request, sentence, HTTPStatus.INTERNAL_SERVER_ERROR)


def _loggable(path: str) -> str:
    """Returns a path without the token of an invitation or a program, which is for nobody's eyes."""
    return re.sub(r"^/(join|programs)/[^/]*", r"/\1/…", path)


def _in_words(request: web.Request, error: web.HTTPException) -> str:
    """Returns the sentence for an error that aiohttp found before any handler did."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = " or ".join(sorted(error.allowed_methods))
        return f"{error.method} is not possible at {request.path}; use {allowed}."
    if isinstance(error, web.HTTPNotFound):
        return f"There is nothing at {request.path}; check the address."
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return "The request is too large; send less."
    return f"{error.reason}; check the request."
