"""How much one PC decodes at once: slots, threads and windows, from its cores, its free memory and a person's limit.

Measured with int8 models on two cores: two slots of one thread decode 1.6 times as fast as one slot of two threads, so
a CPU gets a slot for each core as long as memory lasts. A GPU is filled by many windows at a time, of as many chunks as
it takes to have them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Device = Literal["cpu", "cuda"]

CPU_BATCH_SIZE = 8
"""Windows of 30 s that a CPU slot decodes together."""
GPU_BATCH_SIZE = 16
"""Where a GPU begins; what it can do is found (core/models/batch_sizes.py)."""
_GPU_WINDOWS_FOR_A_SLOT = 4
"""A chunk has some ten windows, and looks at a few of them at first. Not measured."""
MOST_GPU_SLOTS = 8
"""Not measured: more chunks in one helper's hands are missing elsewhere at the end of a book."""

_SHARED_WINDOW_SECONDS = 15.0
"""The windows of short chunks are often only half full."""

MOST_PLANNED_SLOTS = 16
"""A guess: slots share one Python interpreter. Further cores become threads of a slot."""

# Peaks of a CPU engine measured with int8, beam 5 and 300 s of read speech in each slot, in MiB, for 1 slot of
# 1 window, 1 of 8, 2 of 1 and 2 of 8: tiny.en 403, 527, 602, 817; base 469, 838, 698, 1353. The reckoning stays above.
_MEBIBYTE = 2**20
_PROCESS_BYTES = 125 * _MEBIBYTE
_SLOT_BYTES = 180 * _MEBIBYTE
_WINDOW_BYTES = 5 * _MEBIBYTE
_WINDOW_SHARE_OF_MODEL = 0.35
_WINDOW_SHARE_OF_REST = 0.22
"""A window's share of the model file up to `_SMALL_MODEL_BYTES` and beyond: what a window holds grows with layers x
width, the file with layers x width squared. Beyond base it is reckoned from that, not measured."""
_SMALL_MODEL_BYTES = 500 * 10**6
_HEADROOM_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """`slots` chunks at once, each with `threads` CPU threads and `batch_size` windows at a time; each at least 1."""

    slots: int
    threads: int
    batch_size: int


def plan_capacity(
    *,
    cores: int,
    available_bytes: int,
    model_bytes: int,
    device: Device,
    wanted_slots: int | None = None,
    wanted_threads: int | None = None,
    limit_bytes: int | None = None,
) -> Capacity:
    """The capacity with the most throughput that fits.

    `cores` are physical ones, `model_bytes` the size of model.bin, `limit_bytes` the most memory that a person lets it
    take; a GPU has memory of its own. What a person asked for is kept, even where free memory looks too small for it;
    the rest is chosen around it, so that slots x threads stay within the cores. Only the limit takes wanted slots away,
    down to one.
    """
    if device == "cuda":
        slots = wanted_slots or gpu_slots(GPU_BATCH_SIZE)
        return Capacity(slots=slots, threads=wanted_threads or max(1, cores), batch_size=GPU_BATCH_SIZE)
    threads = wanted_threads or 1
    slots = wanted_slots or max(1, min(cores // threads, MOST_PLANNED_SLOTS))
    batch_size = CPU_BATCH_SIZE
    limit = math.inf if limit_bytes is None else limit_bytes
    budget = min(available_bytes * (1 - _HEADROOM_SHARE), limit)
    while (needed := memory_bytes(model_bytes, slots, batch_size)) > budget:
        # Fewer windows cost little speed and a slot costs a core: windows go first.
        if batch_size > 1:
            batch_size //= 2
        elif slots > 1 and (wanted_slots is None or needed > limit):
            slots -= 1
        else:
            break
    return Capacity(slots=slots, threads=wanted_threads or max(1, cores // slots), batch_size=batch_size)


def gpu_slots(batch_size: int) -> int:
    """How many chunks a GPU takes at once, so that it has so many windows to read together."""
    return max(1, min(MOST_GPU_SLOTS, batch_size // _GPU_WINDOWS_FOR_A_SLOT))


def shared_seconds(slots: int, batch_size: int) -> float:
    """How much audio the chunks may have in all that share slots: as many windows as the slots have memory for."""
    return slots * batch_size * _SHARED_WINDOW_SECONDS


def memory_bytes(model_bytes: int, slots: int, batch_size: int) -> int:
    """About what an engine on the CPU needs at its peak."""
    small = min(model_bytes, _SMALL_MODEL_BYTES)
    window = _WINDOW_BYTES + _WINDOW_SHARE_OF_MODEL * small + _WINDOW_SHARE_OF_REST * (model_bytes - small)
    return _PROCESS_BYTES + model_bytes + slots * (_SLOT_BYTES + int(window * batch_size))


def shrink(capacity: Capacity) -> Capacity | None:
    """The next smaller capacity after memory ran out: half the windows, then half the slots; None at the smallest."""
    if capacity.batch_size > 1:
        return Capacity(slots=capacity.slots, threads=capacity.threads, batch_size=capacity.batch_size // 2)
    if capacity.slots > 1:
        slots = capacity.slots // 2
        return Capacity(slots=slots, threads=capacity.slots * capacity.threads // slots, batch_size=1)
    return None
