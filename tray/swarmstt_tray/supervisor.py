"""Keeps a node running on this PC: finds the one that runs, or starts one, and starts it again when it dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from swarmstt.backoff import backoff_seconds
from swarmstt.errors import LocalError
from swarmstt.phrases import about_time
from swarmstt_tray import client
from swarmstt_tray.node_process import Child, end_node, last_error, log_file, start_node
from swarmstt_tray.state import View, view_of, without_node

FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 120.0
STEADY_SECONDS = 60.0
"""A node that ran this long did not die of its start: the next wait is short again."""
STARTING_SECONDS = 60.0
"""Longer than a node takes to answer, on a slow PC too."""

STARTING = "swarmstt is starting."


class NodeSupervisor:
    """Supervises the node that uses this data folder. `check` and `end` are called from one thread at a time."""

    def __init__(
        self,
        data_dir: Path,
        *,
        start: Callable[[Path], Child] = start_node,
        ask: Callable[[str, str, str], Any] = client.call,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data_dir = data_dir
        self._start = start
        self._ask = ask
        self._clock = clock
        self._child: Child | None = None
        self._started_at = 0.0
        self._deaths = 0
        self._not_before: float | None = None
        self._error = ""

    @property
    def url(self) -> str | None:
        """Where the node's page is, according to the node; None if no node has said."""
        return client.running_url(self._data_dir)

    def check(self) -> View:
        """Returns what to show now; starts a node if none runs."""
        view = self._ask_node()
        if view is not None:
            if self._clock() - self._started_at > STEADY_SECONDS:
                self._deaths = 0
            self._not_before, self._error = None, ""
            return view
        if self._child is not None and self._child.poll() is None:
            return self._starting()
        return self._start_or_wait()

    def _ask_node(self) -> View | None:
        url = self.url
        if url is None:
            return None
        try:
            return view_of(self._ask(url, "GET", "/status"))
        except LocalError:
            return None

    def _starting(self) -> View:
        if self._clock() - self._started_at > STARTING_SECONDS:
            silent = f"Can't reach swarmstt on this PC. Its log is {log_file(self._data_dir)}."
            return without_node(silent, trouble=True)
        return without_node(self._error or STARTING, trouble=bool(self._error))

    def _start_or_wait(self) -> View:
        now = self._clock()
        if self._child is not None:
            self._died(now)
        if self._not_before is not None and now < self._not_before:
            again = about_time(self._not_before - now)
            return without_node(f"{self._error} It starts again in {again}.", trouble=True)
        try:
            self._child, self._started_at = self._start(self._data_dir), now
        except OSError as error:
            self._died(now, f"swarmstt could not be started: {error.strerror or error}.")
        return without_node(self._error or STARTING, trouble=bool(self._error))

    def _died(self, now: float, error: str | None = None) -> None:
        if now - self._started_at > STEADY_SECONDS:
            self._deaths = 0
        self._child = None
        self._deaths += 1
        self._not_before = now + backoff_seconds(
            self._deaths, first_seconds=FIRST_WAIT_SECONDS, longest_seconds=LONGEST_WAIT_SECONDS
        )
        self._error = error or last_error(self._data_dir) or "swarmstt stopped unexpectedly."

    def end(self) -> None:
        """Ends the node if this supervisor started it; another one goes on."""
        child, self._child = self._child, None
        if child is not None and child.poll() is None:
            end_node(child, self._shut_down)

    def _shut_down(self) -> bool:
        if (url := self.url) is None:
            return False
        try:
            self._ask(url, "POST", "/shutdown")
        except LocalError:
            return False
        return True
