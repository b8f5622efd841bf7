"""The child that reads a book. It answers one request with frames, each a dict with a "type": described,
language_clips, chunk, progress, gap, and at the end ended or error. `reader.py` is the node's side and says what the
frames hold.
"""

from __future__ import annotations

from swarmstt.errors import InputError
from swarmstt.speech import memory_limit
from swarmstt.speech.book_read import BookRead, NodeGone
from swarmstt.speech.child_main import Channel
from swarmstt.speech.spool_files import SpoolError


def run(channel: Channel) -> None:
    """Answers the one request that comes."""
    memory_limit.limit_this_process()
    request = channel.receive()
    if request is None:
        return
    try:
        BookRead(channel, request).run()
    except InputError as error:
        channel.send({"type": "error", "kind": "input", "message": error.message})
    except MemoryError:
        channel.send({"type": "error", "kind": "memory", "message": ""})
    except SpoolError as error:
        kind = "full" if error.is_full else "spool"
        channel.send({"type": "error", "kind": kind, "message": error.reason})
    except NodeGone:
        return
    while channel.receive() is not None:  # the node closes the channel once it has read the last frame
        pass
