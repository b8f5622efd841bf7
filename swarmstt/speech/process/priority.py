"""How much of the PC a child may have."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

_NICENESS = 10


def lower_priority(pid: int) -> None:
    """Lower a process's priority: the PC belongs to the person at it. Without the rights for that it runs at normal
    priority. Linux keeps priorities by thread: what counts is that this comes before a process has several."""
    try:
        process = psutil.Process(pid)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
            process.ionice(psutil.IOPRIO_LOW)
        else:
            niceness = max(_NICENESS, process.nice())  # of a node that was started at less, it stays less
            process.nice(niceness)
            if sys.platform == "linux":
                process.ionice(psutil.IOPRIO_CLASS_BE, value=7)
                _lower_session(pid, niceness)
    except (psutil.Error, OSError):
        return


def _lower_session(pid: int, niceness: int) -> None:
    """Where Linux shares the processor out by session, which many desktops have it do, a process's own niceness counts
    in its session alone: then the session needs one too. It must be the child's own. A second call within a tenth of a
    second is refused (sched(7), "The autogroup feature"); the child makes the same call itself, once it has started."""
    if sys.platform == "linux" and os.getsid(pid) == pid:
        with suppress(OSError):
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")
