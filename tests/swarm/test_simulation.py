"""Many helpers under the real core, on a virtual clock: all words come, and in good time."""

from __future__ import annotations

import random

import pytest

from tests.swarm.simulation import Simulation, bound_seconds, planned_spans, ten_helpers


@pytest.mark.parametrize("seed", range(8))
def test_ten_helpers_end_together(seed: int) -> None:
    simulation = Simulation(planned_spans(10.0, seed))
    speeds = ten_helpers(seed)
    for number, speed in enumerate(speeds):
        simulation.add(f"h{number}", speed)
    assert simulation.run() <= 1.05 * simulation.work_seconds / sum(speeds)


@pytest.mark.parametrize(("minutes", "most"), [(10, 1.6), (20, 1.7), (60, 1.035)])
def test_ten_equal_helpers_end_a_short_book_together(minutes: float, most: float) -> None:
    for seed in range(1, 7):
        simulation = Simulation(planned_spans(minutes / 60, seed))
        for number in range(10):
            simulation.add(f"h{number}", 4.0, knows_its_speed=True)
        assert simulation.run() <= most * simulation.work_seconds / 40.0


@pytest.mark.parametrize("seed", range(5))
def test_a_third_of_them_dies(seed: int) -> None:
    dice = random.Random(seed)
    simulation = Simulation(planned_spans(10.0, seed))
    speeds = ten_helpers(seed)
    whole = simulation.work_seconds / sum(speeds)
    deaths = {number: dice.uniform(0.1, 0.9) * whole for number in dice.sample(range(10), 3)}
    for number, speed in enumerate(speeds):
        helper = simulation.add(f"h{number}", speed)
        if number in deaths:
            simulation.plan_for(deaths[number], lambda helper=helper: simulation.kill(helper))  # type: ignore[misc]
    lives = [(speed, deaths.get(number, 1e9)) for number, speed in enumerate(speeds)]
    assert simulation.run() <= 1.15 * bound_seconds(simulation.work_seconds, lives)


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_come_go_and_stall(seed: int) -> None:
    dice = random.Random(seed)
    simulation = Simulation(planned_spans(10.0, seed))
    for number in range(1000):
        helper = simulation.add(f"h{number}", dice.choice([0.5, 1.0, 5.0, 20.0, 100.0]), at=dice.uniform(0.0, 20.0))
        fate = dice.choice([simulation.kill, simulation.stall, None, None])
        if fate is not None and number:
            simulation.plan_for(dice.uniform(1.0, 30.0), lambda helper=helper, fate=fate: fate(helper))  # type: ignore[misc]
    assert simulation.run() < 3600
