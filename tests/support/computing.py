"""A process that computes for a share of a core, gives way to others as an attacker does, and does no harm, until its
input is closed: `python -m tests.support.computing SHARE`. An attack is compared with it, and not with a PC on which
nothing else goes on.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TURN_SECONDS = 0.02


@contextmanager
def computing(share: float, *wrapper: str) -> Iterator[dict[str, float]]:
    """Computes meanwhile; yields a map that stays empty, as of an attack that did nothing. `wrapper` is a program that
    runs it."""
    command = [*wrapper, sys.executable, "-m", "tests.support.computing", str(share)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        try:
            yield {}
        finally:
            process.communicate()


def main() -> None:
    from tests.e2e.membership.attacking import give_way

    share = float(sys.argv[1])
    over = threading.Event()
    threading.Thread(target=_until_closed, args=(over,), daemon=True).start()
    give_way()
    began_at, used_before = time.monotonic(), time.process_time()
    while not over.is_set():
        # By what it was given and not by what it asked for: where it had to wait, it catches up, as an attacker does.
        ahead = (time.process_time() - used_before) - share * (time.monotonic() - began_at)
        if ahead > 0:
            over.wait(max(TURN_SECONDS, ahead / share))
            continue
        until = time.process_time() + TURN_SECONDS
        while time.process_time() < until:
            pass


def _until_closed(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    main()
