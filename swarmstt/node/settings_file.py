"""What the person chose on the page, as settings.json of the data folder keeps it. As options these rank between
config.toml and the environment."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from swarmstt.config import PAGE_SETTINGS
from swarmstt.core.helping.availability import Pause
from swarmstt.errors import StorageError
from swarmstt.files import write_whole

logger = logging.getLogger(__name__)


def settings_file(data_dir: Path) -> Path:
    return data_dir / "settings.json"


def read_settings(data_dir: Path) -> dict[str, Any]:
    """Returns what is kept; nothing if nothing was chosen yet, or the file cannot be read, which is logged."""
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
    """Returns the kept settings under the names of their options."""
    values = read_settings(data_dir)
    return {option.name: values[name] for name, option in PAGE_SETTINGS.items() if name in values}


def kept_pause(values: Mapping[str, Any]) -> Pause | None:
    """Returns the pause that a person asked for before this node began."""
    if values.get("paused") is not True:
        return None
    try:
        return Pause(until=moment_of(values.get("paused_until")))
    except (TypeError, ValueError, OverflowError):
        return Pause()


def moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(timezone.utc)


class SettingsFile:
    """The file of a running node, which alone writes it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._writing = asyncio.Lock()

    async def keep(self, changes: Mapping[str, Any]) -> None:
        """Writes the file whole, with these values changed. StorageError where it cannot be written."""
        if not changes:
            return
        async with self._writing:
            try:
                await asyncio.to_thread(_write, self._data_dir, changes)
            except OSError as error:
                raise StorageError(f"The settings cannot be kept: {error.strerror or error}.") from error


def _write(data_dir: Path, changes: Mapping[str, Any]) -> None:
    text = json.dumps({**read_settings(data_dir), **changes}, ensure_ascii=False, indent=2)
    content = text.encode("utf-8", "backslashreplace")  # names that are not Unicode
    write_whole(settings_file(data_dir), content, lasting=False)
