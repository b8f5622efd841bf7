"""`licences`: of all that swarmstt is installed with."""

from __future__ import annotations

import asyncio
from pathlib import Path

from swarmstt.cli.saying import say, say_path
from swarmstt.errors import UsageError
from swarmstt.licences import statement
from swarmstt.licences.installed import installed_components


async def show_licences(folder: str | None) -> int:
    components = await asyncio.to_thread(installed_components)
    if folder is None:
        for line in statement.lines(components):
            say(line)
        say()
        say("The texts: `swarmstt licences --to FOLDER` writes them; a running node's page shows them at /licences.")
        return 0
    try:
        await asyncio.to_thread(statement.write, components, Path(folder))
    except OSError as error:
        raise UsageError(f"The licences could not be written to {folder}: {error.strerror or error}.") from error
    say_path(folder)
    return 0
