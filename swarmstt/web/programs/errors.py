"""Errors in the shape that clients of OpenAI's API read: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from swarmstt.core.programs.requests import FieldError
from swarmstt.errors import ConflictError, EngineError, NotFoundError, SwarmError, TooLargeError, TooMuchAtOnceError
from swarmstt.web.api.replies import status_of, to_json

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5
_CODES: dict[type[SwarmError], str] = {
    TooMuchAtOnceError: "rate_limit_exceeded",
    NotFoundError: "not_found",
    TooLargeError: "file_too_large",
    ConflictError: "not_finished",
    EngineError: "decoding_failed",
}
_INSIDE = "Something went wrong inside swarmstt; its log says more. Try again."


def shape(message: str, status: int, *, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """Returns the body of an error."""
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "rate_limit_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def shape_of(error: SwarmError) -> dict[str, Any]:
    code = next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)
    return shape(error.message, status_of(error), param=getattr(error, "param", None), code=code)


def refusal(
    message: str, status: int, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Returns the answer of an error that no part of the node raised."""
    more = {"Retry-After": str(RETRY_SECONDS)} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    body = to_json(shape(message, status, code=code))
    return web.Response(text=body, status=status, content_type="application/json", headers={**more, **(headers or {})})


def broken_off(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Ends the connection without an end of the answer, so that nobody takes half of one for the whole."""
    if request.transport is not None:
        request.transport.abort()
    return response or web.Response(status=HTTPStatus.BAD_REQUEST)


def answer_to(error: Exception, request: web.Request) -> web.Response:
    """Returns the answer for whatever a handler raised. No defect shows what is inside."""
    if isinstance(error, SwarmError):
        status = status_of(error)
        headers = {"Retry-After": str(RETRY_SECONDS)} if isinstance(error, TooMuchAtOnceError) else None
        if isinstance(error, FieldError):
            logger.debug("A program's request was not understood: %s", error.message)
        body = to_json(shape_of(error))
        return web.Response(text=body, status=status, content_type="application/json", headers=headers)
    if isinstance(error, web.HTTPException):
        sentence = f"{error.reason}: {request.method} is not possible there; see swarmstt's docs on programs."
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return refusal(sentence, error.status, headers=allow)
    logger.error("A program's request failed.", exc_info=error)
    return refusal(_INSIDE, HTTPStatus.INTERNAL_SERVER_ERROR)
