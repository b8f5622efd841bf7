"""Keeps a node running on this PC: finds the one that runs, or starts one, and starts it again when it dies."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from swarmstt.errors import LocalError
from swarmstt.phrases import about_time
from swarmstt_tray import client
from swarmstt_tray.state import View, view_of, without_node
from swarmstt_tray.windows import interrupt

FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 120.0
STEADY_SECONDS = 60.0
"""A node that ran this long did not die of its start: the waiting begins anew."""
STARTING_SECONDS = 60.0
"""Longer than a node takes to answer, on a slow PC too."""
ENDING_SECONDS = 15.0

STARTING = "swarmstt is starting."


class Child(Protocol):
    """What is needed of a process: `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


def node_command(data_dir: Path) -> list[str]:
    """The command line of a node; a standalone build has it beside the tray."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable)
        return [str(program.with_name("swarmstt" + program.suffix)), "up", "--data_dir", str(data_dir)]
    return [sys.executable, "-m", "swarmstt", "up", "--data_dir", str(data_dir)]


def start_node(data_dir: Path) -> Child:
    """Starts a node, without a console window, whose log goes to node.log in the data folder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with log_file(data_dir).open("wb") as log:
        return subprocess.Popen(
            node_command(data_dir),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            start_new_session=sys.platform != "win32",  # Ctrl-C on the tray's terminal is for the tray to pass on
        )


def log_file(data_dir: Path) -> Path:
    return data_dir / "node.log"


def wait_seconds(deaths: int) -> float:
    """How long to wait after so many deaths in a row: twice as long each time, up to a limit."""
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** (min(deaths, 32) - 1))


class Keeper:
    """Looks after the node that uses this data folder. `look` and `end` are called from one thread at a time."""

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
        self._why = ""

    @property
    def url(self) -> str | None:
        """Where the node's page is, as far as a node has said."""
        return client.running_url(self._data_dir)

    def look(self) -> View:
        """The view of now; starts a node where none runs."""
        answered = self._answered()
        if answered is not None:
            if self._clock() - self._started_at > STEADY_SECONDS:
                self._deaths = 0
            self._not_before, self._why = None, ""
            return answered
        if self._child is not None and self._child.poll() is None:
            late = self._clock() - self._started_at > STARTING_SECONDS
            said = f"swarmstt does not answer on this PC; its log is {log_file(self._data_dir)}."
            return without_node(said if late else self._why or STARTING, trouble=late or bool(self._why))
        return self._start_or_wait()

    def _answered(self) -> View | None:
        url = self.url
        if url is None:
            return None
        try:
            return view_of(self._ask(url, "GET", "/status"))
        except LocalError:
            return None

    def _start_or_wait(self) -> View:
        now = self._clock()
        if self._child is not None:
            self._died(now)
        if self._not_before is not None and now < self._not_before:
            again = about_time(self._not_before - now)
            return without_node(f"{self._why} It starts again in {again}.", trouble=True)
        try:
            self._child, self._started_at = self._start(self._data_dir), now
        except OSError as error:
            self._died(now, f"swarmstt could not be started: {error.strerror or error}.")
        return without_node(self._why or STARTING, trouble=bool(self._why))

    def _died(self, now: float, why: str | None = None) -> None:
        if now - self._started_at > STEADY_SECONDS:
            self._deaths = 0
        self._child = None
        self._deaths += 1
        self._not_before = now + wait_seconds(self._deaths)
        self._why = why or last_words(self._data_dir) or "swarmstt stopped unexpectedly."

    def end(self) -> None:
        """Ends the node that this keeper started, cleanly where it lets itself be ended so; others go on."""
        child, self._child = self._child, None
        if child is None or child.poll() is not None:
            return
        if sys.platform == "win32":
            interrupt(child.pid)
        else:
            child.terminate()
        try:
            child.wait(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def last_words(data_dir: Path) -> str | None:
    """The line in which a node said why it could not go on."""
    try:
        lines = log_file(data_dir).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    said: Sequence[str] = [line.removeprefix("swarmstt: ") for line in lines if line.startswith("swarmstt: ")]
    return said[-1] if said else None
