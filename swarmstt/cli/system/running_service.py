"""What `swarmstt service` says and does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swarmstt.cli.client import find_url
from swarmstt.cli.saying import say
from swarmstt.cli.system.ending import end_after_parts
from swarmstt.cli.system.service import Service, service_of_this_system
from swarmstt.config import OPTIONS
from swarmstt.errors import LocalError
from swarmstt.launching import python_command, standalone_program
from swarmstt.node.data_dir import Folders
from swarmstt.options import Option


async def run_service(action: str, folders: Folders, given: Mapping[str, Any], *, only_own: bool = False) -> int:
    """Installs, removes or shows the service; `given` are the options of the command line, which `up` will have. With
    `only_own` a service that runs another program than this one stays."""
    service = service_of_this_system(folders.data_dir)
    match action:
        case "install":
            await asyncio.to_thread(folders.make)
            await _end_gently(service, folders)
            advice = await asyncio.to_thread(service.install, node_command(given))
            say(f"swarmstt runs in the background: {service.file}")
            say(advice)
        case "remove":
            if not await asyncio.to_thread(lambda: service.is_installed):
                raise LocalError("swarmstt is not installed as a service.")
            program = node_command(given)[0]
            if only_own and not await asyncio.to_thread(service.runs_program, program):
                raise LocalError(f"The service stays: it does not run {program}.")
            await _end_gently(service, folders)
            await asyncio.to_thread(service.remove)
            say("swarmstt no longer runs in the background. Its data folder is kept.")
        case _:
            return await _show(service, folders)
    return 0


async def _end_gently(service: Service, folders: Folders) -> None:
    """Ends the service's node after the parts in hand, if it runs and this system would end it at once."""
    if service.ends_gently or not await asyncio.to_thread(lambda: service.is_installed):
        return
    if await asyncio.to_thread(service.is_running):
        await end_after_parts(folders)


async def _show(service: Service, folders: Folders) -> int:
    """Exit status 1 if it is installed and does not run."""
    is_installed = await asyncio.to_thread(lambda: service.is_installed)
    is_running = is_installed and await asyncio.to_thread(service.is_running)
    state = "is not installed" if not is_installed else "runs" if is_running else "is installed, and does not run"
    say(f"The service {state}.")
    url = await find_url(folders)
    say(f"A node runs on this PC: {url}" if url else "No node runs on this PC.")
    return 1 if is_installed and not is_running else 0


def node_command(given: Mapping[str, Any]) -> list[str]:
    """Returns what is to be run: this program, with whole paths whatever folder it is started in."""
    arguments = [part for name, value in given.items() for part in _spelled(OPTIONS[name], value)]
    if getattr(sys, "frozen", False):
        # On Windows the tray's program, which has no console, is what pythonw is to a Python.
        return [standalone_program("swarmstt-tray" if sys.platform == "win32" else "swarmstt"), "up", *arguments]
    python, *rest = python_command("swarmstt", "up", *arguments)
    windowless = Path(python).with_name("pythonw.exe")
    return [str(windowless) if sys.platform == "win32" and windowless.exists() else python, *rest]


def _spelled(option: Option, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    is_path = issubclass(option.item_kind, Path)
    return [f"--{option.name}={Path(each).absolute() if is_path else each}" for each in values]
