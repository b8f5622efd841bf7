"""The GPU's name comes from its driver, if that says one."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from swarmstt.speech.engine.gpu_name import UNNAMED, gpu_name


class Driver:
    """CUDA's, with one GPU. `fails` at one of its functions."""

    def __init__(self, name: bytes, fails: str | None = None) -> None:
        self._name = name
        self._fails = fails

    def cuInit(self, flags: int) -> int:  # noqa: N802 - the driver's name
        return 100 * (self._fails == "cuInit")

    def cuDeviceGet(self, device: Any, ordinal: int) -> int:  # noqa: N802
        return 101 * (self._fails == "cuDeviceGet" or ordinal != 0)

    def cuDeviceGetName(self, name: Any, most_bytes: int, device: Any) -> int:  # noqa: N802
        ctypes.memmove(name, self._name, len(self._name))
        assert len(self._name) < most_bytes
        return 1 * (self._fails == "cuDeviceGetName")


def test_the_driver_tells_it() -> None:
    assert gpu_name(lambda file: Driver(b"Some GPU 9000")) == "Some GPU 9000"


@pytest.mark.parametrize("fails", ["cuInit", "cuDeviceGet", "cuDeviceGetName"])
def test_a_driver_that_fails_tells_none(fails: str) -> None:
    assert gpu_name(lambda file: Driver(b"half a na", fails)) == UNNAMED


def test_without_a_driver_there_is_none() -> None:
    def missing(file: str) -> Any:
        raise OSError(f"{file}: cannot open shared object file")

    assert gpu_name(missing) == UNNAMED
    assert gpu_name(lambda file: object()) == UNNAMED
