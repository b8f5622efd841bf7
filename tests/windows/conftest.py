from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.windows.bench_of_wine import LACKING, Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    if LACKING:
        assert os.environ.get("CI") != "true", f"{', '.join(LACKING)} must be here"
        pytest.skip(f"lacks {', '.join(LACKING)}")
    kept = os.environ.get("SWARMSTT_WINDOWS_BENCH")
    made = Bench(Path(kept) if kept else tmp_path_factory.mktemp("windows") / "bench")
    try:
        yield made
    finally:
        made.close()
