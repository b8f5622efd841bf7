"""The node's side of a first look at a book: whether there is any sound in it, told before it is taken."""

from __future__ import annotations

import asyncio
import logging
import os

from swarmstt.errors import InputError
from swarmstt.speech.book_files import BookFiles
from swarmstt.speech.child import ChildProcess

_log = logging.getLogger(__name__)

PROBE_SECONDS = 15.0
"""What takes longer to look at is taken: the reader will say what is wrong with it, if anything is."""


async def probe(files: BookFiles, *, seconds: float = PROBE_SECONDS) -> None:
    """Opens the book's files until one gives sound. InputError, one line, if none of them does.

    A file that is damaged or cut off passes as long as a few seconds of it can be decoded.
    """
    child = await ChildProcess.start("probe")
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
        await child.kill()
    if answer is None:
        _log.debug("The process that looked at %s ended with %s: %s", files.name, child.exit_code, child.stderr_tail)
    elif answer["error"] is not None:
        raise InputError(answer["error"])
