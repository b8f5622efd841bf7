"""How much of the PC a child may have."""

from __future__ import annotations

import sys

import psutil


def lower_priority(pid: int) -> None:
    """Lower a process's priority: the PC belongs to the person at it. Without the rights for that it runs at normal
    priority. Linux keeps priorities by thread: what counts is that this comes before a process has several."""
    try:
        process = psutil.Process(pid)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
            process.ionice(psutil.IOPRIO_LOW)
        else:
            process.nice(max(10, process.nice()))  # of a node that was started at less, it stays less
            if sys.platform == "linux":
                process.ionice(psutil.IOPRIO_CLASS_BE, value=7)
    except (psutil.Error, OSError):
        return
