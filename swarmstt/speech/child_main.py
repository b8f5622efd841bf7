"""A child's side, a process that runs `main(ROLE)`, with frames on its standard streams.

Whatever a library prints goes to standard error. The child ends when its standard input does, so it never outlives
its node, however that died.
"""

from __future__ import annotations

import os
import sys

from swarmstt.errors import UsageError
from swarmstt.launching import forget_current_folder
from swarmstt.speech.process.channel import Channel
from swarmstt.speech.process.priority import lower_priority


def main(role: str) -> None:
    """Runs one role until the node closes the channel."""
    forget_current_folder()
    lower_priority(os.getpid())
    channel = Channel.of_this_process()
    # Imported here: a reader must not load Whisper, nor an engine the readers' libraries.
    if role == "reader":
        from swarmstt.speech.ingest import child as reader_child

        reader_child.run(channel)
    elif role == "probe":
        from swarmstt.speech.ingest import probe_child

        probe_child.run(channel)
    elif role == "engine":
        from swarmstt.speech.engine import child as engine_child

        engine_child.run(channel)
    elif role == "writer":
        from swarmstt.speech.transcripts import child as writer_child

        writer_child.run(channel)
    elif role == "answer":
        from swarmstt.speech.transcripts import answer_child

        answer_child.run(channel)
    else:
        raise UsageError(f"There is no child role {role!r}.")


if __name__ == "__main__":
    main(sys.argv[1])
