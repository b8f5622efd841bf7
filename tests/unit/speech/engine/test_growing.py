"""A GPU's batches grow while chunks are decoded, here on a device that is played."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.speech.decoding.sharing import Alone
from swarmstt.speech.engine.growing import GrowingBatches


class Device:
    """Takes a second for each `at_once` windows or fewer, and has memory for so many. `at` is its clock."""

    def __init__(self, at_once: int, memory: int = 1000) -> None:
        self.at = 0.0
        self.batches: list[int] = []
        self._at_once = at_once
        self._memory = memory

    def run(self, windows: Sequence[str]) -> list[str]:
        if len(windows) > self._memory:
            raise RuntimeError("CUDA failed with error out of memory")
        self.batches.append(len(windows))
        self.at += max(1.0, len(windows) / self._at_once)
        return [each.upper() for each in windows]


def decode(batches: GrowingBatches, device: Device) -> list[str]:
    """A chunk of 64 windows, in batches of the size with which it was begun."""
    size, searches = batches.watching(Alone())
    windows, found = [f"w{number}" for number in range(64)], list[str]()
    for first in range(0, len(windows), size):
        found += searches.search("five beams", windows[first : first + size], size, device.run)
    return found


def test_chunks_that_follow_are_read_in_larger_batches_and_the_same_comes_of_it() -> None:
    device, told = Device(at_once=32), list[BatchSize]()
    batches = GrowingBatches(BatchSize(windows=8), told.append, now=lambda: device.at)
    chunks = [decode(batches, device) for _ in range(40)]
    assert device.batches[0] == 8
    assert max(device.batches) == 64
    assert device.batches[-1] == batches.windows == 32
    assert told[-1] == BatchSize(windows=32, is_found=True)
    assert all(chunk == chunks[0] for chunk in chunks)


def test_an_error_is_no_batch_that_went_well() -> None:
    device, told = Device(at_once=100, memory=16), list[BatchSize]()
    batches = GrowingBatches(BatchSize(windows=8), told.append, now=lambda: device.at)
    while batches.windows < 32:
        decode(batches, device)
    with pytest.raises(RuntimeError, match="out of memory"):
        decode(batches, device)
    assert told[-1] == BatchSize(windows=32, is_trial=True)
