"""The node's side of writing a book's transcript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from swarmstt.core.books import BookOutput
from swarmstt.core.merge import BookFacts, ChunkOutcome
from swarmstt.core.plain import to_plain
from swarmstt.errors import EngineDiedError, OutputError
from swarmstt.speech.child import ChildProcess


async def write_book(
    facts: BookFacts, outcomes: AsyncIterator[ChunkOutcome], outputs: tuple[BookOutput, ...]
) -> list[list[Path]]:
    """Merges the outcomes of all chunks, in order, and writes them to each output; the files of each.

    OutputError where a file cannot be written; EngineDiedError where the writing process was ended from outside, which
    may be tried again; EngineError where it could not begin.
    """
    child = await ChildProcess.start("writer")
    try:
        async for outcome in outcomes:
            await child.send({"type": "chunk", "outcome": to_plain(outcome)})
        order = {"facts": to_plain(facts), "outputs": to_plain(outputs)}
        await child.send({"type": "write", "order": order})
        answer = await child.receive()
    finally:
        await child.kill()
    if answer is None:
        why = child.stderr_tail.splitlines()[-1:] or [f"its process ended with {child.exit_code}"]
        raise EngineDiedError(f"Writing the transcript was cut short ({why[0].rstrip('.')}): try it again.")
    if answer["type"] == "failed":
        raise OutputError(answer["message"])
    return [[Path(name) for name in names] for names in answer["files"]]
