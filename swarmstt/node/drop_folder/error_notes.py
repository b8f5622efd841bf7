"""The notes in a drop folder that say why something there was not transcribed."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from swarmstt.core.drop_folder.drop_table import Drop, DropTable, Place
from swarmstt.core.drop_folder.entries import TRANSCRIPTS
from swarmstt.core.file_names import windows_room
from swarmstt.errors import StorageError
from swarmstt.files import TEMPORARY_SUFFIX, read_regular, write_whole
from swarmstt.ids import BookId
from swarmstt.speech.audio.book_files import printable
from swarmstt.speech.transcripts.file_names import file_stem
from swarmstt.storage.drops import DropRows

logger = logging.getLogger(__name__)

_SUFFIX = ".error.txt"
_MOST_TRIES = 1000


class ErrorNotes:
    """Keeps the notes as the table of drops wants them. `reason_of`: why a book failed, None if it did not."""

    def __init__(self, table: DropTable, rows: DropRows, reason_of: Callable[[BookId], str | None]) -> None:
        self._table = table
        self._rows = rows
        self._reason_of = reason_of
        self._texts: dict[Place, str] = {}
        self._updating = asyncio.Lock()
        self.trouble: str | None = None

    async def update(self) -> None:
        """Writes the notes that are missing, and removes those of what was done or has gone."""
        async with self._updating:
            failures = self._table.failures(self._reason_of)
            try:
                for drop in self._table.noted():
                    if drop.place not in failures:
                        await self._remove(drop)
                for place, reason in failures.items():
                    await self._write(place, reason)
            except OSError as error:
                self.trouble = f"What failed cannot be noted in the drop folder: {error.strerror or error}."
            except StorageError as error:
                self.trouble = error.message
            else:
                self.trouble = None

    async def _remove(self, drop: Drop) -> None:
        assert drop.error_file is not None
        path = Path(drop.error_file)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        self._texts.pop(drop.place, None)
        await self._rows.put(self._table.note(drop.place, None))

    async def _write(self, place: Place, reason: str) -> None:
        drop, text = self._table.at(place), _text(place, reason)
        assert drop is not None
        if self._texts.setdefault(place, text if drop.error_file else "") == text:
            return  # also where it was written by an earlier run, or a person has deleted it since
        path = await asyncio.to_thread(_place_for, place, text, drop.error_file)
        if drop.error_file is None:
            await self._remember(place, path)
            logger.warning("%s", text.splitlines()[0])
        await asyncio.to_thread(_write_note, path, text)
        self._texts[place] = text

    async def _remember(self, place: Place, path: Path) -> None:
        """Stores where the note goes before it is there: so it can never stay behind."""
        try:
            await self._rows.put(self._table.note(place, str(path)))
        except StorageError:
            self._table.note(place, None)
            raise


def failure_line(place: Place, reason: str) -> str:
    """Says in one line what failed, and why."""
    name = printable(place.name)
    return reason if reason.startswith(name) else f"{name} was not transcribed: {reason}"


def _text(place: Place, reason: str) -> str:
    name = printable(place.name)
    return (
        f"{failure_line(place, reason)}\nThis note goes away once {name} is transcribed, or taken out of the folder.\n"
    )


def _place_for(place: Place, text: str, own: str | None) -> Path:
    """Returns where the note goes: nothing of anybody else's is overwritten."""
    if own is not None:
        return Path(own)
    source, folder = Path(place.folder, place.name), Path(place.folder, TRANSCRIPTS)
    name = place.name if source.is_dir() else source.stem
    for number in range(1, _MOST_TRIES):
        room = windows_room(str(folder)) if sys.platform == "win32" else None
        path = folder / (file_stem(name, number, len(_SUFFIX + TEMPORARY_SUFFIX), room) + _SUFFIX)
        if not path.exists() or _holds(path, text):
            return path
    raise FileExistsError(f"there are too many notes called {name}")


def _holds(path: Path, text: str) -> bool:
    with suppress(OSError, ValueError):
        content = text.encode("utf-8", "replace")
        return read_regular(path, len(content)) == content
    return False


def _write_note(path: Path, text: str) -> None:
    if not path.parent.parent.is_dir():
        raise FileNotFoundError(f"{path.parent.parent} is not there")
    path.parent.mkdir(exist_ok=True)
    write_whole(path, text.encode("utf-8", "replace"), lasting=False)  # a person never sees half a note
