"""Another PC with this PC's identity, as after its data folder was copied: nothing is right then, so both say so, until
one of them has a new identity.

A link from an identity to itself mostly is this very node, at an address of its own. So whoever opens one sends a
token: the node that made it knows it, and any other one says that it does not.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress

from aiohttp import ClientError, WSMsgType

from swarmstt.core.membership.addresses import Address
from swarmstt.swarm.network.websocket import WebSocket

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0
_TOKEN_BYTES = 16
_UNKNOWN = b"unknown"
_MOST_SILENCES = 3
"""In a row, after which a twin that does not answer is taken for gone. One that comes back is found again."""


class Twins:
    """What this node knows of other PCs that are it as well. `changed` is called when it finds one."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._tokens: set[bytes] = set()
        self.address: Address | None = None
        """Where a twin is, as far as this node knows."""
        self._silences = 0

    @property
    def trouble(self) -> str | None:
        """A sentence for the person at this PC, if it has a twin."""
        if self.address is None:
            return None
        return (
            f"Another PC ({self.address}) has the same identity as this one, as after its data folder was copied: they "
            "get in each other's way. On the PC that has the copy click New identity, or run: swarmstt doctor --fix"
        )

    async def opened(self, websocket: WebSocket, address: Address) -> None:
        """Finds out whether the node at this address, which has this node's identity, is this node or a twin."""
        token = secrets.token_bytes(_TOKEN_BYTES)
        self._tokens.add(token)
        try:
            await websocket.send_bytes(token)
            if await _received(websocket) == _UNKNOWN:
                self._found(address)
            else:
                self.unreachable()
        except (ClientError, OSError):
            logger.debug("The link to %s broke before it said who is there.", address)
        finally:
            self._tokens.discard(token)

    async def accepted(self, websocket: WebSocket, address: Address) -> None:
        """The same from the other end: a node with this node's identity, which listens at this address, has called."""
        token = await _received(websocket)
        if token is None or len(token) != _TOKEN_BYTES or token in self._tokens:
            return
        with suppress(ClientError, OSError):
            await websocket.send_bytes(_UNKNOWN)
        self._found(address)
        await _received(websocket)  # until the other end has it, and closes

    def unreachable(self) -> None:
        """Notes that nobody answers where the twin was."""
        self._silences += 1
        if self._silences >= _MOST_SILENCES:
            self.gone()

    def gone(self) -> None:
        """Notes that no other PC has this identity any more."""
        if self.address is not None:
            logger.info("No other PC has the identity of this one any more.")
            self.address = None
            self._changed()

    def _found(self, address: Address) -> None:
        self._silences = 0
        if address != self.address:
            self.address = address
            logger.warning("%s", self.trouble)
            self._changed()


async def _received(websocket: WebSocket) -> bytes | None:
    """Returns the next message; None if the link closes, or nothing comes soon."""
    try:
        message = await asyncio.wait_for(websocket.receive(), ANSWER_SECONDS)
    except (asyncio.TimeoutError, ClientError, OSError):
        return None
    return message.data if message.type is WSMsgType.BINARY else None
