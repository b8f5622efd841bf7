"""The rows of the API about what a person may choose for this PC. Types and ranges are checked here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from swarmstt.config import range_of
from swarmstt.core.manners import HELP_WHEN
from swarmstt.errors import InputError
from swarmstt.web.incoming import MOST_PATH_CHARACTERS, name_of, read_map
from swarmstt.web.replies import reply

MOST_FOLDERS = 50
MOST_NAME_CHARACTERS = 63
"""As long as a name on the network may be."""
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_TOLD_ONLY = frozenset({"models", "restart"})
"""What the answer has besides settings; sent back, it changes nothing."""


class SettingsPort(Protocol):
    """What a person chose for this PC.

    Settings: {name, model, models (names of those on this PC), slots (None: as many as fit), memory_gb (None: what is
    free), drop_folders, help_when ("always", "not_on_battery", "idle", "hours"), idle_minutes, help_from and help_until
    ("HH:MM"), paused_until (a moment; None too where the pause has no end), restart (the settings that count after a
    restart only)}.
    """

    async def view(self) -> dict[str, Any]:
        """All settings."""

    async def change(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Changes those settings that are named; all of them then. InputError for what this PC does not have."""


SETTINGS: web.AppKey[SettingsPort] = web.AppKey("settings")


def add_settings_routes(app: web.Application, settings: SettingsPort) -> None:
    app[SETTINGS] = settings
    app.add_routes([web.get("/settings", get_settings), web.patch("/settings", change_settings)])


async def get_settings(request: web.Request) -> web.Response:
    return reply(request, await request.app[SETTINGS].view())


async def change_settings(request: web.Request) -> web.Response:
    wanted = settings_of(await read_map(request))
    return reply(request, await request.app[SETTINGS].change(wanted))


def settings_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a request changes; InputError says which makes no sense."""
    sent = {name: value for name, value in given.items() if name not in _TOLD_ONLY}
    if unknown := sorted(str(name) for name in set(sent) - set(_CHECKS)):
        raise InputError(f"There is no setting {unknown[0][:100]!r}; check its spelling.")
    return {name: _CHECKS[name](value) for name, value in sent.items()}


def _name(thing: Any) -> str:
    name = name_of(thing, "name").strip()
    if len(name) > MOST_NAME_CHARACTERS:
        raise InputError(f"name must be at most {MOST_NAME_CHARACTERS} characters.")
    return name


def _slots(thing: Any) -> int | None:
    return None if thing is None else _whole("slots", thing)


def _memory_gb(thing: Any) -> float | None:
    least, most = range_of("memory_gb")
    if thing is None:
        return None
    if isinstance(thing, bool) or not isinstance(thing, int | float) or not least <= thing <= most:
        raise InputError(f"memory_gb must be a number from {least:g} to {most:g}.")
    return float(thing)


def _whole(name: str, thing: Any) -> int:
    least, most = range_of(name)
    if isinstance(thing, bool) or not isinstance(thing, int) or not least <= thing <= most:
        raise InputError(f"{name} must be a whole number from {least:g} to {most:g}.")
    return thing


def _folders(thing: Any) -> list[str]:
    if not isinstance(thing, list) or len(thing) > MOST_FOLDERS:
        raise InputError(f"drop_folders must be a list of at most {MOST_FOLDERS} folders.")
    if not all(isinstance(each, str) and 0 < len(each) <= MOST_PATH_CHARACTERS and "\0" not in each for each in thing):
        raise InputError(f"Each drop folder must be text of at most {MOST_PATH_CHARACTERS} characters.")
    for each in thing:
        if not _can_be_a_path(each):
            raise InputError("A drop folder has a sign in its name that no folder of this PC can have.")
        if not Path(each).is_absolute():
            raise InputError(f"The drop folder {each} must be a whole path, from the root of this PC's files.")
    return list(dict.fromkeys(thing))


def _can_be_a_path(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # half of a character
        return False
    return True


def _help_when(thing: Any) -> str:
    if not isinstance(thing, str) or thing not in HELP_WHEN:
        raise InputError(f"help_when must be one of {', '.join(HELP_WHEN)}.")
    return thing


def _time_of_day(name: str) -> Callable[[Any], str]:
    def check(thing: Any) -> str:
        if not isinstance(thing, str) or _TIME_OF_DAY.fullmatch(thing) is None:
            raise InputError(f"{name} must be a time of day such as 22:30.")
        return thing

    return check


def _paused_until(thing: Any) -> str | None:
    if thing is None:
        return None
    try:
        # Python before 3.11 does not know the Z that JavaScript ends a moment with.
        moment = datetime.fromisoformat(re.sub("Z$", "+00:00", thing))
        moment.astimezone(timezone.utc)  # which the first and the last day of all time do not have in every zone
    except (TypeError, ValueError, OverflowError):
        raise InputError("paused_until must be a moment such as 2030-01-31T18:00:00+01:00, or null.") from None
    if moment.tzinfo is None:
        raise InputError("paused_until must name its zone, such as 2030-01-31T18:00:00+01:00.")
    return moment.isoformat()


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "model": lambda thing: name_of(thing, "model"),
    "slots": _slots,
    "memory_gb": _memory_gb,
    "drop_folders": _folders,
    "help_when": _help_when,
    "idle_minutes": lambda thing: _whole("idle_minutes", thing),
    "help_from": _time_of_day("help_from"),
    "help_until": _time_of_day("help_until"),
    "paused_until": _paused_until,
}
