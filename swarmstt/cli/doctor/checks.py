"""The checks of `doctor` that need no model. Each returns what to say, or raises what is wrong and how to mend it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import swarmstt
from swarmstt.cli.client import connect, find_url
from swarmstt.cli.doctor import firewall
from swarmstt.cli.doctor.multicast import hearing
from swarmstt.config import Config
from swarmstt.display_text import escaped
from swarmstt.errors import LocalError, PortTakenError, StorageError
from swarmstt.node.data_dir import Folders, config_file, drop_folders, transcripts_dir
from swarmstt.speech.models.files import hub_cache
from swarmstt.swarm.network.listening import listening_sockets

LEAST_FREE_BYTES = 10**9


async def check_folders(config: Config, folders: Folders) -> str:
    """That the data folder can be written; names every folder that is used, so that a person can remove all."""
    url = await find_url(folders)
    node = None
    if url is not None:
        async with connect(url) as client:
            node = (await client.get("/status"))["node"]

    def check() -> str:
        try:
            folders.make()
            with tempfile.TemporaryFile(dir=folders.data_dir):
                pass
            free = folders.free_bytes()
        except OSError as error:
            raise StorageError(
                f"{folders.data_dir} cannot be written: {error.strerror}; choose another --data_dir."
            ) from error
        if free < LEAST_FREE_BYTES:
            raise StorageError(
                f"{folders.data_dir} has only {free / 1e6:.0f} MB free; free some, or move it by --data_dir."
            )
        listed = "".join(f"\n      {name}: {escaped(str(place))}" for name, place in _places(config, folders, node))
        return f"{free / 1e9:.0f} GB free. Once swarmstt is uninstalled, what is left of it is here:{listed}"

    return await asyncio.to_thread(check)


def _places(config: Config, folders: Folders, node: dict[str, Any] | None) -> list[tuple[str, Path]]:
    """What each folder that is used is for, and where it is. `node`: one that runs, perhaps with other options."""
    dropped, transcripts = drop_folders(config), transcripts_dir(config)
    if node is not None:
        dropped = tuple(Path(each["path"]) for each in node["drop_folders"]) or dropped
        transcripts = Path(node["transcripts"])
    return [
        ("books, models, logs, this PC's key", folders.data_dir),
        ("options", config_file()),
        *(("dropped books", folder) for folder in dropped),
        ("transcripts", transcripts),
        ("the model hub's cache, which is only read", hub_cache(None)),
    ]


async def check_clock(config: Config, folders: Folders) -> str:
    """That it is not before this program was installed."""
    del config, folders
    now = time.time()
    installed_at = (await asyncio.to_thread(Path(swarmstt.__file__).stat)).st_mtime
    if now < installed_at - 86_400:
        raise LocalError(
            f"The clock of this PC says {time.strftime('%Y-%m-%d', time.localtime(now))}, "
            "which is before swarmstt was installed: set it."
        )
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(now))


async def check_ports(config: Config, folders: Folders) -> str:
    """That both ports are free, as a node would take them."""
    url = await find_url(folders)
    if url is not None:
        return f"a node runs on this PC: {url}"
    await asyncio.to_thread(_try_port, ("127.0.0.1",), config.port, "--port")
    await asyncio.to_thread(_try_port, config.interface, config.swarm_port, "--swarm_port")
    return f"{config.port} is free for the page, {config.swarm_port} for the other PCs"


def _try_port(hosts: Sequence[str], port: int, option: str) -> None:
    try:
        for each in listening_sockets(hosts, port):
            with closing(each):
                pass
    except PortTakenError:
        raise PortTakenError(f"Port {port} is taken by another program; choose another with {option}.") from None


async def check_network(config: Config, folders: Folders) -> str:
    """That this PC hears its own announcement, as other PCs must hear it to find it."""
    del folders
    if config.no_discovery:
        return "other PCs are not looked for (--no_discovery)"
    heard = await hearing(config.interface)
    if not heard:
        raise LocalError("This PC has no network: connect it, or name an address of its own with --interface.")
    blocker = await asyncio.to_thread(firewall.advice, config.swarm_port)
    hearers = [f"{each.ip} ({each.interface})" for each, hears in heard.items() if hears]
    deaf = [f"{each.ip} ({each.interface})" for each, hears in heard.items() if not hears]
    if not hearers:
        why = blocker or f"a firewall may keep UDP port {firewall.MULTICAST_PORT} shut: allow it, or name PCs by --peer"
        raise LocalError(f"This PC does not hear its own announcement on {', '.join(deaf)}: {why}.")
    said = f"announcements are heard on {', '.join(hearers)}" + (f", not on {', '.join(deaf)}" if deaf else "")
    return said + (f". If other PCs are not found: {blocker}" if blocker else "")
