"""Where the handlers find what the application was built with."""

from __future__ import annotations

from weakref import WeakSet

from aiohttp import web

from swarmstt.web.ports import NodePort

NODE: web.AppKey[NodePort] = web.AppKey("node")
SOCKETS: web.AppKey[WeakSet[web.WebSocketResponse]] = web.AppKey("sockets")
"""Every open WebSocket, so that all can be closed when the application ends."""
CHANGES_SECONDS: web.AppKey[float] = web.AppKey("changes_seconds", float)
"""The least time between two messages to one live page."""
BEAT_SECONDS: web.AppKey[float] = web.AppKey("beat_seconds", float)
"""The longest time between two messages to one live page."""
