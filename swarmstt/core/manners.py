"""Whether this PC helps others now: a decision from what its person chose and what is so at this moment.

Rules:
- a pause holds for everything on this PC, its own books too; it ends when its time has come, or when a person ends it
- everything else holds for others' books only: who drops a book on a PC wants it done there, on battery too
- on battery only a person who chose "always" lends the PC to others
- what cannot be found out (the battery, whether somebody uses the PC) never keeps a PC from helping
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from swarmstt.core.why_not import WhyNot

HelpWhen = Literal["always", "not_on_battery", "idle", "hours"]
HELP_WHEN: tuple[str, ...] = get_args(HelpWhen)

FOR_ONE_COMMAND = "This node runs for one command only; start one that stays with `swarmstt up`."
NO_HELPING = "This PC was started with --no_helping: it decodes nothing itself; start it without to change that."
IDLE_UNKNOWN = "It cannot be told here whether somebody uses this PC, so it helps as if nobody did."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """When this PC may help others. `idle_minutes` without a key or the mouse count with "idle"; `help_from` to
    `help_until` with "hours": over midnight if it ends before it begins, the whole day if both are the same."""

    help_when: HelpWhen = "not_on_battery"
    idle_minutes: int = 10
    help_from: time = time(22, 0)
    help_until: time = time(7, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A person paused this PC: until then (with a zone), or None until somebody ends it."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is so: `now` in local time with its zone; `idle_seconds` since the last key or mouse, None if unknown."""

    now: datetime
    on_battery: bool = False
    idle_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """`working`: this PC decodes at all. `helping`: others' books too. `reason`: why not, a sentence, or what the
    person should know though it helps. `word`: why not, for peers. `until`: when this may change by the clock alone;
    None: it does not."""

    working: bool
    helping: bool
    reason: str | None = None
    word: WhyNot | None = None
    until: datetime | None = None

    @property
    def why_not(self) -> str | None:
        """Why it does not help others; None where it does."""
        return None if self.helping else self.reason


def decide(wishes: Wishes, pause: Pause | None, facts: Facts) -> Manners:
    """What this PC does now."""
    if pause is not None and (pause.until is None or facts.now < pause.until):
        reason = _why_paused(pause, facts.now)
        return Manners(working=False, helping=False, reason=reason, word="paused", until=pause.until)
    if facts.on_battery and wishes.help_when != "always":
        reason = "It runs on battery, so it does its own books only."
        return Manners(working=True, helping=False, reason=reason, word="battery")
    if wishes.help_when == "idle":
        return _when_idle(wishes, facts)
    if wishes.help_when == "hours":
        return _at_hours(wishes, facts)
    return Manners(working=True, helping=True)


def within(moment: time, begin: time, end: time) -> bool:
    """Whether a time of day is in the stretch from `begin` up to `end`, which may go over midnight."""
    if begin == end:
        return True
    return begin <= moment < end if begin < end else moment >= begin or moment < end


def _why_paused(pause: Pause, now: datetime) -> str:
    if pause.until is None:
        return "It is paused; `swarmstt resume` has it go on."
    until = pause.until.astimezone(now.tzinfo)
    when = f"{until:%H:%M}" if until.date() == now.date() else f"{until:%d %B, %H:%M}"
    return f"It is paused until {when}; `swarmstt resume` has it go on before."


def _when_idle(wishes: Wishes, facts: Facts) -> Manners:
    if facts.idle_seconds is None:
        return Manners(working=True, helping=True, reason=IDLE_UNKNOWN)
    lacking = wishes.idle_minutes * 60 - facts.idle_seconds
    if lacking <= 0:
        return Manners(working=True, helping=True)
    minutes = f"{wishes.idle_minutes} minute" + ("s" if wishes.idle_minutes != 1 else "")
    reason = f"Somebody uses it; it helps others again after {minutes} of rest."
    until = facts.now + timedelta(seconds=lacking)
    return Manners(working=True, helping=False, reason=reason, word="in_use", until=until)


def _at_hours(wishes: Wishes, facts: Facts) -> Manners:
    begin, end = wishes.help_from, wishes.help_until
    if begin == end:
        return Manners(working=True, helping=True)
    if within(facts.now.timetz().replace(tzinfo=None), begin, end):
        return Manners(working=True, helping=True, until=_next(end, facts.now))
    reason = f"It helps others from {begin:%H:%M} to {end:%H:%M} only."
    return Manners(working=True, helping=False, reason=reason, word="hours", until=_next(begin, facts.now))


def _next(moment: time, now: datetime) -> datetime:
    """The next time that the clock shows this."""
    today = now.replace(hour=moment.hour, minute=moment.minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)
