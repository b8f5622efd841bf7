"""How much memory something takes at its most."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


class Peak:
    """`size_bytes`: the most that was taken at one time, beside what was there before."""

    size_bytes = 0


@contextmanager
def memory_peak() -> Iterator[Peak]:
    """Yields what is set once the context is left."""
    peak = Peak()
    tracemalloc.start(1)
    try:
        yield peak
    finally:
        peak.size_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
