"""Looks at running nodes again and again: memory of each process, disk in the data folders, how soon pages answer."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median

import psutil
from rich.table import Table

from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import eventually

ROLES = ("node", "reader", "engine", "writer")


class Watch:
    """What was seen of nodes, by their names. `pages` are the paths asked for at each look, by what to call them."""

    def __init__(self, nodes: Mapping[str, Running], data_dirs: list[Path], pages: Mapping[str, str]) -> None:
        self._nodes = nodes
        self._data_dirs = data_dirs
        self._pages = pages
        self._began_at = time.monotonic()
        self._ended_after = 0.0
        self._memory: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
        self.disk: list[float] = []
        self.answers: dict[str, list[float]] = defaultdict(list)

    @property
    def seconds(self) -> float:
        """Since the watch began."""
        return time.monotonic() - self._began_at

    def until(self, done: Callable[[], bool], look_seconds: float, most_seconds: float) -> float:
        """Looks until it is done, and returns after how many seconds it was."""

        def seen() -> bool:
            self.look()
            return done()

        eventually(seen, "its end", most_seconds - self.seconds, pause_seconds=look_seconds)
        self._ended_after = self.seconds
        return self._ended_after

    def look(self) -> None:
        at = self.seconds
        for name, node in self._nodes.items():
            for role, (rss, uss) in _memory_by_role(node).items():
                self._memory[name, role].append((at, rss, uss))
        self.disk.append(megabytes_in(self._data_dirs))
        node = next(iter(self._nodes.values()))
        for called, path in self._pages.items():
            asked_at = time.perf_counter()
            answer = node.ask(path)
            assert answer.status == 200, answer
            self.answers[called].append(time.perf_counter() - asked_at)

    def memory_table(self) -> Table:
        """A process a row; the fifths of the run show whether it grows."""
        table = Table(title=f"memory in MB, {len(self.disk)} looks")
        for column in ("process", "peak", "first fifth, median", "last fifth, median", "own: peak", "first", "last"):
            table.add_column(column, justify="left" if column == "process" else "right")
        for (name, role), seen in sorted(self._memory.items(), key=lambda each: (each[0][0], ROLES.index(each[0][1]))):
            columns = [f"{name} {role}"]
            for values in ([(at, rss) for at, rss, _ in seen], [(at, uss) for at, _, uss in seen]):
                columns += [f"{max(value for _, value in values):.0f}", *self._fifths(values)]
            table.add_row(*columns)
        return table

    def _fifths(self, values: list[tuple[float, float]]) -> list[str]:
        """The median in the first and in the last fifth of the run; a dash where the process was not there."""
        end = self._ended_after
        first = [value for at, value in values if at <= end / 5]
        last = [value for at, value in values if at >= end * 4 / 5]
        return [f"{median(each):.0f}" if each else "–" for each in (first, last)]

    def answer_rows(self) -> list[tuple[str, str]]:
        return [
            (
                f"GET {called}, median and slowest of {len(all_)}",
                f"{1000 * median(all_):.0f} and {1000 * max(all_):.0f} ms",
            )
            for called, all_ in self.answers.items()
        ]


def _memory_by_role(node: Running) -> dict[str, tuple[float, float]]:
    """Resident memory of each kind of process, and that of it which no other process shares."""
    found: dict[str, tuple[float, float]] = {}
    for process in (psutil.Process(node.process.pid), *node.children()):
        try:
            role = "node" if process.pid == node.process.pid else process.cmdline()[-1]
            memory = process.memory_full_info()
        except (psutil.Error, IndexError):
            continue  # it has just ended
        if role in ROLES:
            rss, uss = found.get(role, (0.0, 0.0))
            found[role] = (rss + memory.rss / 2**20, uss + memory.uss / 2**20)
    return found


def megabytes_in(folders: list[Path]) -> float:
    return sum(map(sum, (sizes_in(folder).values() for folder in folders))) / 2**20


def sizes_in(folder: Path) -> dict[str, int]:
    """Bytes of each file below a folder, by its path there."""
    found = {}
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            with suppress(FileNotFoundError):  # just deleted
                found[str(path.relative_to(folder))] = path.stat().st_size
    return found
