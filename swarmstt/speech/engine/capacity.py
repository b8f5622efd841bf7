"""How much an engine does at once, and on which device: planned before its first child, then learned from each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from swarmstt.core.speech.capacity import Capacity, Device, shared_seconds, shrink
from swarmstt.speech.engine.device import unusable_gpu
from swarmstt.speech.engine.frames import EngineDescription, LoadRequest
from swarmstt.speech.engine.settings import EngineSettings, plan_for, why_over_limit

MEMORY_NOTICE = (
    "This PC ran short of memory while transcribing: it goes on with less at a time, and more slowly. "
    "Close other programs, or choose a smaller model."
)
_SMALLEST = Capacity(slots=1, threads=1, batch_size=1)


class EngineCapacity:
    """What the next child is asked to run. It only ever becomes less, and the person at this PC is told so once."""

    def __init__(self, settings: EngineSettings, say: Callable[[str], None], resized: Callable[[], None]) -> None:
        """Call `say` with a sentence for that person, and `resized` each time that `slots` may be another number."""
        self._settings = settings
        self._say = say
        self._resized = resized
        self._device = settings.device
        self._by_device: dict[Device, Capacity] = {device: plan_for(settings, device) for device in ("cpu", "cuda")}
        self._why_cpu: str | None = None
        self._memory_notice: str | None = None
        self._limit_notice: str | None = None
        self._description: EngineDescription | None = None

    @property
    def description(self) -> EngineDescription | None:
        """What the engine runs on; None until the first child is ready."""
        return self._description

    @property
    def slots(self) -> int:
        """How many chunks at once; until the first child is ready, what is planned for the device that is likely."""
        if self._description is not None:
            return self._description.slots
        return self._by_device["cuda" if self._device == "cuda" else "cpu"].slots

    @property
    def shared_seconds(self) -> float:
        """So much audio the chunks may have in all that share slots; 0 until the first child is ready."""
        description = self._description
        return 0.0 if description is None else shared_seconds(description.slots, description.batch_size)

    @property
    def notice(self) -> str | None:
        """A sentence for the person at this PC, if memory ran short, or too little was set; else None."""
        return self._memory_notice or self._limit_notice

    def load_request(self) -> LoadRequest:
        return LoadRequest(
            folder=str(self._settings.model_folder),
            device=self._device,
            compute_type=self._settings.compute_type,
            cpu=self._by_device["cpu"],
            gpu=self._by_device["cuda"],
            why_cpu=self._why_cpu,
        )

    def loaded(self, description: EngineDescription) -> None:
        """Take note that a child is ready, and what it runs on."""
        slots_before, self._description = self.slots, description
        if slots_before != description.slots:
            self._resized()
        if description.device == "cpu" and self._limit_notice is None:
            self._limit_notice = why_over_limit(self._settings)
            if self._limit_notice is not None:
                self._say(self._limit_notice)

    def leave_gpu(self, reason: str) -> bool:
        """Leave the GPU, since a child that tried it ended for this reason; False if the person asked for it."""
        if self._device != "auto":
            return False
        self._device, self._why_cpu = "cpu", unusable_gpu(reason)
        return True

    @property
    def may_lack_memory(self) -> bool:
        """Whether a death may be for want of memory: some libraries crash then. Only once it has run short, and if less
        can be tried."""
        return self._memory_notice is not None and shrink(self._by_device[self._running_device()]) is not None

    def take_less(self) -> bool:
        """Ask for less after memory ran short in decoding; False if less cannot be tried."""
        device = self._running_device()
        smaller = shrink(self._by_device[device])
        if smaller is None:
            return False
        self._by_device[device] = smaller
        if self._description is not None:
            self._description = replace(self._description, **asdict(smaller))
        self._tell_of_memory()
        return True

    def take_least(self) -> bool:
        """Ask for the least after memory ran short in loading the model; False if the least was tried."""
        more_was_tried = self._by_device["cpu"] != _SMALLEST
        self._by_device = {"cpu": _SMALLEST, "cuda": _SMALLEST}
        self._tell_of_memory()
        return more_was_tried

    def _running_device(self) -> Device:
        return "cuda" if self._description is not None and self._description.device == "cuda" else "cpu"

    def _tell_of_memory(self) -> None:
        self._resized()
        if self._memory_notice is None:
            self._memory_notice = MEMORY_NOTICE
            self._say(MEMORY_NOTICE)
