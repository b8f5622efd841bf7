"""Children of the node, as processes."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import psutil
import pytest

from swarmstt.errors import EngineError
from swarmstt.speech.process.child import ChildProcess


async def test_a_child_that_cannot_be_started_is_an_error_in_words() -> None:
    with pytest.raises(EngineError, match="A process of swarmstt cannot be started") as caught:
        await ChildProcess.start("writer", command_line=["/no/such/program"])
    assert "\n" not in caught.value.message


async def test_a_child_is_ended_more_than_once_and_with_its_pipes_closed() -> None:
    child = await ChildProcess.start("any", command_line=[sys.executable, "-c", "input()"])
    await child.kill()
    await child.kill()
    ended = await ChildProcess.start("any", command_line=[sys.executable, "-c", "pass"])
    assert await ended.receive() is None
    await ended.kill()
    assert ended.exit_code == 0


HEIR = (
    "import subprocess, sys; "
    "print(subprocess.Popen([sys.executable, '-c', 'input()']).pid, file=sys.stderr, flush=True)"
)
"""Starts a process that inherits all its streams, as Windows' own do now and then, and reads what is sent."""


async def started(then: str) -> tuple[ChildProcess, psutil.Process]:
    """A child that left another process behind, and that process."""
    child = await ChildProcess.start("any", command_line=[sys.executable, "-c", f"{HEIR}; {then}"])
    while not child.stderr_tail:
        await asyncio.sleep(0.01)
    return child, psutil.Process(int(child.stderr_tail))


@pytest.mark.parametrize("then", ["import time; time.sleep(600)", "pass"])
async def test_a_child_has_ended_though_another_process_holds_its_pipes(then: str) -> None:
    child, heir = await started(then)
    try:
        await child.send({"too much for a pipe": b" " * 2**16})
        await child.kill()
        assert child.exit_code is not None
        assert heir.is_running()
    finally:
        with suppress(psutil.NoSuchProcess):
            heir.kill()
