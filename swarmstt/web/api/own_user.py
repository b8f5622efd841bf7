"""Who at this PC may ask: the user that the node runs for, and root; no other user of the same PC.

The system is asked whose the other end of a connection is, once a connection. Nobody types anything, and a bookmark and
`curl` go on working. If a system cannot tell, the address that the node prints carries a key, which becomes a cookie;
commands and the tray read it from a file that only their own user may read.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
from weakref import WeakKeyDictionary

from aiohttp import web

from swarmstt.errors import LocalError
from swarmstt.page_address import KEY_PARAMETER
from swarmstt.web.api.callers import Ask, Caller, caller_of

KEY_COOKIE = "swarmstt_key"
ANOTHER_USER = "This page belongs to another user of this PC. Start swarmstt as yourself to have your own."
KEY_IS_MISSING = "Open the page from the tray, or by the whole address that `swarmstt up` prints."
_COOKIE_SECONDS = 400 * 24 * 3600
"""The longest that browsers keep a cookie."""


class OwnUser:
    """Decides on requests by their connection. `key`: what to ask for instead, since the system cannot tell; None if it
    can."""

    def __init__(self, ask: Ask = caller_of, key: str | None = None) -> None:
        self._ask = ask
        self._key = key
        self._callers: WeakKeyDictionary[asyncio.BaseTransport, asyncio.Task[Caller]] = WeakKeyDictionary()

    async def refusal(self, request: web.Request) -> str | None:
        """Returns why this request may not be answered, as a sentence; None if it may."""
        if self._key is not None:
            # A system that does not know one connection may say something wrong of the next: Wine's table of sockets
            # has those of some programs, and names no process, or another one, for the rest.
            return None if self._has_key(request) else KEY_IS_MISSING
        caller = await self._caller(request)
        if caller is Caller.UNTOLD:
            return KEY_IS_MISSING
        return None if caller is Caller.OWN else ANOTHER_USER

    def welcome(self, request: web.Request) -> web.Response | None:
        """Returns what to answer to the printed address: the page without the key, which a cookie has from now on."""
        if self._key is None or request.method != "GET" or KEY_PARAMETER not in request.query:
            return None
        rest = [(name, value) for name, value in request.query.items() if name != KEY_PARAMETER]
        # One slash only: two would name another host.
        here = "/" + str(request.rel_url.with_query(rest)).lstrip("/")
        response = web.Response(status=303, headers={"Location": here})
        if self._is_key(request.query[KEY_PARAMETER]):
            response.set_cookie(
                KEY_COOKIE, self._key, max_age=_COOKIE_SECONDS, path="/", httponly=True, samesite="Strict"
            )
        return response

    async def _caller(self, request: web.Request) -> Caller:
        """Asked in a thread, and once a connection, whose user cannot change."""
        connection = request.transport
        if connection is None:
            return Caller.OTHER  # it has gone already
        if connection not in self._callers:
            names = (connection.get_extra_info("peername"), connection.get_extra_info("sockname"))
            theirs, ours = ((host, port) for host, port, *_ in names)
            self._callers[connection] = asyncio.create_task(asyncio.to_thread(self._ask, theirs, ours))
        return await asyncio.shield(self._callers[connection])

    def _has_key(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return (scheme.lower() == "bearer" and self._is_key(given)) or self._is_key(request.cookies.get(KEY_COOKIE, ""))

    def _is_key(self, given: str) -> bool:
        return self._key is not None and hmac.compare_digest(given.encode(), self._key.encode())


def can_tell(ask: Ask = caller_of) -> bool:
    """Whether this system says whose a loopback connection is: it is tried with one of this process's own. LocalError
    if this PC has no loopback connections. Blocks."""
    with socket.socket() as listening, socket.socket() as connecting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        try:
            connecting.connect(listening.getsockname())
        except OSError as error:
            raise LocalError(
                "This PC cannot reach its own address, 127.0.0.1, which its page and programs need: turn its loopback "
                "interface on (Linux: ip link set lo up), or look at what a firewall does to it."
            ) from error
        accepted, theirs = listening.accept()
        with accepted:
            return ask(theirs, accepted.getsockname()) is Caller.OWN
