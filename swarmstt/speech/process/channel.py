"""The child's end of its frames."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, BinaryIO

from swarmstt.speech.process.frames import HEADER_BYTES, body_length, pack, unpack


class Channel:
    """The frames between a child and its node. `send` may be called from any thread."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    @classmethod
    def of_this_process(cls) -> Channel:
        """Take the standard streams for frames alone; what is printed from now on goes to standard error."""
        incoming = os.fdopen(os.dup(0), "rb")
        outgoing = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        if sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(incoming.fileno(), os.O_BINARY)
            msvcrt.setmode(outgoing.fileno(), os.O_BINARY)
        return cls(incoming, outgoing)

    def receive(self) -> dict[str, Any] | None:
        """Return the next message from the node; None once the node has gone."""
        header = self._incoming.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            return None
        length = body_length(header)
        body = self._incoming.read(length)
        if len(body) < length:
            return None
        return unpack(body)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; ends the process if the node has gone."""
        frame = pack(message)
        try:
            with self._lock:
                self._outgoing.write(frame)
                self._outgoing.flush()
        except (BrokenPipeError, OSError):
            os._exit(0)  # the node has gone; nothing here is worth finishing
