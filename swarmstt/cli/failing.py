"""What to say when a part of the node has died in a command."""

from __future__ import annotations

from pathlib import Path

from swarmstt.errors import LocalError, SwarmError


def part_failed(error: Exception, log_file: Path | None = None) -> SwarmError:
    """One line: what has failed, and what to do. An error that is meant for a person is kept as it is."""
    if isinstance(error, SwarmError):
        return error
    what = " ".join(str(error).split()) or "no more is known"
    where = f"{log_file} says more" if log_file is not None else "--verbose says more"
    return LocalError(
        f"A part of swarmstt has failed ({type(error).__name__}: {what[:200]}); {where}. "
        "Start it again: unfinished books go on."
    )
