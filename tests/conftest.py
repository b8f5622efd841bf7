"""What all tests share."""

import os

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes begin first: at the end nobody shall wait for one of them."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
