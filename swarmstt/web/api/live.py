"""The live page's WebSocket: a snapshot, then what changed, a few times a second at most.

Every change carries the whole new state of its thing, so of two changes of one thing only the newer is kept. A page
that cannot keep up is not fed from a growing queue: what waits for it is dropped, and it gets a fresh snapshot.

    {"type": "snapshot", "node", "books", "tasks", "workers", "peers", …}    as /status; chunks come by /tasks
    {"type": "changes", "changes": [Change, …]}    with none of them now and then, where nothing changes

By those the page knows that the node lives: a browser does not notify a page of a connection that only hangs.
"""

from __future__ import annotations

import asyncio
import logging

from aiohttp import WSMsgType, web

from swarmstt.sockets import Frames
from swarmstt.tasks import TaskSet, happens
from swarmstt.web.api.keys import BEAT_SECONDS, CHANGES_SECONDS, SOCKETS, STATUS
from swarmstt.web.api.replies import to_json
from swarmstt.web.api.status import full_status
from swarmstt.web.api.status_views import Change

logger = logging.getLogger(__name__)

MOST_WAITING = 4000
"""Changes that may wait for one page; a snapshot costs less than more of them."""
MOST_NEWS = 20
"""News beyond this many is old news."""
MOST_MESSAGE_BYTES = 4096
PING_SECONDS = 20.0

_Key = tuple[str, str]


class Outbox:
    """What one page has yet to hear: the newest state of each thing, and the latest news."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._waiting: dict[_Key, Change] = {}
        self._news: list[Change] = []
        self._overflowed = False
        self.filled = asyncio.Event()

    def add(self, change: Change) -> None:
        self.filled.set()
        if change["type"] == "told":
            self._news = [*self._news, change][-MOST_NEWS:]
            return
        if change["type"] == "removed":
            self._forget(change["book_id"])
        if not self._overflowed:
            key = _key(change)
            self._waiting.pop(key, None)  # so that the newest state stands at its own time
            self._waiting[key] = change
        if len(self._waiting) > self._most_waiting:
            self._overflowed = True
            self._waiting.clear()

    def _forget(self, book_id: str) -> None:
        gone = [key for key, change in self._waiting.items() if _book_id(change) == book_id]
        for key in gone:
            del self._waiting[key]

    def take(self) -> tuple[bool, list[Change]]:
        """Returns whether a fresh snapshot is due first, and the changes to send after it."""
        overflowed, changes = self._overflowed, [*self._waiting.values(), *self._news]
        self._overflowed = False
        self._waiting, self._news = {}, []
        self.filled.clear()
        return overflowed, changes


def _key(change: Change) -> _Key:
    """Returns what a change is about: of two with the same key only the newer counts."""
    if change["type"] == "task":
        return "task", change["task"]["id"]
    if change["type"] == "book" or change["type"] == "removed":
        return "book", _book_id(change) or ""
    return change["type"], ""


def _book_id(change: Change) -> str | None:
    """Return which book a change is about."""
    if change["type"] == "book":
        return change["book"]["book_id"]
    if change["type"] == "task":
        return change["task"]["book_id"]
    return change["book_id"] if change["type"] == "removed" else None


async def dashboard_socket(request: web.Request) -> web.WebSocketResponse:
    """Serves one live page until it goes or the node ends. What the page says is passed over."""
    socket = web.WebSocketResponse(heartbeat=PING_SECONDS, max_msg_size=MOST_MESSAGE_BYTES, autoping=False)
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    outbox = Outbox()
    unsubscribe = request.app[STATUS].subscribe(outbox.add)
    sending = TaskSet()
    sending.start(_send_changes(request.app, socket, outbox))
    try:
        frames = Frames(socket)
        while (await frames.next()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
            pass
    finally:
        unsubscribe()
        await sending.close()
    return socket


async def _send_changes(app: web.Application, socket: web.WebSocketResponse, outbox: Outbox) -> None:
    """Changes from while a snapshot is made are sent after it: they are as new as it or newer."""
    try:
        await _send_snapshot(app, socket)
        while True:
            await happens(outbox.filled, app[BEAT_SECONDS])
            snapshot_due, changes = outbox.take()
            if snapshot_due:
                await _send_snapshot(app, socket)
            if changes or not snapshot_due:
                await socket.send_str(to_json({"type": "changes", "changes": changes}))
            await asyncio.sleep(app[CHANGES_SECONDS])
    except ConnectionError:
        pass  # the page is gone; the reading side ends too
    except Exception:
        logger.exception("A live page could not be sent what changed; it will connect again.")
    finally:
        await socket.close()


async def _send_snapshot(app: web.Application, socket: web.WebSocketResponse) -> None:
    await socket.send_str(to_json({"type": "snapshot", **await full_status(app)}))
