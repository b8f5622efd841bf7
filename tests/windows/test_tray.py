"""The tray on Windows, as Wine plays it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.windows.bench_of_wine import PYTHON, Bench
from tests.windows.windows_tray import tray_starts_a_node_and_quit_ends_both

pytestmark = [pytest.mark.windows, pytest.mark.timeout(900)]


def test_the_tray_starts_a_node_and_quit_ends_both(bench: Bench, tmp_path: Path) -> None:
    tray_starts_a_node_and_quit_ends_both(bench, tmp_path, PYTHON, "-m", "swarmstt_tray")
