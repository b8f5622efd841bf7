"""Whether memory ran out: only what the system says counts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from swarmstt.speech.process import memory_watch
from swarmstt.speech.process.memory_watch import MemoryWatch, kills_for_memory


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_own_control_group_counts_before_the_whole_system(tmp_path: Path) -> None:
    assert kills_for_memory(tmp_path) is None
    write(tmp_path, "proc/vmstat", "nr_free_pages 5\noom_kill 7\n")
    assert kills_for_memory(tmp_path) == 7
    write(tmp_path, "proc/self/cgroup", "0::/user.slice/app\n")
    assert kills_for_memory(tmp_path) == 7
    write(tmp_path, "sys/fs/cgroup/user.slice/app/memory.events", "low 0\noom 4\noom_kill 3\noom_group_kill 9\n")
    assert kills_for_memory(tmp_path) == 3


def test_the_first_version_of_control_groups_tells_too(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/cgroup", "5:cpu:/\n4:memory:/box\nnonsense\n")
    write(tmp_path, "sys/fs/cgroup/memory/box/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert kills_for_memory(tmp_path) == 2


def test_a_kill_for_want_of_memory_while_it_watched_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([5, 5, 6])
    monkeypatch.setattr(memory_watch, "kills_for_memory", lambda: next(counts))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=100, available=50))
    watch = MemoryWatch()
    assert not watch.ran_out()
    assert watch.ran_out()


def test_memory_of_which_hardly_any_was_free_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    available = 50
    monkeypatch.setattr(memory_watch, "kills_for_memory", lambda: None)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=100, available=available))
    watch = MemoryWatch()
    assert not watch.ran_out()
    available = 1
    watch.look()
    available = 50  # the child has gone, and its memory is free
    assert watch.ran_out()


def test_this_system_is_not_out_of_memory() -> None:
    assert not MemoryWatch().ran_out()
