"""What bounds the memory of a child that reads files from anywhere."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from typing import Any

import pytest

from swarmstt.speech.ingest import reader
from swarmstt.speech.process import windows_job
from swarmstt.speech.process.windows_job import ExtendedLimits


class Kernel:
    """The functions of kernel32 that deal with jobs; `fails` names one that does not work."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.limits: list[tuple[int, int, int]] = []
        self.assigned: list[tuple[int, int]] = []

    def CreateJobObjectW(self, _attributes: Any, _name: Any) -> int | None:  # noqa: N802
        return None if self.fails == "create" else 7

    def SetInformationJobObject(self, job: int, kind: int, limits: Any, size: int) -> int:  # noqa: N802
        given = ctypes.cast(limits, ctypes.POINTER(ExtendedLimits)).contents
        self.limits.append((kind, given.basic.limit_flags, given.job_memory_limit))
        return int(self.fails != "set" and size == ctypes.sizeof(ExtendedLimits) and job == 7)

    def GetCurrentProcess(self) -> int:  # noqa: N802
        return -1

    def AssignProcessToJobObject(self, job: int, process: int) -> int:  # noqa: N802
        self.assigned.append((job, process))
        return int(self.fails != "assign")


def test_a_job_of_windows_bounds_the_process_and_what_it_starts() -> None:
    kernel = Kernel()
    assert windows_job.limit_this_process(3 * 2**30, kernel)
    assert kernel.limits == [(9, 0x200, 3 * 2**30)]
    assert kernel.assigned == [(7, -1)]


@pytest.mark.parametrize("fails", ["create", "set", "assign"])
def test_a_windows_that_sets_no_limit_says_so(fails: str) -> None:
    assert not windows_job.limit_this_process(1, Kernel(fails))


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="sizes of 64-bit systems")
def test_the_limits_are_laid_out_as_windows_has_them() -> None:
    assert ctypes.sizeof(ExtendedLimits) == 144
    assert ExtendedLimits.process_memory_limit.offset == 112


def test_memory_counts_with_what_a_launcher_started() -> None:
    """As in a venv on Windows, where python.exe only starts the real one."""
    inner = "import sys; held = bytearray(60 * 2**20); held[::4096] = bytes(15360); print('held', flush=True); input()"
    outer = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', sys.argv[1]]))"
    with subprocess.Popen(
        [sys.executable, "-c", outer, inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == "held\n"
        assert reader._memory_bytes(launcher.pid) > 60 * 2**20
        launcher.communicate("\n")
    assert reader._memory_bytes(launcher.pid) == 0
