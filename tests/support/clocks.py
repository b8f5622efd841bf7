"""Times of day that a test sets."""

from __future__ import annotations

from datetime import datetime, timezone

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def now() -> datetime:
    """Always the same moment."""
    return START


class Clock:
    """Shows what a test sets."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time
