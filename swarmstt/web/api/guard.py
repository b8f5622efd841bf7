"""Who may ask: only programs of this PC and of this user, and of all pages in their browsers only our own.

A page from elsewhere can make a browser on this PC send requests to loopback addresses. It is recognised by the Host it
was reached by (DNS rebinding), by its Origin, and by what the browser says of where a request comes from (Fetch
Metadata, https://www.w3.org/TR/fetch-metadata/). A reverse proxy or tunnel on this PC is recognised by what it says of
whom it asks for. Only guests may come that way: what is under /join/ looks at their tokens itself.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from swarmstt.web.api.arrivals import Arrivals
from swarmstt.web.api.own_user import OwnUser
from swarmstt.web.api.replies import reply

PAGE_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "media-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::\d{1,5})?")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_STATE_CHANGING_PATHS = ("/tasks/next", "/ws/")
"""Reached by GET, and yet more than reading."""
_GUESTS_PATH = "/join/"
_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
"""Headers that proxies and tunnels add; no program on this PC that asks by itself does."""


async def add_page_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds the headers to every answer, errors and files too: a signal for `on_response_prepare`."""
    response.headers.update(PAGE_HEADERS)


def is_loopback_host(host: str, allowed_hosts: Collection[str] = ()) -> bool:
    """Returns whether a Host header (name or address, with or without a port) names this PC itself."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].lower()
    if name in ("localhost", "localhost.") or name in allowed_hosts:
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def comes_from_elsewhere(request: web.Request) -> bool:
    """Returns whether a page that is not ours made a browser ask for what changes something, or for what it could
    use."""
    changes = request.method not in _SAFE_METHODS or request.path.startswith(_STATE_CHANGING_PATHS)
    origin = request.headers.get("Origin")
    if changes and origin is not None and origin.lower() != f"{request.scheme}://{request.host}".lower():
        return True
    site = request.headers.get("Sec-Fetch-Site", "none")
    followed_a_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and not changes
    return site in ("cross-site", "same-site") and not followed_a_link


def _own_page(request: web.Request) -> str:
    """Returns where the page is that this request meant, as a browser on this PC may ask for it."""
    address = request.transport.get_extra_info("sockname") if request.transport is not None else None
    return f"http://127.0.0.1:{address[1]}" if address else "http://127.0.0.1"


IS_OWN: web.RequestKey[bool] = web.RequestKey("is_own", bool)
"""Set for a request that the guard let pass: it is of this PC and its user."""


def guard(
    allowed_hosts: Collection[str],
    own_user: OwnUser,
    arrivals: Arrivals,
    *,
    is_looked_at_elsewhere: Callable[[web.Request], bool] | None = None,
) -> Middleware:
    """Returns the middleware that refuses, with 403, whoever may not ask. Who may has a settled connection.
    `is_looked_at_elsewhere`: the handler of this request looks itself at who asks, as that of guests does."""
    names = frozenset(name.lower() for name in allowed_hosts)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.rel_url.raw_path.startswith(_GUESTS_PATH):
            return await handler(request)
        if is_looked_at_elsewhere is not None and is_looked_at_elsewhere(request):
            return await handler(request)
        if any(name in request.headers for name in _OF_PROXIES):
            return reply(request, {"error": "Only guests with an invitation may come from elsewhere."}, status=403)
        hosts = request.headers.getall("Host", ())
        if len(hosts) != 1 or not is_loopback_host(hosts[0], names):
            return reply(request, {"error": f"This address is not this PC; open {_own_page(request)}."}, status=403)
        if comes_from_elsewhere(request):
            return reply(request, {"error": "Another web page asked for this; open this PC's own page."}, status=403)
        if (welcome := own_user.welcome(request)) is not None:
            return welcome
        if (refusal := await own_user.refusal(request)) is not None:
            return reply(request, {"error": refusal}, status=403)
        arrivals.settle(request.transport)
        request[IS_OWN] = True
        return await handler(request)

    return check
