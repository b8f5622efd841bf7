"""What the processes of a run spend: where the time of a cluster goes, and that of nodes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.e2e.support.processes import Running

KINDS = ("engines", "helpers", "scheduler", "coordinator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The processes of one run. `helpers`: what has the engines, nodes or workers."""

    coordinator: Running
    helpers: tuple[Running, ...]
    scheduler: Running | None = None

    def cpu_seconds(self) -> dict[str, float]:
        """Returns what each kind of process has used of the cores since it began."""
        found = dict.fromkeys(KINDS, 0.0)
        for helper in self.helpers:
            engines = helper.engines()
            found["engines"] += sum(_used(each) for each in engines)
            found["helpers"] += sum(_used(each) for each in _processes(helper) if each not in engines)
        for kind, one in (("scheduler", self.scheduler), ("coordinator", self.coordinator)):
            if one is not None:
                found[kind] = sum(_used(each) for each in _processes(one))
        return found


def _processes(running: Running) -> list[psutil.Process]:
    return [psutil.Process(running.process.pid), *running.children()]


def _used(process: psutil.Process) -> float:
    """With that of its children that have ended."""
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return float(times.user + times.system + ended)
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One run: seconds from the drop to the transcript, the CPU seconds in them by kind of process, and how long both
    engines together had nothing to decode."""

    seconds: float
    cpu: Mapping[str, float]
    waited: float
    text: str
