"""What is left alone in a folder of a person's: one rule for a book's folder and for drop folders, by names only."""

from __future__ import annotations

import re

_TEMPORARY = re.compile(
    r"""
    .*\.(part|partial|crdownload|opdownload|download|fdmdownload|filepart|tmp|temp|aria2|ytdl|bc!|!ut|!qb|!bt|td|xltd)
    | \.?~?\.?syncthing[.~].*      # .syncthing.NAME.tmp, and ~syncthing~NAME.tmp on Windows
    | \.(?!_).+\.[a-z0-9]{6}       # rsync: .NAME.Xy12Zz
    | \.goutputstream-.*
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_OF_A_SYSTEM = re.compile(
    r"""
    \$(recycle\.bin|extend|winreagent|sysreset|getcurrent|windows\.~\w+)    # $100.mp3 is a person's
    | system\ volume\ information
    | __macosx
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_temporary(name: str) -> bool:
    """Says if a program uses such names for what it has not finished."""
    return _TEMPORARY.fullmatch(name) is not None


def is_left_alone(name: str) -> bool:
    """Says if a file or folder of this name is not a person's audio: temporary, hidden, or a system's."""
    return (
        name.startswith((".", "~"))
        or name.endswith("~")
        or _OF_A_SYSTEM.fullmatch(name) is not None
        or is_temporary(name)
    )


def suffix_of(name: str) -> str:
    """Returns the suffix in small letters, with its dot; "" if there is none."""
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if stem else ""
