"""Whether memory ran out while a child ran: by what the system says, since whoever kills a process leaves no reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

LITTLE_SHARE = 0.03
"""Of all memory: where less is free, programs that guard a system's memory end others."""


class MemoryWatch:
    """Begins to watch when it is made. It reads files of the system: use it in a thread."""

    def __init__(self) -> None:
        self._kills_before = kills_for_memory()
        self._least_share = 1.0
        self.look()

    def look(self) -> None:
        """Takes note of how much memory is free now. A child that was ended has freed its own."""
        memory = psutil.virtual_memory()
        self._least_share = min(self._least_share, memory.available / max(1, memory.total))

    def ran_out(self) -> bool:
        """Returns whether the system ended a process for want of memory, or hardly any was free."""
        kills = kills_for_memory()
        was_killed = kills is not None and self._kills_before is not None and kills > self._kills_before
        return was_killed or self._least_share < LITTLE_SHARE


def kills_for_memory(root: Path = Path("/")) -> int | None:
    """Returns how many processes Linux has ended for want of memory: of this process's control group, or of the whole
    system if the group does not tell. None if that cannot be known here."""
    for path in (*_of_control_group(root), root / "proc/vmstat"):
        with suppress(OSError, ValueError):
            for line in path.read_text(encoding="ascii", errors="replace").splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return None


def _of_control_group(root: Path) -> Iterator[Path]:
    """Yields the files in which its control group counts them: of the second version of groups, and of the first."""
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines():
            _, controllers, path = (*line.split(":", 2), "", "")[:3]
            if not controllers:
                yield root / "sys/fs/cgroup" / path.lstrip("/") / "memory.events"
            elif "memory" in controllers.split(","):
                yield root / "sys/fs/cgroup/memory" / path.lstrip("/") / "memory.oom_control"
