"""The node's side of probing books: whether there is any sound in them, found out before they are taken."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from swarmstt.codec import from_plain
from swarmstt.core.books import BookDescription
from swarmstt.core.ordering.arrangement import Arrangement
from swarmstt.core.ordering.facts import LeftOut
from swarmstt.core.ordering.several_books import FoundBook
from swarmstt.errors import InputError, TooLargeError
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.process.child import ChildProcess

_log = logging.getLogger(__name__)

CHILD = "probe"

SURVEY_SECONDS = 60.0
SURVEY_SECONDS_A_FILE = 0.5
"""So long the tags of a folder's files may take to read, as from a drive of the network."""
SLOW_BYTES_A_SECOND = 10**6
"""So slowly a zip may be unpacked."""
PROBE_SECONDS = 15.0
"""What takes longer to probe is taken: the reader will say what is wrong with it, if anything is."""


class Prober:
    """Probes one book after another, all in one child: to start it takes longer than to probe a book. A child that
    dies or takes too long is replaced. An async context manager; the child starts when it is first needed."""

    def __init__(self, *, role: str = CHILD) -> None:
        self._role = role
        self._child: ChildProcess | None = None

    async def __aenter__(self) -> Prober:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._end()

    async def probe(self, files: BookFiles, *, seconds: float = PROBE_SECONDS) -> None:
        """Opens the book's files until one gives sound. InputError, one line, if none of them does.

        A file that is damaged or cut off passes as long as a few seconds of it can be decoded.
        """
        is_new = self._child is None
        if self._child is None:
            self._child = await ChildProcess.start(self._role)
        child, answer = self._child, None
        try:
            await child.send(
                {
                    "files": [os.fsencode(path) for path in files.files],
                    "name": files.name,
                    "is_folder": files.is_folder,
                }
            )
            answer = await asyncio.wait_for(child.receive(), seconds)
        except asyncio.TimeoutError:
            _log.debug("%s takes long to probe; it is taken as it is.", files.name)
            return
        finally:
            if answer is None:
                await self._end()
        if answer is None and not is_new:
            await self.probe(files, seconds=seconds)  # the child may have ended after the probe before
        elif answer is None:
            _log.debug("The process that probed %s ended with %s: %s", files.name, child.exit_code, child.stderr_tail)
        elif answer["error"] is not None:
            raise InputError(answer["error"])

    async def survey(self, files: BookFiles) -> BookFiles:
        """Returns the book with its files in the order that their tags and names say. As it was, if that cannot be
        found out in time."""
        paths = [[os.fsencode(part) for part in path] for path in files.paths]
        answer = await self._ask({"survey": _packed(files), "paths": paths}, files)
        return files if answer is None else files.arranged(_arrangement(answer["arrangement"]))

    async def books_in(self, files: BookFiles, *, in_folder: bool) -> tuple[FoundBook, ...] | None:
        """Returns the several books that these files are, empty if they are one; None if that cannot be found out in
        time."""
        paths = [[os.fsencode(part) for part in path] for path in files.paths]
        answer = await self._ask({"books": _packed(files), "paths": paths, "in_folder": in_folder}, files)
        if answer is None:
            return None
        return tuple(
            FoundBook(title=os.fsdecode(each["title"]), places=tuple(each["places"])) for each in answer["books"]
        )

    async def digests(self, files: BookFiles) -> list[str] | None:
        """Reads what the sound of each file is known by, whatever its tags; None if that cannot be found out."""
        answer = await self._ask({"digests": _packed(files)}, files)
        return None if answer is None else answer["digests"]

    async def seconds(self, files: BookFiles) -> float | None:
        """Reads how long the book is by what its files say; None if one of them does not say it."""
        answer = await self._ask({"seconds": _packed(files)}, files)
        return None if answer is None else answer["seconds"]

    async def describe(
        self, files: BookFiles, *, titles: Sequence[str], starts: Sequence[float], total_seconds: float
    ) -> BookDescription | None:
        """Reads what the tags of a book say, whose files begin at these seconds; None if that cannot be found out."""
        request = {
            "describe": _packed(files),
            "name": files.name,
            "is_folder": files.is_folder,
            "titles": list(titles),
            "starts": list(starts),
            "total_seconds": total_seconds,
        }
        answer = await self._ask(request, files)
        return None if answer is None else from_plain(BookDescription, answer["described"])

    async def cover(self, files: BookFiles) -> bytes | None:
        """Returns the book's cover, a JPEG or PNG, empty if it has none; None if that cannot be found out."""
        answer = await self._ask({"cover": _packed(files)}, files)
        return None if answer is None else answer["cover"] or b""

    async def unpack(self, files: BookFiles, folder: Path, room_bytes: int) -> None:
        """Unpacks the audio of a zip into that folder. InputError for a zip that cannot be a book, TooLargeError for
        one that does not fit."""
        [archive] = files.files
        request = {"unpack": os.fsencode(archive), "folder": os.fsencode(folder), "room_bytes": room_bytes}
        size = await asyncio.to_thread(lambda: archive.stat().st_size)
        answer = await self._ask(request, files, more_seconds=size / SLOW_BYTES_A_SECOND)
        if answer is None:
            raise InputError(f"{files.name} could not be unpacked: unpack it, and give what is in it.")
        if answer["error"] is not None:
            kind = TooLargeError if answer["error"]["kind"] == "room" else InputError
            raise kind(answer["error"]["message"])

    async def check_ebook(self, path: Path, name: str) -> tuple[str, ...]:
        """Reads an ebook, which a person calls `name`, and returns the names in it that are worth expecting.
        InputError, one line, if it cannot be worked with."""
        files = BookFiles(name=name, is_folder=False, files=(path,))
        answer = await self._ask({"ebook": os.fsencode(path), "name": name}, files)
        if answer is None:
            raise InputError(f"{files.name} takes too long or too much memory to read: get it from another place.")
        if answer["error"] is not None:
            raise InputError(answer["error"])
        return tuple(answer["names"])

    async def _ask(self, request: dict[str, Any], files: BookFiles, *, more_seconds: float = 0.0) -> Any:
        if self._child is None:
            self._child = await ChildProcess.start(self._role)
        child, answer = self._child, None
        try:
            await child.send(request)
            seconds = SURVEY_SECONDS + SURVEY_SECONDS_A_FILE * len(files.files) + more_seconds
            answer = await asyncio.wait_for(child.receive(), seconds)
        except asyncio.TimeoutError:
            _log.warning("The files of %s take too long to look into: it is taken as it is.", files.name)
        finally:
            if answer is None:
                await self._end()
        return answer

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.kill()


def _packed(files: BookFiles) -> list[bytes]:
    return [os.fsencode(path) for path in files.files]


def _arrangement(answer: Any) -> Arrangement:
    """What the child found: paths travel as bytes, for a name need not be Unicode."""
    return Arrangement(
        places=tuple(answer["places"]),
        by=answer["by"],
        left_out=tuple(
            LeftOut(path=_path(each["path"]), twin=_path(each["twin"]), kind=each["kind"])
            for each in answer["left_out"]
        ),
    )


def _path(parts: list[bytes]) -> tuple[str, ...]:
    return tuple(os.fsdecode(part) for part in parts)


async def check_ebook(path: Path, name: str) -> tuple[str, ...]:
    """Reads an ebook whole, in a child, as a Prober does."""
    async with Prober() as prober:
        return await prober.check_ebook(path, name)


async def probe(files: BookFiles, *, seconds: float = PROBE_SECONDS) -> None:
    """Probes one book, as a Prober does."""
    async with Prober() as prober:
        await prober.probe(files, seconds=seconds)
