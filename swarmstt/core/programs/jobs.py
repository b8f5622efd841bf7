"""What becomes of a recording that another program sent: whose it is, how long it is known, and whether it goes on
after its program hung up. Decisions on values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from swarmstt.ids import BookId

KEPT_SECONDS = 3600.0
"""A recording that is done, or has failed, is forgotten so long after somebody asked for it last."""
GRACE_SECONDS = 30.0
"""So long a short recording goes on whose program hung up: most programs try again within this time."""
MOST_JOBS = 1000
"""Recordings of one program that are known at a time; of more, those that were finished first are forgotten."""
MOST_UNFINISHED = 500
"""Of these, such as are not done."""

OWN_PROGRAM = ""
"""The id of whoever asks from this PC without a token."""


def job_id_of(program_id: str, book_id: BookId) -> str:
    """Returns what a program knows its recording by. The same recording sent by the same program has the same id; what
    another program sent has another, and nobody can tell from it what the recording is."""
    return "job-" + hashlib.sha256(f"{program_id}/{book_id}".encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTimes:
    """When a recording was last asked for, and when it was finished, in seconds of one clock; None: it is not."""

    asked_at: float
    finished_at: float | None

    def is_over(self, now: float) -> bool:
        """Whether it can be forgotten."""
        return self.finished_at is not None and now - max(self.asked_at, self.finished_at) >= KEPT_SECONDS


def goes_on(*, is_short: bool, is_finished: bool, others_wait: bool) -> bool:
    """Whether a recording goes on whose program hung up: a long one does, since its program will ask again, and what
    is done is kept. A short one is quickly done again."""
    return is_finished or others_wait or not is_short
