"""How long to wait before something that failed is tried again."""

from __future__ import annotations

_MOST_DOUBLINGS = 60
"""More would overflow in the end, and are longer than anybody waits."""


def backoff_seconds(failures: int, *, first_seconds: float, longest_seconds: float) -> float:
    """Returns the pause after this many failures in a row (from 1): twice as long each time, up to the longest."""
    return min(longest_seconds, first_seconds * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
