"""The keeper of manners looks, decides, tells, and keeps the PC awake on mains power alone."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest

from swarmstt.config import Config
from swarmstt.core.manners import Pause, Wishes
from swarmstt.errors import UsageError
from swarmstt.node.awake import ProgramAwake
from swarmstt.node.idle import RealSenses, idle_from_logind
from swarmstt.node.manners import MannersKeeper, wishes_of

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=timezone.utc)


@dataclass
class World:
    """A PC whose power, person and clock a test sets."""

    battery: bool = False
    idle: float | None = 0.0
    now: datetime = NOON
    working: bool = True
    awake: list[bool] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
    asked_for_idle: int = 0

    def on_battery(self) -> bool:
        return self.battery

    def idle_seconds(self) -> float | None:
        self.asked_for_idle += 1
        return self.idle

    async def keep(self, wanted: bool) -> None:
        self.awake.append(wanted)

    def keeper(self, wishes: Wishes, pause: Pause | None = None) -> MannersKeeper:
        async def changed() -> None:
            self.told.append(keeper.manners.helping)

        keeper = MannersKeeper(
            wishes,
            pause,
            is_working=lambda: self.working,
            changed=changed,
            senses=self,
            awake=self,
            now=lambda: self.now,
        )
        return keeper


async def test_battery_stops_helping_and_mains_power_starts_it() -> None:
    world = World()
    keeper = world.keeper(Wishes())
    await keeper.look()
    assert world.told == []
    world.battery = True
    await keeper.look()
    await keeper.look()
    assert (world.told, keeper.manners.working) == ([False], True)
    world.battery = False
    await keeper.look()
    assert world.told == [False, True]
    assert world.asked_for_idle == 0


async def test_the_pc_is_kept_awake_while_it_works_on_mains_power() -> None:
    world = World()
    keeper = world.keeper(Wishes())
    for world.battery, world.working in ((False, True), (True, True), (False, False)):
        await keeper.look()
    assert world.awake == [True, False, False]


async def test_a_pause_counts_at_once_and_ends_by_itself() -> None:
    world = World()
    keeper = world.keeper(Wishes())
    await keeper.set_pause(Pause(until=NOON + timedelta(seconds=9)))
    assert (world.told, keeper.manners.working) == ([False], False)
    world.now += timedelta(seconds=9)
    assert keeper.pause is None
    await keeper.look()
    assert (world.told, keeper.manners.working) == ([False, True], True)


async def test_who_comes_back_to_the_pc_has_it_to_himself() -> None:
    world = World(idle=3600.0)
    keeper = world.keeper(Wishes(help_when="idle"))
    await keeper.look()
    world.idle = 1.0
    await keeper.look()
    assert keeper.manners.helping is False
    await keeper.set_wishes(Wishes(help_when="always"))
    assert keeper.manners.helping is True


async def test_it_looks_until_it_is_ended_and_lets_the_pc_sleep_then() -> None:
    world = World()
    keeper = world.keeper(Wishes())
    task = asyncio.create_task(keeper.run())
    while world.awake != [True]:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert world.awake == [True, False]


def test_times_of_day_are_checked() -> None:
    assert wishes_of(Config(help_from="6:30")).help_from.hour == 6
    with pytest.raises(UsageError, match="--help_until"):
        wishes_of(Config(help_until="24:00"))


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("IdleHint=no\nIdleSinceHint=0\n", 0.0),
        ("IdleHint=yes\nIdleSinceHint=940000000\n", 60.0),
        ("IdleHint=yes\nIdleSinceHint=940000000\n\nIdleHint=yes\nIdleSinceHint=990000000\n", 10.0),
        ("IdleHint=yes\nIdleSinceHint=0\n", 1000.0),
        ("Failed to connect to bus", None),
        ("", None),
    ],
)
def test_what_logind_tells(told: str, seconds: float | None) -> None:
    assert idle_from_logind(told, 1000.0) == seconds


def test_the_senses_of_this_pc_raise_nothing() -> None:
    senses = RealSenses()
    assert senses.on_battery() in (True, False)
    seconds = senses.idle_seconds()
    assert seconds is None or seconds >= 0


async def test_a_program_holds_the_pc_awake_while_it_runs() -> None:
    awake = ProgramAwake([sys.executable, "-c", "import sys; sys.stdin.read()"])
    await awake.keep(True)
    process = awake._process
    assert process is not None
    await awake.keep(True)
    assert awake._process is process
    await awake.keep(False)
    assert process.returncode is not None


async def test_a_pc_that_cannot_be_held_awake_sleeps() -> None:
    missing = ProgramAwake(["there-is-no-such-program"])
    await missing.keep(True)
    await missing.keep(False)
    failing = ProgramAwake([sys.executable, "-c", "raise SystemExit(1)"])
    await failing.keep(True)
    assert failing._process is not None
    await failing._process.wait()
    await failing.keep(True)
    assert failing._process is None
    await failing.keep(True)
    assert failing._process is None
