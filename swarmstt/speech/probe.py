"""The node's side of a first look at books: whether there is any sound in them, told before they are taken."""

from __future__ import annotations

import asyncio
import logging
import os

from swarmstt.errors import InputError
from swarmstt.speech.book_files import BookFiles
from swarmstt.speech.child import ChildProcess

_log = logging.getLogger(__name__)

CHILD = "probe"

PROBE_SECONDS = 15.0
"""What takes longer to look at is taken: the reader will say what is wrong with it, if anything is."""


class Prober:
    """Looks at one book after another, all in one child: to start it takes longer than a look. A child that dies or
    takes too long is replaced. An async context manager; the child starts when it is first needed."""

    def __init__(self) -> None:
        self._child: ChildProcess | None = None

    async def __aenter__(self) -> Prober:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._end()

    async def look(self, files: BookFiles, *, seconds: float = PROBE_SECONDS) -> None:
        """Opens the book's files until one gives sound. InputError, one line, if none of them does.

        A file that is damaged or cut off passes as long as a few seconds of it can be decoded.
        """
        is_new = self._child is None
        if self._child is None:
            self._child = await ChildProcess.start(CHILD)
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
            _log.debug("%s takes long to look at; it is taken as it is.", files.name)
            return
        finally:
            if answer is None:
                await self._end()
        if answer is None and not is_new:
            await self.look(files, seconds=seconds)  # the child may have ended after the look before
        elif answer is None:
            _log.debug(
                "The process that looked at %s ended with %s: %s", files.name, child.exit_code, child.stderr_tail
            )
        elif answer["error"] is not None:
            raise InputError(answer["error"])

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.kill()


async def probe(files: BookFiles, *, seconds: float = PROBE_SECONDS) -> None:
    """One look, as a Prober has it."""
    async with Prober() as prober:
        await prober.look(files, seconds=seconds)
