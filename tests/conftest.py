"""What all tests share."""

import os
from pathlib import Path

import pytest

# The tests start the program hundreds of times: it keeps its compiled code, as it does on a person's PC, also where a
# shell says that Python must not.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LONGEST = (
    "test_drop_folder.py",
    "test_network.py",
    "test_swarm.py",
    "test_evening.py",
    "test_page_swarm.py",
    "test_kill.py",
    "test_engine_real.py",
    "test_up.py",
    "test_manners.py",
    "test_readme.py",
    "test_strangers_network.py",
    "test_tray.py",
    "test_finding.py",
    "test_model_sharing.py",
)
"""Of the files in e2e."""

WORKERS_PER_CORE = 2
"""With 2.5 the same tests took 7 % more of the processors' time, with 3 11 %: many decodes at once are in one another's
way."""
MOST_WORKERS = 12


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Much of e2e is waiting for others, so several tests share a core. Unit tests compute."""
    cores = os.cpu_count() or 1
    unit = Path(__file__).parent / "unit"
    asked = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    if all(path.is_relative_to(unit) for path in asked):
        return cores
    return min(WORKERS_PER_CORE * cores, MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes begin first: at the end nobody shall wait for one of them."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if is_long(item.path) else len(LONGEST))


def is_long(path: Path) -> bool:
    """Other folders have files of the same names, which are quick."""
    return path.parent.name == "e2e" and path.name in LONGEST
