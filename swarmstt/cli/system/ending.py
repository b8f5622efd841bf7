"""How a node is ended by the system that runs it: after the parts in hand, if nobody waits for the PC to go off."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from swarmstt.cli.client import connect, find_url
from swarmstt.cli.system.service import Ask, ask_system
from swarmstt.cli.system.stop_time import STOPPING_SECONDS
from swarmstt.errors import LocalError
from swarmstt.node.data_dir import Folders, running_node
from swarmstt.node.finishing import FINISHING_SECONDS
from swarmstt.tasks import in_own_thread

_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 0.25


@contextmanager
def on_sigterm(call: Callable[[], None]) -> Iterator[None]:
    """Calls this on the event loop when SIGTERM comes, which service managers send. A second one does what it did
    before, as Ctrl-C does at any time."""
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)

    def received(*_: object) -> None:
        signal.signal(signal.SIGTERM, before)
        loop.call_soon_threadsafe(call)

    signal.signal(signal.SIGTERM, received)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is received:
            signal.signal(signal.SIGTERM, before)


async def is_going_down(ask: Ask = ask_system) -> bool:
    """Returns whether this PC shuts down or its person logs out, so that nothing should be waited for; True if that
    cannot be found out soon."""
    with suppress(asyncio.TimeoutError):
        return await asyncio.wait_for(in_own_thread(lambda: _says_it_stops(ask)), _ANSWER_SECONDS)
    return True


def _says_it_stops(ask: Ask) -> bool:
    """macOS does not say so, and kills what has not ended within seconds: there it counts as true."""
    if sys.platform == "darwin":
        return True
    try:
        answers = [ask(("systemctl", *scope, "is-system-running")) for scope in ((), ("--user",))]
    except LocalError:
        return False
    return any(answer.text == "stopping" for answer in answers)


async def end_after_parts(folders: Folders, *, look_seconds: float = _LOOK_SECONDS) -> None:
    """Asks the node of this data folder, if one runs, to end after the parts in hand, and waits until it has."""
    url = await find_url(folders)
    if url is None:
        return
    async with connect(url) as client:
        await client.post("/shutdown", {"finish": True})
    for _ in range(round((FINISHING_SECONDS + STOPPING_SECONDS) / look_seconds)):
        if running_node(folders) is None:
            return
        await asyncio.sleep(look_seconds)
