"""Whether this PC helps others now: a decision from what its person chose and what is so at this moment.

Rules:
- a PC that was started with --no_helping decodes nothing, whatever else is so
- a pause holds for everything on this PC, its own books too; it ends when its time has come, or when a person ends it
- everything else holds for others' books only: who drops a book on a PC wants it done there, on battery too
- on battery only a person who chose "always" lends the PC to others
- what cannot be found out (the battery, whether somebody uses the PC) never keeps a PC from helping
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from swarmstt.core.books import BookState
from swarmstt.core.helping.unavailability import UnavailableReason
from swarmstt.core.scheduling.state import State

HelpWhen = Literal["always", "not_on_battery", "idle", "hours"]
HELP_WHEN: tuple[str, ...] = get_args(HelpWhen)


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPolicy:
    """When this PC may help others. `idle_minutes` without a key or the mouse count with "idle"; `help_from` to
    `help_until` with "hours": over midnight if it ends before it begins, the whole day if both are the same.
    `no_helping`: it was started to decode nothing, its own books neither."""

    help_when: HelpWhen = "not_on_battery"
    idle_minutes: int = 10
    help_from: time = time(22, 0)
    help_until: time = time(7, 0)
    no_helping: bool = False


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
class Unavailability:
    """Why this PC does not help others, as a kind and its values; `phrases.py` says it in a sentence."""

    kind: UnavailableReason
    until: datetime | None = None
    """When a pause ends; None: when a person ends it."""
    idle_minutes: int | None = None
    """How long nobody must have used the PC, of one "in_use"."""
    hours: tuple[time, time] | None = None
    """Between which times of day it helps, of "hours"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What this PC does now."""

    decodes: bool
    """It decodes at all."""
    unavailability: Unavailability | None = None
    """Why it does not decode others' books; None if it does."""
    is_use_unknown: bool = False
    """It helps as if nobody used it, since that cannot be found out: its person should know."""
    until: datetime | None = None
    """When this may change by the clock alone; None: it does not."""

    @property
    def helps_others(self) -> bool:
        return self.unavailability is None


def decide(policy: HelpPolicy, pause: Pause | None, facts: Facts) -> Availability:
    """Decides what this PC does now."""
    if policy.no_helping:
        return Availability(decodes=False, unavailability=Unavailability(kind="not_helping"))
    if pause is not None and (pause.until is None or facts.now < pause.until):
        why = Unavailability(kind="paused", until=pause.until)
        return Availability(decodes=False, unavailability=why, until=pause.until)
    if facts.on_battery and policy.help_when != "always":
        return Availability(decodes=True, unavailability=Unavailability(kind="battery"))
    if policy.help_when == "idle":
        return _when_idle(policy, facts)
    if policy.help_when == "hours":
        return _at_hours(policy, facts)
    return Availability(decodes=True)


def has_work(state: State, *, decoding: bool) -> bool:
    """Returns whether there is work in hand that a sleep of this PC would hold up: here (`decoding`: for whomever), or
    elsewhere for a book of this node."""
    books = [book for book in state.books.values() if not book.paused]
    unread = any(book.state is BookState.OPEN and not book.read_whole for book in books)
    merging = any(book.state is BookState.MERGING for book in books)
    return unread or merging or decoding or any(helper.held for helper in state.helpers.values())


def within(moment: time, begin: time, end: time) -> bool:
    """Returns whether a time of day is in the stretch from `begin` up to `end`, which may go over midnight."""
    if begin == end:
        return True
    return begin <= moment < end if begin < end else moment >= begin or moment < end


def _when_idle(policy: HelpPolicy, facts: Facts) -> Availability:
    if facts.idle_seconds is None:
        return Availability(decodes=True, is_use_unknown=True)
    lacking_seconds = policy.idle_minutes * 60 - facts.idle_seconds
    if lacking_seconds <= 0:
        return Availability(decodes=True)
    why = Unavailability(kind="in_use", idle_minutes=policy.idle_minutes)
    return Availability(decodes=True, unavailability=why, until=facts.now + timedelta(seconds=lacking_seconds))


def _at_hours(policy: HelpPolicy, facts: Facts) -> Availability:
    begin, end = policy.help_from, policy.help_until
    if begin == end:
        return Availability(decodes=True)
    if within(facts.now.timetz().replace(tzinfo=None), begin, end):
        return Availability(decodes=True, until=_next(end, facts.now))
    why = Unavailability(kind="hours", hours=(begin, end))
    return Availability(decodes=True, unavailability=why, until=_next(begin, facts.now))


def _next(moment: time, now: datetime) -> datetime:
    """Returns the next time that the clock shows this."""
    today = now.replace(hour=moment.hour, minute=moment.minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)
