"""The availability monitor asks the sensors, decides, notifies, and keeps the PC awake on mains power alone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from swarmstt.config import Config, build_config
from swarmstt.core.helping.availability import HelpPolicy, Pause
from swarmstt.errors import ConflictError, UsageError
from swarmstt.node.helping.availability import AvailabilityMonitor, help_policy_of
from swarmstt.node.helping.keep_awake import ProgramKeepAwake
from swarmstt.node.helping.user_activity import ThisPcSensors, idle_from_logind
from tests.support.waiting import eventually

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
    settings: dict[str, Any] = field(default_factory=dict)

    def on_battery(self) -> bool:
        return self.battery

    def idle_seconds(self) -> float | None:
        self.asked_for_idle += 1
        return self.idle

    async def keep(self, wanted: bool) -> None:
        self.awake.append(wanted)

    async def keep_settings(self, values: Mapping[str, Any]) -> None:
        self.settings.update(values)

    def monitor(self, policy: HelpPolicy, pause: Pause | None = None) -> AvailabilityMonitor:
        async def changed() -> None:
            self.told.append(monitor.availability.helps_others)

        monitor = AvailabilityMonitor(
            policy,
            pause,
            is_working=lambda: self.working,
            changed=changed,
            keep=self.keep_settings,
            sensors=self,
            keep_awake=self,
            now=lambda: self.now,
        )
        return monitor


async def test_battery_stops_helping_and_mains_power_starts_it() -> None:
    world = World()
    monitor = world.monitor(HelpPolicy())
    await monitor.look()
    assert world.told == []
    world.battery = True
    await monitor.look()
    await monitor.look()
    assert (world.told, monitor.availability.decodes) == ([False], True)
    world.battery = False
    await monitor.look()
    assert world.told == [False, True]
    assert world.asked_for_idle == 0


async def test_the_pc_is_kept_awake_while_it_works_on_mains_power() -> None:
    world = World()
    monitor = world.monitor(HelpPolicy())
    for world.battery, world.working in ((False, True), (True, True), (False, False)):
        await monitor.look()
    assert world.awake == [True, False, False]


async def test_a_pause_counts_at_once_and_ends_by_itself() -> None:
    world = World()
    monitor = world.monitor(HelpPolicy())
    await monitor.set_pause(Pause(until=NOON + timedelta(seconds=9)))
    assert (world.told, monitor.availability.decodes) == ([False], False)
    world.now += timedelta(seconds=9)
    assert monitor.pause is None
    await monitor.look()
    assert (world.told, monitor.availability.decodes) == ([False, True], True)


async def test_a_pause_is_kept() -> None:
    world = World()
    monitor = world.monitor(HelpPolicy())
    await monitor.set_pause(Pause(until=NOON))
    assert world.settings == {"paused": True, "paused_until": NOON.isoformat()}
    await monitor.set_pause(None)
    assert world.settings == {"paused": False, "paused_until": None}


async def test_one_that_was_started_to_decode_nothing_cannot_resume() -> None:
    world = World()
    monitor = world.monitor(HelpPolicy(no_helping=True))
    with pytest.raises(ConflictError, match="--no_helping"):
        await monitor.set_pause(None)
    await monitor.set_pause(Pause())
    assert monitor.pause == Pause()


async def test_who_comes_back_to_the_pc_has_it_to_himself() -> None:
    world = World(idle=3600.0)
    monitor = world.monitor(HelpPolicy(help_when="idle"))
    await monitor.look()
    world.idle = 1.0
    await monitor.look()
    assert monitor.availability.helps_others is False
    await monitor.set_policy(HelpPolicy(help_when="always"))
    assert monitor.availability.helps_others is True


async def test_it_looks_until_it_is_ended_and_lets_the_pc_sleep_then() -> None:
    world = World()
    monitor = world.monitor(HelpPolicy())
    task = asyncio.create_task(monitor.run())
    await eventually(lambda: world.awake == [True])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert world.awake == [True, False]


def test_times_of_day_are_checked() -> None:
    assert help_policy_of(Config(help_from="6:30")).help_from.hour == 6
    with pytest.raises(UsageError, match="--help_until"):
        build_config({"help_until": "24:00"}, {}, Path("none"))


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


def test_the_sensors_of_this_pc_raise_nothing() -> None:
    sensors = ThisPcSensors()
    assert sensors.on_battery() in (True, False)
    seconds = sensors.idle_seconds()
    assert seconds is None or seconds >= 0


async def test_a_program_holds_the_pc_awake_while_it_runs() -> None:
    awake = ProgramKeepAwake([sys.executable, "-c", "import sys; sys.stdin.read()"])
    await awake.keep(True)
    process = awake._process
    assert process is not None
    await awake.keep(True)
    assert awake._process is process
    await awake.keep(False)
    assert process.returncode is not None


async def test_a_pc_that_cannot_be_held_awake_sleeps() -> None:
    missing = ProgramKeepAwake(["there-is-no-such-program"])
    await missing.keep(True)
    await missing.keep(False)
    failing = ProgramKeepAwake([sys.executable, "-c", "raise SystemExit(1)"])
    await failing.keep(True)
    assert failing._process is not None
    await failing._process.wait()
    await failing.keep(True)
    assert failing._process is None
    await failing.keep(True)
    assert failing._process is None
