"""What the person chose on the page: kept in settings.json of the data folder, and put to use as far as a running
node can. As options they rank between config.toml and the environment."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarmstt.config import Config
from swarmstt.core.manners import Pause
from swarmstt.errors import InputError, StorageError
from swarmstt.node.folders import drop_folders
from swarmstt.node.manners import wishes_of

if TYPE_CHECKING:
    from swarmstt.node.node import Node

logger = logging.getLogger(__name__)

OPTION_OF = {
    "name": "name",
    "model": "model",
    "slots": "slots",
    "memory_gb": "memory_gb",
    "drop_folders": "drop_folder",
    "help_when": "help_when",
    "idle_minutes": "idle_minutes",
    "help_from": "help_from",
    "help_until": "help_until",
}
"""The option that each setting is."""
_LIMITS = frozenset({"slots", "memory_gb"})
_OF_MANNERS = frozenset({"help_when", "idle_minutes", "help_from", "help_until"})


def settings_file(data_dir: Path) -> Path:
    return data_dir / "settings.json"


def read_settings(data_dir: Path) -> dict[str, Any]:
    """What is kept; nothing where nothing was chosen yet, or the file cannot be read, which is logged."""
    file = settings_file(data_dir)
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("%s cannot be read (%s): what was chosen on the page does not count now.", file, error)
        return {}
    return values if isinstance(values, dict) else {}


def kept_options(data_dir: Path) -> Mapping[str, Any]:
    """The kept settings under the names of their options."""
    known = {each.name for each in fields(Config)}
    values = read_settings(data_dir)
    return {option: values[name] for name, option in OPTION_OF.items() if name in values and option in known}


def kept_pause(values: Mapping[str, Any]) -> Pause | None:
    """The pause that a person wished before this node began."""
    if values.get("paused") is not True:
        return None
    try:
        return Pause(until=_moment(values.get("paused_until")))
    except (TypeError, ValueError, OverflowError):
        return Pause()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(timezone.utc)


class Settings:
    """The settings of a running node: implements SettingsPort of the web room."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._data_dir = node.folders.data_dir
        self._writing = asyncio.Lock()
        self._drop_folders: list[str] | None = None
        """Those that count after a restart, if they were changed since this node began."""

    async def view(self) -> dict[str, Any]:
        node, wishes, pause = self._node, self._node.keeper.wishes, self._node.keeper.pause
        running = [str(folder) for folder in drop_folders(node.config)]
        folders = running if self._drop_folders is None else self._drop_folders
        return {
            "name": node.name,
            "model": node.model,
            "models": await node.engines.model_names(),
            "slots": node.config.slots,
            "memory_gb": node.config.memory_gb,
            "drop_folders": folders,
            "help_when": wishes.help_when,
            "idle_minutes": wishes.idle_minutes,
            "help_from": f"{wishes.help_from:%H:%M}",
            "help_until": f"{wishes.help_until:%H:%M}",
            "paused_until": pause.until.isoformat() if pause is not None and pause.until is not None else None,
            "restart": [] if set(folders) == set(running) else ["drop_folders"],
        }

    async def change(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps these settings and puts them to use; their types and ranges are checked already. InputError for a
        model or a folder that is not here."""
        await self._check(wanted)
        await self.keep({name: value for name, value in wanted.items() if name in OPTION_OF})
        await self._use(wanted)
        if "paused_until" in wanted:
            await self._pause_until(wanted["paused_until"])
        self._node.tell_observers()
        return await self.view()

    async def keep(self, changes: Mapping[str, Any]) -> None:
        """Writes the file whole, with these values changed. StorageError where it cannot be written."""
        if not changes:
            return
        async with self._writing:
            try:
                await asyncio.to_thread(_write, self._data_dir, changes)
            except OSError as error:
                raise StorageError(f"The settings cannot be kept: {error.strerror or error}.") from error

    async def _check(self, wanted: Mapping[str, Any]) -> None:
        model = wanted.get("model")
        if model is not None and model != self._node.model and not await self._node.engines.has_model(model):
            raise InputError(f"This PC does not have the model {model}; `swarmstt models fetch {model}` gets it.")
        for folder in wanted.get("drop_folders", ()):
            if not await asyncio.to_thread(Path(folder).is_dir):
                raise InputError(f"{folder} is no folder on this PC; make it first.")

    async def _use(self, wanted: Mapping[str, Any]) -> None:
        node = self._node
        if "drop_folders" in wanted:
            self._drop_folders = wanted["drop_folders"]
        if "name" in wanted:
            await node.rename(wanted["name"])
        if "model" in wanted:
            node.model = wanted["model"]
        limits = {name: value for name, value in wanted.items() if name in _LIMITS}
        if limits:
            node.config = replace(node.config, **limits)
            await node.engines.set_limits(slots=node.config.slots, memory_gb=node.config.memory_gb)
            await node.offering.renew()
        manners = {name: value for name, value in wanted.items() if name in _OF_MANNERS}
        if manners:
            node.config = replace(node.config, **manners)
            await node.keeper.set_wishes(wishes_of(node.config))

    async def _pause_until(self, text: str | None) -> None:
        """A pause without end is not told as `paused_until`, so None does not end it."""
        pause = self._node.keeper.pause
        if text is not None:
            await self._node.pause(Pause(until=_moment(text)))
        elif pause is not None and pause.until is not None:
            await self._node.pause(None)


def _write(data_dir: Path, changes: Mapping[str, Any]) -> None:
    file = settings_file(data_dir)
    temporary = file.with_suffix(".tmp")
    text = json.dumps({**read_settings(data_dir), **changes}, ensure_ascii=False, indent=2)
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace")  # names that are no Unicode
    temporary.replace(file)
