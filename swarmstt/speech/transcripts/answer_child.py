"""The child that makes the answer for a long recording: the node itself must not grow with it.

In: one chunk {outcome} after the other, then answer {order}. Out: answered, or failed {message}.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from swarmstt.codec import from_plain
from swarmstt.core.speech.merge import ChunkOutcome, Merge
from swarmstt.errors import SwarmError
from swarmstt.files import write_new
from swarmstt.speech.transcripts.answers import AnswerOrder, rendered

if TYPE_CHECKING:
    from swarmstt.speech.process.channel import Channel


def run(channel: Channel) -> None:
    """Makes one answer."""
    merge = Merge()
    try:
        while (frame := channel.receive()) is not None:
            if frame["type"] == "chunk":
                merge.add(from_plain(ChunkOutcome, frame["outcome"]))
            else:
                order = from_plain(AnswerOrder, frame["order"])
                write_new(Path(order.path), rendered(merge, order.facts, order.request))
                channel.send({"type": "answered"})
                return
    except SwarmError as error:
        channel.send({"type": "failed", "message": error.message})
    except OSError as error:
        reason = error.strerror or str(error)
        channel.send({"type": "failed", "message": f"There is no room for the answer ({reason}); free some space."})
