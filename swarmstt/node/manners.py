"""Keeps a node's manners: looks every few seconds what is so on this PC, has `core/manners.py` decide, and says so to
the node. It also keeps the PC awake while it works on mains power, and only then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, time, timezone

from swarmstt.config import Config
from swarmstt.core.manners import Facts, HelpWhen, Pause, Wishes, decide
from swarmstt.errors import UsageError
from swarmstt.node.awake import Awake
from swarmstt.node.idle import Senses
from swarmstt.tasks import happens

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""How often this PC is looked at: whoever comes back to it does not wait for long."""


def local_time() -> datetime:
    return datetime.now(timezone.utc).astimezone()


def wishes_of(config: Config) -> Wishes:
    """When this PC may help, from its options; UsageError for a time of day that is none."""
    help_when: HelpWhen = config.help_when  # type: ignore[assignment]  # one of its choices
    return Wishes(
        help_when=help_when,
        idle_minutes=config.idle_minutes,
        help_from=_time_of("help_from", config.help_from),
        help_until=_time_of("help_until", config.help_until),
    )


def _time_of(name: str, text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        raise UsageError(f"--{name} must be a time of day such as 22:30, not {text!r}.") from None


class MannersKeeper:
    """Holds the newest decision in `manners`. `changed` is awaited after each that differs from the one before;
    `is_working` says whether this PC has work in hand that a sleep would hold up."""

    def __init__(
        self,
        wishes: Wishes,
        pause: Pause | None,
        *,
        is_working: Callable[[], bool],
        changed: Callable[[], Awaitable[None]],
        senses: Senses,
        awake: Awake,
        now: Callable[[], datetime] = local_time,
    ) -> None:
        self.wishes = wishes
        self._pause = pause
        self._is_working = is_working
        self._changed = changed
        self._senses = senses
        self._awake = awake
        self._now = now
        self._facts = Facts(now=now())
        self._wake = asyncio.Event()
        self._looking = asyncio.Lock()
        self.manners = decide(wishes, pause, self._facts)

    @property
    def pause(self) -> Pause | None:
        """The pause that holds now."""
        over = self._pause is not None and self._pause.until is not None and self._pause.until <= self._now()
        return None if over else self._pause

    async def run(self) -> None:
        """Looks around for ever."""
        try:
            while True:
                await self.look()
                self._wake.clear()
                await happens(self._wake, self._seconds_to_next_look())
        finally:
            await self._awake.keep(False)

    async def look(self) -> None:
        """Finds out what is so now, and minds it."""
        async with self._looking:
            on_battery = await asyncio.to_thread(self._senses.on_battery)
            asked = self.wishes.help_when == "idle"
            idle_seconds = await asyncio.to_thread(self._senses.idle_seconds) if asked else None
            self._facts = Facts(now=self._now(), on_battery=on_battery, idle_seconds=idle_seconds)
            await self._awake.keep(not on_battery and self._is_working())
        await self._decide()

    async def set_pause(self, pause: Pause | None) -> None:
        """A person paused this PC, or has it go on; minded when this returns."""
        self._pause = pause
        await self._decide()
        self._wake.set()

    async def set_wishes(self, wishes: Wishes) -> None:
        """A person chose anew; minded when this returns."""
        self.wishes = wishes
        await self.look()

    async def _decide(self) -> None:
        """Nothing waits here before the decision counts: a pause is at once, whatever else is being told to peers."""
        before, self.manners = self.manners, decide(self.wishes, self._pause, replace(self._facts, now=self._now()))
        if replace(self.manners, until=None) == replace(before, until=None):
            return
        if before.helping != self.manners.helping:
            what = "helps others again." if self.manners.helping else "does not help others now."
            logger.info(" ".join(["This PC", what, *([self.manners.reason] if self.manners.reason else [])]))
        await self._changed()

    def _seconds_to_next_look(self) -> float:
        until = self.manners.until
        return LOOK_SECONDS if until is None else min(LOOK_SECONDS, max(0.0, (until - self._now()).total_seconds()))
