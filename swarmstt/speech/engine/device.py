"""Inside the engine child: which device decodes, found out by decoding, and the loaded model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.core.speech.capacity import Capacity
from swarmstt.errors import ModelError
from swarmstt.speech.engine.frames import URGENT_SLOTS, EngineDescription, FoundBatchSize, LoadRequest
from swarmstt.speech.engine.gpu_name import gpu_name

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

NO_GPU = "No NVIDIA GPU was found"
_PREFERRED = {"cpu": ("int8", "float32"), "cuda": ("float16", "int8_float16", "int8_float32", "int8", "float32")}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """`batch_size`: with how many windows a GPU begins; None on a CPU."""

    model: WhisperModel
    description: EngineDescription
    batch_size: FoundBatchSize | None = None


def load_model(request: LoadRequest, trying: Callable[[str], None]) -> LoadedModel:
    """Load the model on the device that was asked for or, with "auto", on a GPU that proves to decode, else the CPU.

    `trying` is called with a GPU before that is touched: its libraries may end this very process. ModelError: the model
    or the device cannot be used. MemoryError and its kin pass through.
    """
    if request.device == "cpu":
        return _load(request, "cpu", request.why_cpu or "The CPU was asked for")
    problem = _gpu_problem()
    if problem is None:
        trying("cuda")
        loaded, problem = _try_gpu(request)
        if loaded is not None:
            return loaded
    if request.device == "cuda":
        raise ModelError(f"{problem}; use --device cpu, or mend the GPU's driver and libraries.")
    return _load(request, "cpu", problem or NO_GPU)


def unusable_gpu(why: str) -> str:
    """Return the sentence for a GPU that was found and failed."""
    return f"A GPU was found but cannot be used because {why.strip().rstrip('.') or 'its libraries failed'}"


def is_out_of_memory(text: str) -> bool:
    """Return whether an error's text, of Python, C++, CUDA or onnxruntime, means that memory ran short."""
    marks = ("memoryerror", "bad_alloc", "bad allocation", "out of memory", "alloc_failed", "failed to allocate")
    return any(mark in text.lower() for mark in (*marks, "unable to allocate", "cannot allocate memory"))


def _gpu_problem() -> str | None:
    import ctranslate2

    try:
        count = ctranslate2.get_cuda_device_count()
    except RuntimeError as error:
        return unusable_gpu(str(error))
    return None if count > 0 else NO_GPU


def _try_gpu(request: LoadRequest) -> tuple[LoadedModel | None, str]:
    from swarmstt.speech.decoding.whisper import try_out

    try:
        loaded = _load(request, "cuda", "An NVIDIA GPU was found")
        try_out(loaded.model)
    except (RuntimeError, ValueError, OSError, ModelError) as error:
        return None, unusable_gpu(str(error))
    return loaded, ""


def _load(request: LoadRequest, device: Literal["cpu", "cuda"], reason: str) -> LoadedModel:
    from faster_whisper import WhisperModel

    capacity = request.cpu if device == "cpu" else request.gpu
    compute_type = _compute_type(request.compute_type, device)
    try:
        model = WhisperModel(
            request.folder,
            device=device,
            compute_type=compute_type,
            num_workers=_worker_count(device, capacity),
            cpu_threads=capacity.threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(str(error)) or device == "cuda":
            raise
        raise ModelError(f"The model in {request.folder} cannot be loaded: {error}; fetch it again.") from error
    description = _describe(device, compute_type, reason, capacity)
    if device == "cpu":
        return LoadedModel(model=model, description=description)
    where = f"{gpu_name()}, {compute_type}"
    size = request.batch_sizes.get(where, BatchSize(windows=capacity.batch_size))
    return LoadedModel(model=model, description=description, batch_size=FoundBatchSize(where=where, size=size))


def _worker_count(device: Literal["cpu", "cuda"], capacity: Capacity) -> int:
    """So many calls the model answers at once: one for each slot, and one for whoever would else wait until a batch of
    a book is done; not where memory is so short that a batch is one window. A GPU does one thing after the other."""
    if device == "cuda":
        return 1
    return capacity.slots + (URGENT_SLOTS if capacity.batch_size > 1 else 0)


def _describe(device: str, compute_type: str, reason: str, capacity: Capacity) -> EngineDescription:
    import ctranslate2

    return EngineDescription(
        engine=f"ctranslate2 {ctranslate2.__version__}",
        device=device,
        compute_type=compute_type,
        reason=reason,
        slots=capacity.slots,
        threads=capacity.threads,
        batch_size=capacity.batch_size,
    )


def _compute_type(wanted: str, device: Literal["cpu", "cuda"]) -> str:
    import ctranslate2

    supported = ctranslate2.get_supported_compute_types(device)
    if wanted in {"auto", "default"}:
        return next((kind for kind in _PREFERRED[device] if kind in supported), "default")
    if wanted not in supported:
        known = ", ".join(sorted(supported))
        raise ModelError(f"--compute_type {wanted} does not work on this {device.upper()}; it can do: {known}.")
    return wanted
