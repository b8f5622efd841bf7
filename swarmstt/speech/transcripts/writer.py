"""The node's side of writing a book's transcript."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.books import BookOutput, Chapter
from swarmstt.core.ebooks.order import EbookOrder, SoundSource, most_seconds
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.speech.merge import BookFacts, ChunkOutcome
from swarmstt.core.speech.names import NameSpellings
from swarmstt.errors import EngineDiedError, OutputError
from swarmstt.output_formats import EPUB
from swarmstt.speech.process.child import ChildProcess
from swarmstt.speech.transcripts.epub_files import remove_temporary

ROLE = "writer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAlongOrder:
    """A book's ebook, if it has one, and its audio for an EPUB."""

    ebook: EbookOrder | None = None
    sounds: tuple[SoundSource, ...] = ()


NO_EBOOK = ReadAlongOrder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files of each output, what was found of the ebook, chapters that were found, and names that are
    spelled in several ways. `trouble`: sentences about
    an EPUB that could not be written; `notes`: others that a person should know."""

    files: list[list[Path]]
    ebook: BookEbook | None = None
    trouble: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    names: tuple[NameSpellings, ...] = ()


def makes_ebook(outputs: tuple[BookOutput, ...], read_along: ReadAlongOrder) -> bool:
    """Says whether an ebook is read or made: from what others wrote, so it may take any time, or more memory than there
    is."""
    return read_along.ebook is not None or any(EPUB in output.formats for output in outputs[1:])


async def write_book(
    facts: BookFacts,
    outcomes: AsyncIterator[ChunkOutcome],
    outputs: tuple[BookOutput, ...],
    read_along: ReadAlongOrder = NO_EBOOK,
    *,
    most_seconds: Callable[[int], float] = most_seconds,
    start: Callable[[], Awaitable[ChildProcess]] = lambda: ChildProcess.start(ROLE),
) -> Written:
    """Merges the outcomes of all chunks, in order, and writes them to each output.

    OutputError if a file cannot be written; EngineDiedError if the writing process was ended from outside, or an ebook
    took too long, which may be tried again; EngineError if it could not begin. Cancelled, it ends the process, which is
    had from `start`.
    """
    seconds = None
    if makes_ebook(outputs, read_along):
        seconds = most_seconds(await asyncio.to_thread(_size_bytes, read_along))
    token = secrets.token_hex(8)
    child = await start()
    answer = None
    try:
        async for outcome in outcomes:
            await child.send({"type": "chunk", "outcome": to_plain(outcome)})
        order = {
            "facts": to_plain(facts),
            "outputs": to_plain(outputs),
            "ebook": to_plain(read_along.ebook),
            "sounds": to_plain(read_along.sounds),
            "token": token,
        }
        await child.send({"type": "write", "order": order})
        answer = await _answer(child, seconds)
    finally:
        await child.kill()
        if answer is None:
            folders = [Path(output.folder) for output in outputs]
            await asyncio.to_thread(remove_temporary, folders, token)
    if answer is None:
        why = child.stderr_tail.splitlines()[-1:] or [f"its process ended with {child.exit_code}"]
        raise EngineDiedError(f"Writing the transcript was cut short ({why[0].rstrip('.')}): try it again.")
    if answer["type"] == "failed":
        raise OutputError(answer["message"])
    files = [[Path(name) for name in names] for names in answer["files"]]
    return Written(
        files=files,
        trouble=tuple(answer["trouble"]),
        notes=tuple(answer["notes"]),
        chapters=from_plain(tuple[Chapter, ...], answer["chapters"]),
        names=from_plain(tuple[NameSpellings, ...], answer["names"]),
        ebook=None if answer["ebook"] is None else from_plain(BookEbook, answer["ebook"]),
    )


async def _answer(child: ChildProcess, seconds: float | None) -> dict[str, Any] | None:
    try:
        return await asyncio.wait_for(child.receive(), seconds)
    except asyncio.TimeoutError:
        minutes = round((seconds or 0) / 60)
        raise EngineDiedError(
            f"Writing took more than {minutes} minutes and was ended: use another ebook, or leave its sound out "
            "(--epub_sound False)."
        ) from None


def _size_bytes(read_along: ReadAlongOrder) -> int:
    """Returns how much there is to work on; a file that is gone is none."""
    paths = [source.path for source in read_along.sounds]
    if read_along.ebook is not None:
        paths.append(read_along.ebook.path)
    size_bytes = 0
    for path in paths:
        with suppress(OSError):
            size_bytes += Path(path).stat().st_size
    return size_bytes
