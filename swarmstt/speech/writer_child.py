"""The child that merges a book and writes its files: a book of ten hours must not make the node itself large.

In: one chunk {outcome} after the other, then write {order}. Out: written {files} or failed {message}.
"""

from __future__ import annotations

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
    """What to write, once all chunks have been sent."""

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
                channel.send({"type": "written", "files": [_write(merge, order.facts, each) for each in order.outputs]})
                return
    except SwarmError as error:
        channel.send({"type": "failed", "message": error.message})


def _write(merge: Merge, facts: BookFacts, output: BookOutput) -> list[str]:
    document: dict[str, Any] = merge.document(facts)
    paths = write_transcript(Path(output.folder), output.name, document, output.formats, output.options)
    return [str(path) for path in paths]
