"""How many leases of a helper's heartbeats its coordinator takes: each costs a moment, and nothing but this bounds how
many a member names, or how often.

A helper holds one chunk more than it has slots, or twice as many if they are short, and says so every two seconds.
Twice that many are taken of each heartbeat, and four times as many in the long run as it needs; then its link is not
read for a while, which holds up nobody but itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from swarmstt.ids import LeaseId

_BEATS_A_SECOND = 2.0
"""That name all leases which a helper may hold; it sends one in two seconds."""
_BURST_SECONDS = 4.0
"""What came late, since a PC was busy or asleep, is taken at once."""


class LeaseBeats:
    """`most_held`: leases that the helper may hold. `at`: seconds on one monotonic clock."""

    def __init__(self, most_held: int, at: float) -> None:
        self._most = 2 * most_held
        self._a_second = _BEATS_A_SECOND * most_held
        self._most_left = _BURST_SECONDS * self._a_second
        self._left, self._at = self._most_left, at

    def take(self, at: float, progress: Mapping[LeaseId, float]) -> list[tuple[LeaseId, float]]:
        """Returns those leases of one heartbeat that are taken. All that it names count."""
        self._left = min(self._most_left, self._left + (at - self._at) * self._a_second) - 1 - len(progress)
        self._at = at
        return list(islice(progress.items(), self._most))

    @property
    def pause_seconds(self) -> float:
        """How long to take nothing from this helper after that heartbeat."""
        return max(0.0, -self._left / self._a_second)
