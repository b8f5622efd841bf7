"""Many PCs: the core under a simulated swarm, then real nodes on loopback. Ratios are of one run.

The simulated ones are ratios to the bound: work divided by summed speed.
"""

from __future__ import annotations

import argparse
import random

from rich.console import Console
from rich.table import Table

from tests.bench import swarm_chunks, swarm_idle, swarm_real
from tests.swarm.simulation import Simulation, bound_seconds, planned_spans, ten_helpers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=_PARTS, action="append", help="this part only (default all); repeatable")
    for module in (swarm_real, swarm_chunks, swarm_idle):
        module.add_arguments(parser)
    parser.add_argument("--hours", type=float, default=10.0, help="length of the simulated book (default 10)")
    parser.add_argument("--seeds", type=int, default=10, help="how many swarms are simulated (default 10)")


def run(given: argparse.Namespace) -> int:
    for part, measure in _PARTS.items():
        if part in (given.only or _PARTS):
            measure(given)
    return 0


def _simulated(given: argparse.Namespace) -> None:
    table = Table(title=f"a simulated book of {given.hours:g} hours, {given.seeds} swarms of each kind")
    for column in ("swarm", "makespan ÷ bound, middle", "worst", "core time an event, ms"):
        table.add_column(column)
    for name, measure in (("ten helpers, 1 to 20 ×", _whole), ("a third of them dies", _dying)):
        ratios, costs = zip(*(measure(given.hours, seed) for seed in range(given.seeds)), strict=True)
        middle = sorted(ratios)[len(ratios) // 2]
        table.add_row(name, f"{middle:.3f}", f"{max(ratios):.3f}", f"{1000 * max(costs):.3f}")
    for hours in (given.hours, 4 * given.hours):
        cost = _thousand(hours)
        table.add_row(f"1,000 helpers, {hours:g} hours", "–", "–", f"{1000 * cost:.3f}")
    Console(width=120).print(table)


def _whole(hours: float, seed: int) -> tuple[float, float]:
    simulation = Simulation(planned_spans(hours, seed))
    speeds = ten_helpers(seed)
    for number, speed in enumerate(speeds):
        simulation.add(f"h{number}", speed)
    ratio = simulation.run() * sum(speeds) / simulation.work_seconds
    return ratio, simulation.core_seconds / simulation.event_count


def _dying(hours: float, seed: int) -> tuple[float, float]:
    dice = random.Random(seed)
    simulation = Simulation(planned_spans(hours, seed))
    speeds = ten_helpers(seed)
    whole = simulation.work_seconds / sum(speeds)
    deaths = {number: dice.uniform(0.1, 0.9) * whole for number in dice.sample(range(10), 3)}
    for number, speed in enumerate(speeds):
        helper = simulation.add(f"h{number}", speed)
        if number in deaths:
            simulation.plan_for(deaths[number], lambda helper=helper: simulation.kill(helper))  # type: ignore[misc]
    lives = [(speed, deaths.get(number, 1e9)) for number, speed in enumerate(speeds)]
    ratio = simulation.run() / bound_seconds(simulation.work_seconds, lives)
    return ratio, simulation.core_seconds / simulation.event_count


def _thousand(hours: float) -> float:
    """Seconds of core time an event."""
    dice = random.Random(1)
    simulation = Simulation(planned_spans(hours))
    for number in range(1000):
        simulation.add(f"h{number}", dice.uniform(0.5, 100.0))
    simulation.run()
    return simulation.core_seconds / simulation.event_count


_PARTS = {
    "simulated": _simulated,
    "pair": swarm_real.run_pair,
    "chunks": swarm_chunks.run_chunks,
    "loss": swarm_real.run_loss,
    "idle": swarm_idle.run_idle,
}
