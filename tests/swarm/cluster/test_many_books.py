"""Many books on many workers under the real core, on a virtual clock: they are kept busy, and nothing of what is done
is kept."""

from __future__ import annotations

from tests.swarm.cluster.many_books import ManyBooks, Sizes


def test_workers_are_kept_busy_and_memory_does_not_grow() -> None:
    kept: list[int] = []
    sizes = Sizes(books=400, workers=50, hours=1.0, books_at_once=8)
    simulation = ManyBooks(sizes, seed=1, watch=lambda done: kept.append(simulation.kept))
    took = simulation.run()
    assert took <= 1.03 * simulation.bound_seconds
    assert max(kept[20:]) < 1.3 * max(kept[:20])
    assert simulation.kept == 0


def test_workers_are_kept_busy_with_short_books_too() -> None:
    """Of which a list has as many at the node as that takes."""
    simulation = ManyBooks(Sizes(books=300, workers=50, hours=0.25), seed=1)
    took = simulation.run()
    assert took <= 1.1 * simulation.bound_seconds
    assert simulation.kept == 0
