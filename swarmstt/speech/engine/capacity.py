"""How much an engine does at once, and on which device: planned before its first child, then learned from each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from swarmstt.core.speech.capacity import Capacity, Device, gpu_slots, shared_seconds, shrink
from swarmstt.speech.engine.device import unusable_gpu
from swarmstt.speech.engine.frames import EngineDescription, FoundBatchSize, LoadRequest
from swarmstt.speech.engine.gpu_batches import GpuBatchSizes
from swarmstt.speech.engine.settings import EngineSettings, plan_for, why_over_limit

MEMORY_NOTICE = (
    "This PC ran short of memory while transcribing: it goes on with less at a time, and more slowly. "
    "Close other programs, or choose a smaller model."
)
_SMALLEST = Capacity(slots=1, threads=1, batch_size=1)


class EngineCapacity:
    """What the next child is asked to run. It only ever becomes less, and the person at this PC is told so once; but a
    GPU may be found to do more."""

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
        self._gpu_sizes = GpuBatchSizes(settings.batch_sizes_file)
        self._most_gpu_slots: int | None = None
        """More took too much memory, one window each."""

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

    async def load_request(self) -> LoadRequest:
        return LoadRequest(
            folder=str(self._settings.model_folder),
            device=self._device,
            compute_type=self._settings.compute_type,
            cpu=self._by_device["cpu"],
            gpu=self._by_device["cuda"],
            why_cpu=self._why_cpu,
            batch_sizes=await self._gpu_sizes.known(),
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

    def batch_found(self, found: FoundBatchSize) -> None:
        """Take note with how many windows a GPU goes on."""
        slots_before = self.slots
        self._gpu_sizes.found(found)
        self._become("cuda", self._gpu_capacity(found.size.windows))
        if self.slots != slots_before:
            self._resized()

    async def keep_batch_sizes(self) -> None:
        """Keep on disk what was found since the last time."""
        await self._gpu_sizes.keep()

    @property
    def may_lack_memory(self) -> bool:
        """Whether a death may be for want of memory: some libraries crash then. Only once it has run short, or while
        more is on trial, and if less can be tried."""
        is_likely = self._memory_notice is not None or self._is_trial
        return is_likely and shrink(self._by_device[self._running_device()]) is not None

    def take_less(self) -> bool:
        """Ask for less after memory ran short in decoding; False if less cannot be tried. More that was on trial is no
        word worth."""
        device, was_trial = self._running_device(), self._is_trial
        size = self._gpu_sizes.ran_out() if device == "cuda" else None
        smaller = shrink(self._by_device[device]) if size is None else self._gpu_capacity(size.windows)
        if smaller is None:
            return False
        if device == "cuda" and size is None:
            self._most_gpu_slots = smaller.slots
        self._become(device, smaller)
        if was_trial:
            self._resized()
        else:
            self._tell_of_memory()
        return True

    @property
    def _is_trial(self) -> bool:
        size = self._gpu_sizes.current if self._running_device() == "cuda" else None
        return size is not None and size.is_trial

    def _gpu_capacity(self, windows: int) -> Capacity:
        slots = self._settings.slots or gpu_slots(windows)
        most = self._most_gpu_slots or slots
        return replace(self._by_device["cuda"], slots=min(most, slots), batch_size=windows)

    def _become(self, device: Device, capacity: Capacity) -> None:
        self._by_device[device] = capacity
        if self._description is not None:
            self._description = replace(self._description, **asdict(capacity))

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
