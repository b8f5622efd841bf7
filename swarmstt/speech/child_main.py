"""A child's side: `python -m swarmstt.speech.child_main ROLE`, with frames on its standard streams.

Whatever a library prints goes to standard error. The child ends when its standard input does, so it never outlives
its node, however that died.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, BinaryIO

from swarmstt.errors import UsageError
from swarmstt.speech.frames import HEADER_BYTES, body_length, pack, unpack
from swarmstt.speech.priority import lower_priority


class Channel:
    """The frames between a child and its node. `send` may be called from any thread."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    @classmethod
    def of_this_process(cls) -> Channel:
        """Takes the standard streams for frames alone; what is printed from now on goes to standard error."""
        incoming = os.fdopen(os.dup(0), "rb")
        outgoing = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        if sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(incoming.fileno(), os.O_BINARY)
            msvcrt.setmode(outgoing.fileno(), os.O_BINARY)
        return cls(incoming, outgoing)

    def receive(self) -> dict[str, Any] | None:
        """The next message from the node; None once the node has gone."""
        header = self._incoming.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            return None
        length = body_length(header)
        body = self._incoming.read(length)
        if len(body) < length:
            return None
        return unpack(body)

    def send(self, message: dict[str, Any]) -> None:
        frame = pack(message)
        try:
            with self._lock:
                self._outgoing.write(frame)
                self._outgoing.flush()
        except (BrokenPipeError, OSError):
            os._exit(0)  # the node has gone; nothing here is worth finishing


def main(role: str) -> None:
    """Runs one role until the node closes the channel."""
    lower_priority(os.getpid())
    channel = Channel.of_this_process()
    # Imported here: a reader must not load Whisper, nor an engine the readers' libraries.
    if role == "reader":
        from swarmstt.speech import reader_child

        reader_child.run(channel)
    elif role == "probe":
        from swarmstt.speech import probe_child

        probe_child.run(channel)
    elif role == "engine":
        from swarmstt.speech import engine_child

        engine_child.run(channel)
    elif role == "writer":
        from swarmstt.speech import writer_child

        writer_child.run(channel)
    else:
        raise UsageError(f"There is no child role {role!r}.")


if __name__ == "__main__":
    main(sys.argv[1])
