"""The node's side of making the answer for a long recording."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from swarmstt.codec import to_plain
from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.core.speech.merge import BookFacts, ChunkOutcome
from swarmstt.errors import EngineDiedError, OutputError
from swarmstt.speech.process.child import ChildProcess
from swarmstt.speech.transcripts.answers import AnswerOrder


async def write_answer(
    path: Path, facts: BookFacts, outcomes: AsyncIterator[ChunkOutcome], request: ProgramRequest
) -> None:
    """Merges the outcomes of all chunks, in order, and writes the answer to that file, which is new.

    OutputError if it cannot be written; EngineDiedError if the process was ended from outside.
    """
    order = AnswerOrder(facts=facts, request=request, path=str(path))
    child = await ChildProcess.start("answer")
    try:
        async for outcome in outcomes:
            await child.send({"type": "chunk", "outcome": to_plain(outcome)})
        await child.send({"type": "answer", "order": to_plain(order)})
        answer = await child.receive()
    finally:
        await child.kill()
    if answer is None:
        raise EngineDiedError(f"Making the answer was cut short (its process ended with {child.exit_code}): try again.")
    if answer["type"] == "failed":
        raise OutputError(answer["message"])
