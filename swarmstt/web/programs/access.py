"""Which program asks, and what it may: by the token in its address, by a Bearer key, or because it runs on this PC."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web

from swarmstt.web.api.guard import IS_OWN
from swarmstt.web.incoming.budgets import RequestBudgets
from swarmstt.web.incoming.places import ComesIn, Places
from swarmstt.web.programs.errors import answer_to, broken_off, refusal
from swarmstt.web.programs.ports import ProgramAccess, ProgramRows

logger = logging.getLogger(__name__)

MOST_REQUESTS = 256
"""Of one program at a time: each waits for its recording."""
REQUESTS_PER_SECOND = 20.0
MOST_CONNECTIONS = 512
REFUSAL_SECONDS = 1.0
"""So long a program that asks too often waits for each refusal."""
_CORS: web.RequestKey[str] = web.RequestKey("cors", str)
_BEGUN: web.RequestKey[web.StreamResponse] = web.RequestKey("begun", web.StreamResponse)

_NOT_THIS_PAGE = (
    "This web page is not allowed. Allow it with `swarmstt programs --name NAME --origin {origin}`, and use that "
    "address."
)
_NO_MORE = "That is too much at once; wait a little and try again."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ProgramHandler = Callable[[web.Request, ProgramRows], Awaitable[web.StreamResponse]]


class Access:
    """Bounds what the programs ask, and breaks off what is served for one that is revoked. One for all ports."""

    def __init__(
        self,
        port: ProgramAccess,
        *,
        places: Places | None = None,
        most_requests: int = MOST_REQUESTS,
        requests_per_second: float = REQUESTS_PER_SECOND,
        refusal_seconds: float = REFUSAL_SECONDS,
    ) -> None:
        self.port = port
        self.places = places or Places(
            most=MOST_CONNECTIONS, most_of_an_address=MOST_REQUESTS, most_of_an_invitation=MOST_REQUESTS
        )
        self._most_requests = most_requests
        self._refusal_seconds = refusal_seconds
        self._budgets = RequestBudgets(requests_per_second)
        self._running: Counter[str] = Counter()
        self._handlers: set[Handler] = {self.preflight}

    def revoked(self, program_id: str) -> None:
        """Ends the connections of a program that may come no more."""
        self._budgets.forget(program_id)
        self.places.end_of(program_id)

    def is_for_programs(self, request: web.Request) -> bool:
        """Returns whether whoever asks is looked at here, and not by the page's guard. The page has rows with paths of
        the same form, as /models: what counts is who answers."""
        if request.match_info.handler not in self._handlers:
            return False
        if "token" in request.match_info:
            return True
        if request.method == hdrs.METH_OPTIONS:
            return self.port.allows(request.headers.get(hdrs.ORIGIN, ""))
        key = bearer_of(request)
        return key is not None and self.port.admit(key) is not None

    def rows_for(self, request: web.Request) -> ProgramRows | None:
        """Returns the rows for whoever asks; None for a stranger."""
        if "token" in request.match_info:
            return self.port.admit(request.match_info["token"])
        key = bearer_of(request)
        found = self.port.admit(key) if key is not None else None
        return found or (self.port.own() if request.get(IS_OWN) else None)

    def serving(self, handler: ProgramHandler, comes_in: ComesIn) -> Handler:
        """Returns a handler of requests that serves programs, and nothing to anybody else."""

        async def serve(request: web.Request) -> web.StreamResponse:
            rows = self.rows_for(request)
            if rows is None:
                return nothing()
            if (refused := _page_refused(request, rows)) is not None:
                return refused
            if not rows.program_id:
                return await answered(request, rows, handler)
            return await self._serve_bounded(request, rows, handler, comes_in)

        self._handlers.add(serve)
        return serve

    async def _serve_bounded(
        self, request: web.Request, rows: ProgramRows, handler: ProgramHandler, comes_in: ComesIn
    ) -> web.StreamResponse:
        program_id = rows.program_id
        with self.places.taken(request, program_id, comes_in) as has_place:
            if not has_place:
                return _too_much()
            if self._running[program_id] >= self._most_requests or not self._budgets.take(program_id):
                await asyncio.sleep(self._refusal_seconds)
                return _too_much()
            self._running[program_id] += 1
            rows.note_use()
            try:
                return await answered(request, rows, handler)
            finally:
                self._running[program_id] -= 1

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        """Answers a browser that asks whether a page may ask (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
        origin = request.headers.get(hdrs.ORIGIN, "")
        rows = self.rows_for(request) if "token" in request.match_info else None
        allowed = origin in rows.origins if rows is not None else self.port.allows(origin)
        if not origin or not allowed or ("token" in request.match_info and rows is None):
            return nothing()
        request[_CORS] = origin
        headers: dict[str, str] = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, DELETE",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, "*"),
            hdrs.ACCESS_CONTROL_MAX_AGE: "600",
        }
        if "Access-Control-Request-Private-Network" in request.headers:
            headers["Access-Control-Allow-Private-Network"] = "true"
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)


async def answered(request: web.Request, rows: ProgramRows, handler: ProgramHandler) -> web.StreamResponse:
    """Returns what the handler answers, or its error in the shape that programs read. An answer that has begun is
    broken off: a second one would go into the midst of it."""
    try:
        return await handler(request, rows)
    except ConnectionError as error:  # whoever asked went away
        logger.debug("A program hung up: %s", error)
        return broken_off(request, request.get(_BEGUN))
    except Exception as error:  # noqa: BLE001 - it is logged, and the program gets an error that it can read
        answer = answer_to(error, request)
        return broken_off(request, request[_BEGUN]) if _BEGUN in request else answer


async def note_begun(request: web.Request, response: web.StreamResponse) -> None:
    """Keeps what goes out for a request: a signal for `on_response_prepare`."""
    request[_BEGUN] = response


async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
    """Lets the page read the answer that asked for it: a signal for `on_response_prepare`."""
    if (origin := request.get(_CORS)) is not None:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = "X-Request-Id, Retry-After"
        response.headers[hdrs.VARY] = hdrs.ORIGIN


def bearer_of(request: web.Request) -> str | None:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" and given.strip() else None


def nothing() -> web.Response:
    """Says nothing to a stranger, and ends the connection."""
    answer = refusal("There is nothing here.", HTTPStatus.NOT_FOUND)
    answer.force_close()
    return answer


def _page_refused(request: web.Request, rows: ProgramRows) -> web.Response | None:
    """Refuses a web page that nobody named. The node's own page needs no name."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None or (not rows.program_id and request.get(IS_OWN)):
        return None
    if origin not in rows.origins:
        return refusal(_NOT_THIS_PAGE.format(origin=origin[:200]), HTTPStatus.FORBIDDEN, code="origin_not_allowed")
    request[_CORS] = origin
    return None


def _too_much() -> web.Response:
    answer = refusal(_NO_MORE, HTTPStatus.TOO_MANY_REQUESTS, code="rate_limit_exceeded")
    answer.force_close()
    return answer
