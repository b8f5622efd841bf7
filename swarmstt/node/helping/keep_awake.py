"""Keeps the PC from falling asleep while it works. If that cannot be done the PC sleeps, and nothing else is lost.

On Windows the thread that runs the event loop asks for it, since Windows forgets what a thread asked when that ends.
macOS and Linux have a program each that holds the PC awake while it runs.

wakepy is not used: as of 1.0 it takes a lock on GNOME that also refuses the sleep and the shutdown that a person asks
for, and names itself instead of swarmstt; without a desktop it does nothing. GNOME may ignore our lock, and sleep.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from swarmstt.launching import system_program

logger = logging.getLogger(__name__)

# SetThreadExecutionState of winbase.h.
_CONTINUOUS = 0x80000000
_SYSTEM_REQUIRED = 0x00000001


class KeepAwake(Protocol):
    """What keeps the PC awake: this PC's way, or a test's."""

    async def keep(self, wanted: bool) -> None:
        """Keeps it awake from now on, or lets it sleep. Raises nothing; the same again changes nothing."""


def keep_awake_of_this_pc() -> KeepAwake:
    if sys.platform == "win32":
        return WindowsKeepAwake()
    if sys.platform == "darwin":
        return ProgramKeepAwake(["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())])
    # Only falling asleep by itself is held off, never a person's own wish. `cat` ends with its input, so with the node.
    why = ["--what=idle", "--mode=block", "--who=swarmstt", "--why=transcribing audiobooks"]
    return ProgramKeepAwake(
        [system_program("systemd-inhibit") or "/usr/bin/systemd-inhibit", *why, system_program("cat") or "/bin/cat"]
    )


class WindowsKeepAwake:
    """SetThreadExecutionState."""

    def __init__(self) -> None:
        self._kept = False

    async def keep(self, wanted: bool) -> None:
        if wanted == self._kept:
            return
        self._kept = wanted
        libraries: Any = vars(ctypes)["windll"]
        libraries.kernel32.SetThreadExecutionState(_CONTINUOUS | (_SYSTEM_REQUIRED if wanted else 0))


class ProgramKeepAwake:
    """A program that keeps the PC awake as long as it runs. Once it failed it is not tried again."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._is_of_no_use = False

    async def keep(self, wanted: bool) -> None:
        if self._process is not None and self._process.returncode is not None:
            self._is_of_no_use = self._is_of_no_use or wanted
            logger.debug("%s ended: this PC may fall asleep while it works.", self._command[0])
            await self._end()
        if wanted and self._process is None and not self._is_of_no_use:
            await self._begin()
        elif not wanted and self._process is not None:
            await self._end()

    async def _begin(self) -> None:
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C on a terminal is the node's alone
            )
        except OSError:
            self._is_of_no_use = True
            logger.debug("%s is not here: this PC may fall asleep while it works.", self._command[0])

    async def _end(self) -> None:
        process, self._process = self._process, None
        assert process is not None
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
        await process.wait()
