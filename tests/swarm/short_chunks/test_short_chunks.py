"""PCs that hold many short chunks end a short book together, and keep none from one that is idle."""

from __future__ import annotations

import pytest

from tests.swarm.short_chunks.sharing_pcs import SharingSimulation
from tests.swarm.simulation import planned_spans


@pytest.mark.parametrize(
    ("minutes", "pc_count", "most"), [(10, 1, 1.08), (10, 2, 1.2), (10, 10, 1.8), (20, 10, 1.6), (60, 10, 1.2)]
)
def test_equal_pcs_end_together(minutes: float, pc_count: int, most: float) -> None:
    for seed in (1, 2):
        simulation = SharingSimulation(planned_spans(minutes / 60, seed))
        for number in range(pc_count):
            simulation.add_pc(f"pc{number}", 4.0)
        assert simulation.run() <= most * simulation.work_seconds / (4.0 * pc_count)
