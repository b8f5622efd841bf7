import pytest

from tests.unit.core.worlds import World


@pytest.fixture
def world() -> World:
    return World()
