"""What the shells of Windows leave to programs: names with * and ?, and a quote too much."""

from __future__ import annotations

import glob
import sys
from collections.abc import Sequence
from pathlib import Path

from swarmstt.errors import UsageError


def expanded(paths: Sequence[str]) -> list[str]:
    r"""Returns the paths that a person named, on Windows with all files that match those with * or ?, in the order of
    their names; no name there holds such a sign. UsageError if nothing matches.

    `"C:\My Books\"` arrives with the last quote: the backslash before it is taken for an escape.
    """
    if sys.platform != "win32":
        return list(paths)
    whole = [each.removesuffix('"') for each in paths]
    return [match for each in whole for match in (_matches(each) if "*" in each or "?" in each else [each])]


def _matches(pattern: str) -> list[str]:
    found = sorted(glob.iglob(pattern.replace("[", "[[]")), key=str.casefold)  # noqa: PTH207 (as it was named)
    if not found:
        raise UsageError(
            f"No file matches {pattern}; the folder {Path(pattern).parent.absolute()} has none of that name."
        )
    return found
