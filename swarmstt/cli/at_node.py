"""Has a command's work done by the node that runs on this PC, or by one for the time that it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any

from swarmstt.cli.client import Client, connect, find_url
from swarmstt.cli.probing import ProbingBar
from swarmstt.cli.saying import part_failed, tell
from swarmstt.config import Config
from swarmstt.errors import NodeHeldError, NoNodeError
from swarmstt.node.data_dir import Folders

if TYPE_CHECKING:
    from swarmstt.node.serving import ServedNode

OF_THE_NODE = ("device", "compute_type", "slots", "threads", "memory_gb", "cluster")
"""Options that a running node was started with, and that no book can change."""
POLL_SECONDS = 0.25
Work = Callable[[Client, ProbingBar], Coroutine[Any, Any, int]]
"""What a command does at a node; returns the exit status. The bar shows how many books the node has probed."""

HELD_SECONDS = 10.0
"""How long the data folder may be held by a node that does not answer."""


class GaveWayError(Exception):
    """The node of this command makes room for one that stays and takes its work."""


async def have_done(
    config: Config, folders: Folders, work: Work, *, count: int, alone: bool, given: Collection[str]
) -> int:
    """Has work done by the node that runs on this PC, else by one for the time that it takes. Where that node ends or
    has to make room, the work begins again with another. `count`: how many books there are to look at; `given` are the
    names of the options on the command line."""
    held_until = time.monotonic() + HELD_SECONDS
    while True:
        url = await find_url(folders)
        try:
            if url is not None:
                return await _hand_over(url, work, count, given)
            return await _by_itself(config, folders, work, count, alone=alone)
        except NoNodeError:
            if url is None:
                raise
            tell("swarmstt has ended on this PC; this command goes on by itself.")
            held_until = time.monotonic() + HELD_SECONDS  # it answers no more, and lets go of its folder a little later
        except GaveWayError:
            tell("swarmstt was started on this PC; it goes on with this work.")
            await _wait_for_node(folders)
        except NodeHeldError:  # by another command that begins or ends just now, if not for long
            if time.monotonic() >= held_until:
                raise
            await asyncio.sleep(POLL_SECONDS)


async def _wait_for_node(folders: Folders) -> None:
    """Waits until the node that wanted the data folder is there; if it does not come, the command has the folder."""
    until = time.monotonic() + HELD_SECONDS
    while time.monotonic() < until:
        if await find_url(folders) is not None:
            return
        await asyncio.sleep(POLL_SECONDS)


async def _hand_over(url: str, work: Work, count: int, given: Collection[str]) -> int:
    """Has the node that runs on this PC do it. Ctrl-C ends only this command."""
    tell(f"The node on this PC transcribes it: {url}")
    if dropped := [f"--{name}" for name in OF_THE_NODE if name in given]:
        tell(f"It works with its own {', '.join(dropped)}: give those to `swarmstt up`.")
    try:
        async with connect(url) as client:
            with ProbingBar(count) as probing_bar:
                return await work(client, probing_bar)
    except asyncio.CancelledError:
        tell("This command ends; the node goes on with what it has taken. `swarmstt status` shows how far it is.")
        return 1


async def _by_itself(config: Config, folders: Folders, work: Work, count: int, *, alone: bool) -> int:
    """Does it by a node for the time that it takes."""
    # Imported here: what is handed over to a node that runs needs none of its own.
    from swarmstt.cli.fetching import fetch_display
    from swarmstt.node.opening import Company
    from swarmstt.node.serving import serve_node

    company = Company.NONE if alone else Company.KNOWN
    async with serve_node(config, folders, port=0, company=company) as served, connect(served.url) as client:
        with fetch_display() as shown, ProbingBar(count) as probing_bar:
            loop = asyncio.get_running_loop()

            def fetched(name: str, done: int, total: int) -> None:
                loop.call_soon_threadsafe(probing_bar.hide)  # a terminal has room for one bar
                shown(name, done, total)

            served.node.observers.fetches.add(fetched)
            return await _until(served, work(client, probing_bar))


async def _until(served: ServedNode, work: Coroutine[Any, Any, int]) -> int:
    """Awaits the work. Raises the error of a part of the node that has died, since the work would never end, and
    GaveWayError if the node is to make room."""
    task, gives_way, failed = (
        asyncio.ensure_future(work),
        asyncio.ensure_future(served.gives_way.wait()),
        served.node.failed,
    )
    either: set[asyncio.Future[Any]] = {task, gives_way, failed}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if failed.done() and not task.done():
            try:
                await failed
            except Exception as error:
                raise part_failed(error) from error
        if gives_way.done() and not task.done():
            raise GaveWayError
        return await task
    finally:
        task.cancel()
        gives_way.cancel()
