"""What an engine is asked to run, and how much of it this PC can do at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from swarmstt.core.speech.capacity import Capacity, Device, memory_bytes, plan_capacity
from swarmstt.speech.models.files import MODEL_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What to run. `device` and `compute_type` may be "auto"; None leaves slots, threads and memory to the PC.
    `batch_sizes_file` keeps what GPUs were found to do with this model; None: nothing does."""

    model_folder: Path
    device: str = "auto"
    compute_type: str = "auto"
    slots: int | None = None
    threads: int | None = None
    memory_gb: float | None = None
    batch_sizes_file: Path | None = None


def plan_for(settings: EngineSettings, device: Device) -> Capacity:
    """Return what this PC can do on that device now."""
    return plan_capacity(
        cores=_core_count(),
        available_bytes=psutil.virtual_memory().available,
        model_bytes=_model_bytes(settings),
        device=device,
        wanted_slots=settings.slots,
        wanted_threads=settings.threads,
        limit_bytes=None if settings.memory_gb is None else int(settings.memory_gb * 10**9),
    )


def why_over_limit(settings: EngineSettings) -> str | None:
    """Return a sentence for the person at this PC if the least that a CPU takes is more memory than was set."""
    needed_gb = memory_bytes(_model_bytes(settings), slots=1, batch_size=1) / 10**9
    if settings.memory_gb is None or needed_gb <= settings.memory_gb:
        return None
    return (
        f"Transcribing with this model takes about {needed_gb:.1f} GB at the least, more than the "
        f"{settings.memory_gb:g} GB that were set (memory_gb): this PC does one part at a time, with as little as it "
        "can. Allow more, or choose a smaller model."
    )


def _model_bytes(settings: EngineSettings) -> int:
    try:
        return (settings.model_folder / MODEL_FILE).stat().st_size
    except OSError:
        return 0  # the start will say what is missing


def _core_count() -> int:
    """Count the physical cores, or fewer if this process may use only some."""
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))
