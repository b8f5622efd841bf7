"""The node's side of a child process: a Python of our own that speaks msgpack frames over its standard streams.

Audio is decoded and models run in children, so that what crashes, hangs or eats memory there costs a book or a lease
and never the node. The child's side is `child_main.py`.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from swarmstt.errors import EngineError
from swarmstt.launching import NO_WINDOW, PACKAGE_FOLDER, python_command, python_environment, standalone_program
from swarmstt.speech.process.frames import HEADER_BYTES, body_length, pack, unpack
from swarmstt.speech.process.priority import lower_priority

_STDERR_BYTES_KEPT = 2**14
_LOOK_SECONDS = 0.1
"""How often to look whether a process has ended."""


def command(role: str) -> list[str]:
    """Return the command line of a child; a standalone build has no separate Python and starts itself."""
    if getattr(sys, "frozen", False):
        return [standalone_program("swarmstt"), "--child", role]
    return python_command("swarmstt.speech.child_main", role)


QUIET_ENVIRONMENT = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
"""Libraries report nothing: onnxruntime otherwise writes a device id into the home folder and reports to its makers."""


class ChildProcess:
    """One running child. Only one task may receive from it; anyone may send."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._stderr = b""
        self._stderr_task = asyncio.create_task(self._keep_stderr())

    @classmethod
    async def start(
        cls, role: str, *, command_line: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
    ) -> ChildProcess:
        """Start a child of this role at low CPU and I/O priority; `environment` is added to this process's own.
        EngineError if the system cannot start one."""
        inherited = await asyncio.to_thread(python_environment, os.environ)
        try:
            process = await asyncio.create_subprocess_exec(
                *(command_line or command(role)),
                env={**inherited, **QUIET_ENVIRONMENT, **(environment or {})},
                # Windows would load a library that a model asks for from the folder of a book.
                cwd=PACKAGE_FOLDER,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=2**20,
                # Ctrl-C on a terminal goes to the whole group: the node alone decides when its children end.
                **_own_group(),
            )
        except OSError as error:
            raise EngineError(_not_started(error)) from error
        lower_priority(process.pid)  # as it does itself: its start belongs to the person too
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: ended by that signal (POSIX)."""
        return self._process.returncode

    @property
    def stderr_tail(self) -> str:
        """The last lines that it wrote to standard error."""
        return self._stderr.decode("utf-8", "replace").strip()

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message; to a child that has ended it does nothing: `receive` shows the end."""
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(pack(message))
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message, or None once the child has ended."""
        stdout = self._process.stdout
        assert stdout is not None
        try:
            length = body_length(await stdout.readexactly(HEADER_BYTES))
            message = unpack(await stdout.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            await self._gone()
            await asyncio.wait({self._stderr_task}, timeout=1)
            return None
        return message

    async def kill(self) -> None:
        """End it at once and wait until it has gone; does nothing to one that has ended."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._gone()
        self._stderr_task.cancel()
        await asyncio.gather(self._stderr_task, return_exceptions=True)
        _close(self._process)

    async def _gone(self) -> None:
        """Return once the process has ended, whoever still holds its pipes. Python 3.11 and the first of 3.12 also wait
        for the end of all pipes, which never comes if a process that the child started inherited one and stays
        (https://github.com/python/cpython/issues/119710)."""
        while self._process.returncode is None:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._process.wait(), _LOOK_SECONDS)

    async def _keep_stderr(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        while chunk := await stderr.read(2**16):
            self._stderr = (self._stderr + chunk)[-_STDERR_BYTES_KEPT:]


def _not_started(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
        return f"This PC has no room for one more process ({reason}): close other programs and try again."
    return f"A process of swarmstt cannot be started ({reason}): restart swarmstt, or install it again."


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        import subprocess

        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | NO_WINDOW}
    return {"start_new_session": True}


def _close(process: asyncio.subprocess.Process) -> None:
    """Close the pipes now and not at collection, which would warn. What the child did not take in is dropped: another
    process may hold the other end, and never take it either."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        incoming = transport.get_pipe_transport(0)
        if incoming is not None and not incoming.is_closing():
            incoming.abort()
        transport.close()
