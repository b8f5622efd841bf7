"""What all tests share."""

import os
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest

# The tests start the program hundreds of times: it keeps its compiled code, as it does on a person's PC, also where a
# shell says that Python must not.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# On a busy machine any example may take long; a test as a whole has its time limit.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

WORKERS_PER_CORE = 2
"""With 2.5 the same tests took 7 % more of the processors' time, with 3 11 %: many decodes at once are in one another's
way."""
MOST_WORKERS = 12


def usable_cores() -> int:
    """What this process may use of the machine, which may be one of many on it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # there is no limit, as the word "max" says, or no such file
        quota, period = map(int, Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split())
        cores = min(cores, max(1, quota // period))
    return cores


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Much of e2e is waiting for others, so several tests share a core. Unit tests compute."""
    cores = usable_cores()
    unit = Path(__file__).parent / "unit"
    asked = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    if all(path.is_relative_to(unit) for path in asked):
        return cores
    return min(WORKERS_PER_CORE * cores, MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files begin first: at the end nobody shall wait for one of them."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
