"""The rows of the API about what a person may choose for this PC. Types and ranges are checked here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from aiohttp import web

from swarmstt.config import PAGE_SETTINGS
from swarmstt.errors import InputError
from swarmstt.options import Option
from swarmstt.web.api.bodies import read_map
from swarmstt.web.api.keys import SETTINGS
from swarmstt.web.api.replies import reply
from swarmstt.web.api.requests import MOST_PATH_CHARACTERS, checked_value, name_of

MOST_FOLDERS = 50
_TOLD_ONLY = frozenset({"models", "restart"})
"""What the answer has besides settings; sent back, it changes nothing."""


def settings_routes() -> list[web.RouteDef]:
    return [web.get("/settings", get_settings), web.patch("/settings", change_settings)]


async def get_settings(request: web.Request) -> web.Response:
    return reply(request, await request.app[SETTINGS].view())


async def change_settings(request: web.Request) -> web.Response:
    wanted = settings_of(await read_map(request))
    return reply(request, await request.app[SETTINGS].change(wanted))


def settings_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Reads the settings that a request changes; InputError says which makes no sense."""
    sent = {name: value for name, value in given.items() if name not in _TOLD_ONLY}
    if unknown := sorted(str(name) for name in set(sent) - set(_CHECKS)):
        raise InputError(f"There is no setting {unknown[0][:100]!r}; check its spelling.")
    return {name: _CHECKS[name](value) for name, value in sent.items()}


def _name(thing: Any) -> str:
    name: str = checked_value(PAGE_SETTINGS["name"], name_of(thing, "name").strip(), exact=True)
    return name


def _as_option(option: Option) -> Callable[[Any], Any]:
    """Returns the check of a setting that is this option; null leaves it to the program if the option can."""
    return lambda thing: None if thing is None and option.default is None else checked_value(option, thing, exact=True)


def _folders(thing: Any) -> list[str]:
    if not isinstance(thing, list) or len(thing) > MOST_FOLDERS:
        raise InputError(f"drop_folders must be a list of at most {MOST_FOLDERS} folders.")
    if not all(isinstance(each, str) and 0 < len(each) <= MOST_PATH_CHARACTERS and "\0" not in each for each in thing):
        raise InputError(f"Each drop folder must be text of at most {MOST_PATH_CHARACTERS} characters.")
    for each in thing:
        if not _can_be_a_path(each):
            raise InputError("The name of a drop folder has a character that no folder of this PC can have.")
        if not Path(each).is_absolute():
            raise InputError(f"The drop folder {each} must be a whole path, from the root of this PC's files.")
    return list(dict.fromkeys(thing))


def _can_be_a_path(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # half of a character
        return False
    return True


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
    **{name: _as_option(option) for name, option in PAGE_SETTINGS.items()},
    "name": _name,
    "model": lambda thing: name_of(thing, "model"),
    "drop_folders": _folders,
    "paused_until": _paused_until,
}
"""As options are checked, but for those that the page sends in another form."""
