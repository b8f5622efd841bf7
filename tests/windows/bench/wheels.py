"""Prints what pip is to fetch for Windows: of the standalone build's lock what Windows takes, each with its
hashes, and those of the lock beside this file, which are for the tests and for Windows itself.

    python wheels.py STANDALONE_LOCK WINDOWS_LOCK > requirements.txt

pip looks at the markers of the system that it runs on, so they are decided here.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

WINDOWS = {
    "sys_platform": "win32",
    "platform_system": "Windows",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "extra": "",
}
_ENTRY = re.compile(r"^([A-Za-z0-9][\w.-]*==[^\\\n]+?) ?\\\n((?:\s+--hash=sha256:[0-9a-f]{64} ?\\?\n?)+)", re.MULTILINE)


def requirements(lock: str) -> dict[str, str]:
    """Returns each release that Windows takes, with the line that pins it."""
    found = {}
    for entry in _ENTRY.finditer(lock):
        wanted = Requirement(entry[1])
        if wanted.marker is None or wanted.marker.evaluate(WINDOWS):
            hashes = " ".join(re.findall(r"--hash=sha256:[0-9a-f]{64}", entry[2]))
            found[wanted.name.lower()] = f"{wanted.name}{wanted.specifier} {hashes}"
    return found


if __name__ == "__main__":
    pinned: dict[str, str] = {}
    for name in reversed(sys.argv[1:]):
        pinned |= requirements(Path(name).read_text(encoding="utf-8"))
    print("\n".join(pinned.values()))
