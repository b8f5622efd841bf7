"""Watches whether this PC is available to others: asks its sensors every few seconds, has
`core/helping/availability.py` decide, and notifies the node. It also keeps the PC awake while it works on mains power,
and only then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from swarmstt import phrases
from swarmstt.config import Config
from swarmstt.core.helping.availability import Facts, HelpPolicy, HelpWhen, Pause, decide
from swarmstt.errors import ConflictError
from swarmstt.node.helping.keep_awake import KeepAwake
from swarmstt.node.helping.user_activity import SystemSensors
from swarmstt.option_values import time_of_day
from swarmstt.tasks import happens

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""How often this PC is looked at: whoever comes back to it does not wait for long."""


def local_time() -> datetime:
    return datetime.now(timezone.utc).astimezone()


def help_policy_of(config: Config) -> HelpPolicy:
    """Returns when this PC may help, from its options."""
    help_when: HelpWhen = config.help_when  # type: ignore[assignment]  # one of its choices
    return HelpPolicy(
        help_when=help_when,
        idle_minutes=config.idle_minutes,
        help_from=time_of_day(config.help_from),
        help_until=time_of_day(config.help_until),
        no_helping=config.no_helping,
    )


class AvailabilityMonitor:
    """Holds the newest decision in `availability`. `changed` is awaited after each that differs from the one before;
    `is_working` says whether this PC has work in hand that a sleep would hold up; `keep` writes values into the file
    of settings; `look_seconds` is the time between two looks at the sensors."""

    def __init__(
        self,
        policy: HelpPolicy,
        pause: Pause | None,
        *,
        is_working: Callable[[], bool],
        changed: Callable[[], Awaitable[None]],
        keep: Callable[[Mapping[str, Any]], Awaitable[None]],
        sensors: SystemSensors,
        keep_awake: KeepAwake,
        now: Callable[[], datetime] = local_time,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self.policy = policy
        self._pause = pause
        self._is_working = is_working
        self._changed = changed
        self._keep = keep
        self._sensors = sensors
        self._keep_awake = keep_awake
        self._now = now
        self._look_seconds = look_seconds
        self._facts = Facts(now=now())
        self._wake = asyncio.Event()
        self._looking = asyncio.Lock()
        self.availability = decide(policy, pause, self._facts)

    @property
    def pause(self) -> Pause | None:
        """The pause that holds now."""
        over = self._pause is not None and self._pause.until is not None and self._pause.until <= self._now()
        return None if over else self._pause

    @property
    def why_not_helping(self) -> str | None:
        """Why this PC does not help others, in a sentence; None if it does."""
        why = self.availability.unavailability
        return None if why is None else phrases.own_unavailability(why, self._now())

    @property
    def notice(self) -> str | None:
        """What the person should know though this PC helps others, a sentence."""
        return phrases.USE_UNKNOWN if self.availability.is_use_unknown else None

    async def run(self) -> None:
        """Looks at the sensors again and again, until it is cancelled."""
        try:
            while True:
                await self.look()
                self._wake.clear()
                await happens(self._wake, self._seconds_to_next_look())
        finally:
            await self._keep_awake.keep(False)

    async def look(self) -> None:
        """Finds out what is so now, and decides."""
        async with self._looking:
            on_battery = await asyncio.to_thread(self._sensors.on_battery)
            asked = self.policy.help_when == "idle"
            idle_seconds = await asyncio.to_thread(self._sensors.idle_seconds) if asked else None
            self._facts = Facts(now=self._now(), on_battery=on_battery, idle_seconds=idle_seconds)
            await self._keep_awake.keep(not on_battery and self._is_working())
        await self._decide()

    async def set_pause(self, pause: Pause | None) -> None:
        """Pauses this PC, which hands back at once what its helper holds, or resumes (None); a restart changes nothing
        of that. ConflictError for a PC that was started to decode nothing, since it cannot resume."""
        if pause is None and self.policy.no_helping:
            raise ConflictError(phrases.NO_HELPING)
        self._pause = pause
        await self._decide()
        self._wake.set()
        until = pause.until.isoformat() if pause is not None and pause.until is not None else None
        await self._keep({"paused": pause is not None, "paused_until": until})

    async def set_policy(self, policy: HelpPolicy) -> None:
        """Takes what a person chose; it counts when this returns."""
        self.policy = policy
        await self.look()

    async def _decide(self) -> None:
        """Decides again. Nothing waits here before the decision counts: a pause is at once, whatever is being sent to
        peers."""
        now = self._now()
        before, self.availability = self.availability, decide(self.policy, self._pause, replace(self._facts, now=now))
        if replace(self.availability, until=None) == replace(before, until=None):
            return
        if before.helps_others != self.availability.helps_others:
            _log(self.availability.helps_others, self.why_not_helping or self.notice)
        await self._changed()

    def _seconds_to_next_look(self) -> float:
        until = self.availability.until
        if until is None:
            return self._look_seconds
        return min(self._look_seconds, max(0.0, (until - self._now()).total_seconds()))


def _log(helps_others: bool, notice: str | None) -> None:
    what = "helps others again." if helps_others else "does not help others now."
    logger.info(" ".join(["This PC", what, *([notice] if notice else [])]))
