"""The values that the node and its engine child exchange, in frames that codec.py makes maps of.

To the child:   load, decode, detect (each job with a number of its own), stop.
To the node:    alive (each second), trying, ready, batch, progress, done, failed, stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.core.speech.capacity import Capacity

URGENT_SLOTS = 1
"""So many jobs that are urgent may run beside those that have the slots."""
JOBS_FOR_A_SLOT = 4
"""So many short chunks share a slot at most: their windows are searched together."""
ALIVE_SECONDS = 1.0
"""How often a child says that it lives."""

FailureKind = Literal["out_of_memory", "bad_audio", "decode", "model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDescription:
    """What an engine is and runs on, and in a sentence for people why. `engine`: as in Provenance."""

    engine: str
    device: str
    compute_type: str
    reason: str
    slots: int
    threads: int
    batch_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """What a child is to load. `device` is "auto", "cpu" or "cuda"; `why_cpu` explains a CPU that the node chose.
    `batch_sizes`: what was found on GPUs before, by `FoundBatchSize.where`."""

    folder: str
    device: str
    compute_type: str
    cpu: Capacity
    gpu: Capacity
    why_cpu: str | None = None
    batch_sizes: dict[str, BatchSize] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBatchSize:
    """How many windows a GPU reads together from now on. `where`: the GPU's name, and how the model computes there."""

    where: str
    size: BatchSize
