"""Says if the files of a command look otherwise than they were taken: as one book, or as several."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from swarmstt.core.ordering.several_books import FoundBook
from swarmstt.speech.audio.book_files import BookFiles, is_audio
from swarmstt.speech.ingest.probe import Prober

_MOST_FILES = 500
"""Of more, nobody waits for a look at each."""

_MOST_TITLES = 4
"""That are named in the line."""


async def remark_on(paths: Sequence[str], *, one_book: bool) -> str | None:
    """Looks into the audio files among these paths as the page does with an upload. Returns a line that says how they
    were taken and how to have it otherwise; None if they look as they were taken, or that cannot be found out."""
    files = await asyncio.to_thread(_audio_files, paths)
    if not 2 <= len(files) <= _MOST_FILES or len(files) < len(paths):
        return None
    together = BookFiles(name="these files", is_folder=True, files=tuple(files))
    async with Prober() as prober:
        books = await prober.books_in(together, in_folder=False)
    return None if books is None else judged(books, len(files), one_book=one_book)


def judged(books: Sequence[FoundBook], file_count: int, *, one_book: bool) -> str | None:
    """Returns the line for these books, none if the files look like one."""
    titles = ", ".join(book.title for book in books[:_MOST_TITLES]) + (", …" if len(books) > _MOST_TITLES else "")
    looks = f"look like {len(books)} books ({titles})" if books else "look like one book"
    if one_book:
        return (
            f"These files {looks} but were added as one. To make them separate books, leave out --one_book."
            if books
            else None
        )
    if len(books) == file_count:
        return None
    how = "join the files of one book, run a command for it alone" if books else "make them one book, run this again"
    return f"These {file_count} files {looks}, but each was added as its own book. To {how} with --one_book."


def _audio_files(paths: Sequence[str]) -> list[Path]:
    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - a link keeps its name
    return [path for path in dict.fromkeys(absolute) if is_audio(path) and path.is_file()]
