"""The child that reads books, one after the other. It answers each request with frames, each a dict with a "type":
described, language_clips, chunk, progress, gap, note, and at the end ended or error. `reader.py` is the node's side and
says what the frames hold.
"""

from __future__ import annotations

from typing import Any

from swarmstt.errors import InputError
from swarmstt.speech.ingest.book_ingest import BookIngest, NodeGone
from swarmstt.speech.ingest.spool_files import SpoolError
from swarmstt.speech.process import memory_limit
from swarmstt.speech.process.channel import Channel


def run(channel: Channel) -> None:
    """Answers one request after the other; after one that went wrong no other comes."""
    memory_limit.limit_this_process()
    while (request := _next_request(channel)) is not None:
        if not _answered(channel, request):
            return


def _next_request(channel: Channel) -> dict[str, Any] | None:
    """Passes over what still came for the book before."""
    while (frame := channel.receive()) is not None:
        if "files" in frame:
            return frame
    return None


def _answered(channel: Channel, request: dict[str, Any]) -> bool:
    """Returns False if the node has gone."""
    try:
        BookIngest(channel, request).run()
    except InputError as error:
        channel.send({"type": "error", "kind": "input", "message": error.message})
    except MemoryError:
        channel.send({"type": "error", "kind": "memory", "message": ""})
    except SpoolError as error:
        kind = "full" if error.is_full else "spool"
        channel.send({"type": "error", "kind": kind, "message": error.reason})
    except NodeGone:
        return False
    return True
