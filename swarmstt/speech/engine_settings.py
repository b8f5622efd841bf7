"""What an engine is asked to run, and how much of it this PC can do at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from swarmstt.core.capacity import Capacity, Device, plan_capacity
from swarmstt.speech.model_files import MODEL_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What to run. `device` and `compute_type` may be "auto"; None leaves slots and threads to the PC."""

    model_folder: Path
    device: str = "auto"
    compute_type: str = "auto"
    slots: int | None = None
    threads: int | None = None


def plan_for(settings: EngineSettings, device: Device) -> Capacity:
    """What this PC can do on that device now."""
    try:
        model_bytes = (settings.model_folder / MODEL_FILE).stat().st_size
    except OSError:
        model_bytes = 0  # the start will say what lacks
    return plan_capacity(
        cores=_core_count(),
        available_bytes=psutil.virtual_memory().available,
        model_bytes=model_bytes,
        device=device,
        wanted_slots=settings.slots,
        wanted_threads=settings.threads,
    )


def _core_count() -> int:
    """Physical cores, or fewer if this process may use only some."""
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))
