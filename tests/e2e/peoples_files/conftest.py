"""A node of these tests' own that only coordinates: guests of other tests get none of its chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running


@pytest.fixture(scope="module")
def coordinator(new_home: Callable[[str], Home]) -> Iterator[Running]:
    with new_home("people").up("--no_helping") as running:
        yield running
