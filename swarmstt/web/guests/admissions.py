"""Who is let in with an invitation, and how much of that goes on at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Literal, Protocol

from aiohttp import web

from swarmstt.web.api.bodies import BodyRoom, share
from swarmstt.web.api.ports import GuestsPort
from swarmstt.web.api.replies import reply
from swarmstt.web.incoming.budgets import RequestBudgets
from swarmstt.web.incoming.places import ComesIn, Places

MOST_REQUESTS = 32
"""Requests of one invitation at a time, its WebSockets counted."""
REQUESTS_PER_SECOND = 20.0
"""Of one invitation, after a burst of ten seconds' worth."""
REQUEST_SECONDS = 600.0
"""The longest that one may take, unless it is a WebSocket: `swarmstt help` waits no longer for its answer."""
REFUSAL_SECONDS = 1.0
"""So long whoever asks too often waits for each refusal: else that would cost this PC as much as what is refused."""
_NO_MORE = "That is too much at once; wait a little and try again."
_TOO_SLOW = "That took too long; try again over a faster connection."

WhoIsCopied = Literal["this one", "another one"]
"""Of two PCs with one id, as after a data folder was copied: the one that asks, which takes a new id then, or the other
one, which did."""

InvitedHandler = Callable[[web.Request, "InvitedRows"], Awaitable[web.StreamResponse]]


class InvitedRows(GuestsPort, Protocol):
    """The worker rows for the guests of one invitation, who cannot touch what others hold."""

    @property
    def invitation_id(self) -> str: ...

    @property
    def is_plain(self) -> bool:
        """Whether its guests come over plain HTTP, not over TLS."""

    @property
    def note_use(self) -> Callable[[], None]:
        """Notes that a guest came."""

    def begins(self, worker_id: str, run: str | None) -> None:
        """Takes what a guest that registered just now calls this run of its program; None if it calls it nothing."""

    def who_is_copied(self, worker_id: str, run: str) -> WhoIsCopied | None:
        """Returns which of two PCs that come as this guest takes a new id; None if it is one PC, and of each pair once
        for each of the two."""

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        """Takes what a guest says of itself when it registers."""

    def promise_heartbeats(self, worker_id: str) -> None:
        """Notes that this guest sends heartbeats, one each ten seconds at least: it may be taken for gone when they
        end."""

    async def return_task(self, task_id: str, worker_id: str, error: str | None) -> None:
        """Takes a chunk back from a guest; `error` says why it could not be decoded, None that nothing is wrong with
        it."""

    def is_wanted(self, worker_id: str, task_id: str) -> bool:
        """Returns whether the guest holds a lease of that chunk."""


class GuestPort(Protocol):
    """What the guests' application needs of the node."""

    def admit(self, token: str) -> InvitedRows | None:
        """Returns the rows for whoever has this token; None if it is not an invitation's, ExpiredError if its time is
        over."""


class Admissions:
    """The requests of guests that are being served, by invitation: bounded, and broken off when it is revoked."""

    def __init__(
        self,
        port: GuestPort,
        *,
        places: Places | None = None,
        most_requests: int = MOST_REQUESTS,
        requests_per_second: float = REQUESTS_PER_SECOND,
        request_seconds: float = REQUEST_SECONDS,
        refusal_seconds: float = REFUSAL_SECONDS,
    ) -> None:
        self.port = port
        self.places = Places() if places is None else places
        self._most_requests = most_requests
        self._request_seconds = request_seconds
        self._refusal_seconds = refusal_seconds
        self._running: defaultdict[str, dict[int, web.Request]] = defaultdict(dict)
        self._budgets = RequestBudgets(requests_per_second)
        self._rooms: defaultdict[str, BodyRoom] = defaultdict(BodyRoom)

    async def serve(
        self,
        request: web.Request,
        rows: InvitedRows,
        handler: InvitedHandler,
        comes_in: ComesIn,
        *,
        lasts: bool = False,
    ) -> web.StreamResponse:
        """Serves a request that came with a valid token. `lasts`: it is a WebSocket, which finds out by itself that the
        other end is gone."""
        running = self._running[rows.invitation_id]
        with self.places.taken(request, rows.invitation_id, comes_in) as has_place:
            if not has_place:
                answer = _too_much(request)
                answer.force_close()
                return answer
            if len(running) >= self._most_requests or not self._budgets.take(rows.invitation_id):
                await asyncio.sleep(self._refusal_seconds)
                return _too_much(request)
            running[id(request)] = request
            try:
                with share(self._rooms[rows.invitation_id]):
                    return await asyncio.wait_for(handler(request, rows), None if lasts else self._request_seconds)
            except asyncio.TimeoutError:
                if request.writer.output_size and request.transport is not None:
                    request.transport.abort()  # nothing else can follow half of an answer
                answer = reply(request, {"error": _TOO_SLOW}, status=HTTPStatus.REQUEST_TIMEOUT)
                answer.force_close()
                return answer
            finally:
                running.pop(id(request), None)

    def revoked(self, invitation_id: str) -> None:
        """Breaks off what is being served for it, and ends the connections of its guests."""
        self._budgets.forget(invitation_id)
        self._rooms.pop(invitation_id, None)
        self._running.pop(invitation_id, None)
        self.places.end_of(invitation_id)


def _too_much(request: web.Request) -> web.Response:
    headers = {"Retry-After": "5"}
    return reply(request, {"error": _NO_MORE}, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
