"""What the rows for other programs answer, field by field, besides transcripts; as in `api/views.py`."""

from __future__ import annotations

from typing import Literal, TypedDict

JobStateName = Literal["queued", "in_progress", "completed", "failed"]


class JobView(TypedDict):
    """A recording that a program sent."""

    id: str
    object: Literal["transcription.job"]
    status: JobStateName
    filename: str
    created_at: int
    """Seconds since 1970, as programs expect of this kind of API."""
    finished_at: int | None
    task: str
    model: str
    language: str | None
    """A code; None until it is detected."""
    duration: float | None
    """Seconds of sound, as far as they are known."""
    percent: float
    """0..100"""
    gaps: int
    """Stretches without words because something went wrong."""
    error: str | None
    """Why it failed, or what it waits for."""


class ProgramView(TypedDict):
    program_id: str
    name: str
    origins: list[str]
    """The web pages that may ask with its token."""
    created_at: str
    last_used_at: str | None
    unfinished: int
    """Recordings of it that are not done."""


class ProgramsView(TypedDict):
    programs: list[ProgramView]
    url_base: str | None
    """Where programs in this network reach this PC; None if they do not."""
    open: bool
    """Whether they are heard there."""
    announced: bool
    """Whether it is announced on this network by mDNS."""


class NewProgramView(TypedDict):
    program_id: str
    name: str
    url: str
    """What programs call the base URL. It has the token in it, and is shown this once."""
    token: str
    """For programs that want a key of their own beside the address."""
    origins: list[str]
