"""Where the handlers find what the application was built with."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

from aiohttp import web

from swarmstt.web.api.arrivals import Arrivals
from swarmstt.web.api.ports import (
    AddingPort,
    BooksPort,
    GuestsPort,
    InvitationsPort,
    MembershipPort,
    ReadAlongPort,
    SettingsPort,
    StatusPort,
)

STATUS: web.AppKey[StatusPort] = web.AppKey("status")
BOOKS: web.AppKey[BooksPort] = web.AppKey("books")
ADDING: web.AppKey[AddingPort] = web.AppKey("adding")
GUESTS: web.AppKey[GuestsPort] = web.AppKey("guests")
MEMBERSHIP: web.AppKey[MembershipPort] = web.AppKey("membership")
SETTINGS: web.AppKey[SettingsPort] = web.AppKey("settings")
INVITATIONS: web.AppKey[InvitationsPort] = web.AppKey("invitations")
READ_ALONG: web.AppKey[ReadAlongPort] = web.AppKey("read_along")
GIVE_WAY: web.AppKey[Callable[[], None]] = web.AppKey("give_way")
"""Asks the node to end, where it is a command's own."""
ARRIVALS: web.AppKey[Arrivals] = web.AppKey("arrivals")
"""Bounds connections over which nobody came yet who may."""
SOCKETS: web.AppKey[WeakSet[web.WebSocketResponse]] = web.AppKey("sockets")
"""Every open WebSocket, so that all can be closed when the application ends."""
CHANGES_SECONDS: web.AppKey[float] = web.AppKey("changes_seconds", float)
"""The least time between two messages to one live page."""
BEAT_SECONDS: web.AppKey[float] = web.AppKey("beat_seconds", float)
"""The longest time between two messages to one live page."""
