"""How much time whoever ends a node by SIGTERM gives it before it is killed."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from swarmstt.cli.system.service import Ask, ask_system
from swarmstt.errors import LocalError
from swarmstt.node.finishing import FINISHING_SECONDS
from swarmstt.tasks import in_own_thread

logger = logging.getLogger(__name__)

STOP_SECONDS = "SWARMSTT_STOP_SECONDS"
"""The variable by which a container is told how much time it has: it cannot find that out."""
STOPPING_SECONDS = 20.0
"""What a node takes at most to end after its last part: its engines stop, and what it has is stored."""
_UNKNOWN_SECONDS = 8.0
"""How long it goes on if nothing says how much time it has: `docker stop` gives 10 s."""
_ANSWER_SECONDS = 5.0
_UNITS = {"d": 86_400.0, "h": 3_600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}


async def seconds_to_finish(
    environ: Mapping[str, str] = os.environ, ask: Ask = ask_system, cgroup: Path = Path("/proc/self/cgroup")
) -> float:
    """Returns how long a node that got SIGTERM may go on with its parts in hand, so that it has ended by itself when
    it would be killed: 0 to FINISHING_SECONDS. `cgroup`: the system's file of this process, as in cgroups(7)."""
    given = _given(environ)
    if given is None and environ.get("INVOCATION_ID"):  # systemd.exec(5): a unit runs it
        with suppress(asyncio.TimeoutError):
            given = await asyncio.wait_for(in_own_thread(lambda: _unit_gives(ask, cgroup)), _ANSWER_SECONDS)
    if given is None:
        return _UNKNOWN_SECONDS
    return min(FINISHING_SECONDS, max(0.0, given - STOPPING_SECONDS))


def _given(environ: Mapping[str, str]) -> float | None:
    text = environ.get(STOP_SECONDS)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()):
        logger.warning("%s is %r, which is no number of seconds, and counts for nothing.", STOP_SECONDS, text)
        return None
    return float(text)


def _unit_gives(ask: Ask, cgroup: Path) -> float | None:
    """Returns TimeoutStopSec of the unit that this process is in; None if that cannot be found out."""
    try:
        paths = [PurePosixPath(line.split(":", 2)[-1]) for line in cgroup.read_text(encoding="utf-8").splitlines()]
        path = next((each for each in paths if each.suffix == ".service"), None)
        if path is None:
            return None
        scope = ("--user",) if any(each.startswith("user@") for each in path.parts[:-1]) else ()
        answer = ask(("systemctl", *scope, "show", "--property", "TimeoutStopUSec", "--", path.name))
    except (OSError, UnicodeDecodeError, LocalError):
        return None
    name, _, value = answer.text.partition("=")
    return span_seconds(value) if answer.is_done and name == "TimeoutStopUSec" else None


def span_seconds(text: str) -> float | None:
    """Returns the seconds of a span as systemctl prints it, such as "1min 30s"; None for what is none.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html
    """
    if text == "infinity":
        return math.inf
    parts = [re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)(y|month|w|d|h|min|s|ms|us)?", part) for part in text.split()]
    if not parts:
        return None
    seconds = 0.0
    for part in parts:
        if part is None:
            return None
        seconds += float(part[1]) * _UNITS.get(part[2] or "us", _UNITS["d"])  # longer ones are far more than enough
    return seconds
