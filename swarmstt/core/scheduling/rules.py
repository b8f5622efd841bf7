"""The times and counts that a coordinator decides by."""

from dataclasses import dataclass

LEAST_SPEED = 0.01
MOST_SPEED = 10_000.0
"""Seconds of audio a second: no PC is slower or faster, whatever a helper says, or a clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Times and counts that decide. All times in seconds."""

    lease_seconds: float = 10.0
    """A helper that sends no heartbeat for so long is lost: five heartbeats at the helper's pace."""
    silent_lease_seconds: float = 900.0
    """The least that a guest may be silent; for a long chunk it is `silent_lease_factor` times its seconds."""
    silent_lease_factor: float = 6.0
    return_seconds: float = 1.0
    """A helper whose link closed may come back within this time and keep its chunks."""
    stall_seconds: float = 120.0
    """A lease without progress for so long, and for `stall_factor` times its expected time, has failed."""
    least_speed: float = 0.25
    """What is expected of a helper that has not shown its speed: a large model on a slow CPU."""
    stall_factor: float = 4.0
    failures_for_gap: int = 3
    failures_for_rest: int = 3
    rest_seconds: float = 600.0
    short_seconds: float = 120.0
    """Somebody sits and waits for a recording that another program sent and that is no longer than this: it overtakes
    books."""
    overtaking_seconds: float = 60.0
    """So much of short recordings may overtake a book that waits; then it is the book's turn, and what it gets counts
    for as much again. So they have at most half of the work while a book waits."""
    overtaking_saved_seconds: float = 300.0
    """So much is saved for short recordings at most while none comes."""
    least_cost_seconds: float = 25.0
    """A short recording with less sound than this costs as much: Whisper's windows have thirty seconds, nothing is read
    along with it, and it is received, read and answered. With tiny.en one of ten seconds took as long as 23 of a book
    (two hundred of them, two cores); counted as 15, they made a book take 2.30 times as long where it was to be 1.83;
    counted as 25, 2.08 times where 2.11 is promised.
    """
    assumed_speed: float = 4.0
    """Seconds of audio a second on one slot, of a helper that has not measured itself."""
    slept_seconds: float = 5.0
    """Ticks further apart than this mean that this PC slept; helpers are not blamed for that time."""


def possible_speed(speed: float) -> float:
    """Return the nearest speed that a PC can have."""
    return max(LEAST_SPEED, min(MOST_SPEED, speed))
