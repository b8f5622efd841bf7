"""How many windows a GPU reads together with one model: doubled while that pays and memory lasts, then remembered.

Only batches that a book brings count, nothing is decoded for the sake of measuring. A CPU's number is fixed
(core/speech/capacity.py). No GPU was at hand: the numbers here are guesses, and tests play the device.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

MOST_WINDOWS = 128
"""More is not tried: so many chunks are never in hand."""

ENOUGH_BATCHES = 8
"""So many well-filled batches tell how fast a size is."""

MOST_BATCHES = 128
"""After so many, a size with which no other can be compared stays."""

LEAST_GAIN = 1.1
"""Twice the windows must be this many times as fast, or half of them take less memory for the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSize:
    """How many `windows` are read together with five beams. `most`: memory is known to suffice for no more. `is_found`:
    more is not tried again. `is_trial`: whether memory suffices for these is not known yet."""

    windows: int
    most: int | None = None
    is_found: bool = False
    is_trial: bool = False

    def ran_out(self) -> BatchSize:
        """Return the next size after memory ran out with this one: half of it, at least one."""
        half = max(1, self.windows // 2)
        return BatchSize(windows=half, most=half, is_found=True)

    def doubled(self) -> BatchSize:
        """Return twice the size on trial, or the same as found if that is too much."""
        twice = 2 * self.windows
        if twice > min(MOST_WINDOWS, self.most or MOST_WINDOWS):
            return replace(self, is_found=True)
        return BatchSize(windows=twice, most=self.most, is_trial=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One search in windows, which took so many seconds. `kind`: only searches of the same kind are compared. `size` is
    the batch size by which it was made, `room` how many windows it could have had."""

    kind: Hashable
    size: int
    windows: int
    room: int
    seconds: float

    @property
    def is_well_filled(self) -> bool:
        """Whether half the size would not have held it."""
        return 2 * self.windows > self.room


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What batches of one kind and size did in all, but for the first, which also has memory made ready."""

    count: int = -1
    windows: int = 0
    seconds: float = 0.0

    def after(self, batch: Batch) -> Rate:
        if self.count < 0:
            return Rate(count=0)
        return Rate(count=self.count + 1, windows=self.windows + batch.windows, seconds=self.seconds + batch.seconds)

    @property
    def is_known(self) -> bool:
        return self.count >= ENOUGH_BATCHES

    def pays_after(self, before: Rate) -> bool:
        """Whether this is enough faster than what half the size did."""
        return self.windows * before.seconds >= LEAST_GAIN * before.windows * self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A size, and what was seen of it and of smaller ones since the model was loaded, by kind and size."""

    size: BatchSize
    rates: Mapping[tuple[Hashable, int], Rate] = field(default_factory=dict)

    def after(self, batch: Batch) -> Growth:
        """Return what follows from one more batch that went well."""
        if not batch.is_well_filled or self.size.is_found:
            return self
        key = batch.kind, batch.size
        rates = {**self.rates, key: self.rates.get(key, Rate()).after(batch)}
        if batch.size != self.size.windows:  # a chunk's that was begun before
            return Growth(size=self.size, rates=rates)
        return Growth(size=_next(replace(self.size, is_trial=False), batch.kind, rates), rates=rates)


def _next(size: BatchSize, kind: Hashable, rates: Mapping[tuple[Hashable, int], Rate]) -> BatchSize:
    rate = rates[kind, size.windows]
    if not rate.is_known:
        return size
    half = size.windows // 2
    before = rates.get((kind, half))
    if before is not None and before.is_known:
        if rate.pays_after(before):
            return size.doubled()
        return BatchSize(windows=half, most=size.most, is_found=True)
    is_first = not any(each.is_known for (_, windows), each in rates.items() if windows == half)
    if is_first:
        return size.doubled()
    # Another kind led here: this one cannot be compared, and that one may never come again.
    seen = sum(each.count for (_, windows), each in rates.items() if windows == size.windows)
    return replace(size, is_found=seen >= MOST_BATCHES)
