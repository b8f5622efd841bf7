"""The child that merges a book and writes its files: a book of ten hours must not make the node itself large.

In: one chunk {outcome} after the other, then write {order}. Out: written {files} or failed {message}.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarmstt.core.books import BookOutput
from swarmstt.core.merge import BookFacts, ChunkOutcome, Merge
from swarmstt.core.plain import from_plain
from swarmstt.errors import SwarmError
from swarmstt.speech.transcript_files import write_transcript

if TYPE_CHECKING:
    from swarmstt.speech.child_main import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOrder:
    """What to write, once all chunks have been sent. The node's own copy, with all there is to know, comes first."""

    facts: BookFacts
    outputs: tuple[BookOutput, ...]


def run(channel: Channel) -> None:
    """Merges and writes one book."""
    merge = Merge()
    try:
        while (frame := channel.receive()) is not None:
            if frame["type"] == "chunk":
                merge.add(from_plain(ChunkOutcome, frame["outcome"]))
            else:
                order = from_plain(WriteOrder, frame["order"])
                earlier = _earlier(order)
                files = [_write(merge, order.facts, each, earlier) for each in order.outputs]
                channel.send({"type": "written", "files": files})
                return
    except SwarmError as error:
        channel.send({"type": "failed", "message": error.message})


def _earlier(order: WriteOrder) -> dict[str, Any] | None:
    """The transcript that the book had before, with its gaps, if it was written before."""
    own = order.outputs[0]
    with suppress(OSError, ValueError):
        earlier = json.loads((Path(own.folder) / f"{own.name}.json").read_text(encoding="utf-8"))
        if isinstance(earlier, dict) and earlier.get("book_id") == order.facts.book_id:
            return earlier
    return None


def _write(merge: Merge, facts: BookFacts, output: BookOutput, earlier: dict[str, Any] | None) -> list[str]:
    document: dict[str, Any] = merge.document(facts)
    folder = Path(output.folder)
    if "json" in output.formats:
        earlier = None  # that JSON tells whose files they are
    paths = write_transcript(folder, output.name, document, output.formats, output.options, earlier=earlier)
    return [str(path) for path in paths]
