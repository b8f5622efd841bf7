"""The engine child: loads one model, then decodes as many chunks at once as it has slots, until the node goes.

Nothing heavy is imported at the top, so that the first sign of life comes at once.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarmstt.core.plain import from_plain, to_plain
from swarmstt.core.transcript import DecodeOptions
from swarmstt.errors import InputError, SwarmError
from swarmstt.speech.child_main import Channel
from swarmstt.speech.engine_device import LoadedModel, is_out_of_memory, load_model
from swarmstt.speech.engine_frames import ALIVE_SECONDS, FailureKind, LoadRequest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from swarmstt.speech.decoder import Decoder

_FAILED_EXIT_CODE = 70


class _JobStopped(Exception):  # noqa: N818
    """The node no longer wants this job."""


def run(channel: Channel) -> None:
    """Serves the node: one load, then jobs. Ends the process when the node closes the channel."""
    _be_the_first_to_go()
    threading.Thread(target=_tell_alive, args=(channel,), name="alive", daemon=True).start()
    first = channel.receive()
    if first is None:
        return
    loaded = _load(channel, first)
    if loaded is None:
        return
    channel.send({"type": "ready", **to_plain(loaded.description)})
    _Slots(channel, loaded).serve()
    # The slots' threads may be deep in native code, which nothing can interrupt and nobody waits for.
    os._exit(0)


def _be_the_first_to_go() -> None:
    """Where memory runs out, Linux shall end this process and none of the person's: its chunk is decoded again."""
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("900")


def _tell_alive(channel: Channel) -> None:
    pause = threading.Event()
    while not pause.wait(ALIVE_SECONDS):
        channel.send({"type": "alive"})


def _load(channel: Channel, frame: dict[str, Any]) -> LoadedModel | None:
    try:
        return load_model(
            from_plain(LoadRequest, frame), lambda device: channel.send({"type": "trying", "device": device})
        )
    except SwarmError as error:
        channel.send({"type": "failed", "job": None, "kind": "model", "message": error.message})
    except (MemoryError, RuntimeError, ValueError, OSError) as error:
        traceback.print_exc()
        kind: FailureKind = "out_of_memory" if _lacks_memory(error) else "model"
        channel.send({"type": "failed", "job": None, "kind": kind, "message": _one_line(error)})
    return None


class _Slots:
    """The slots' threads, each with a decoder of its own on the one model."""

    def __init__(self, channel: Channel, loaded: LoadedModel) -> None:
        self._channel = channel
        self._loaded = loaded
        self._jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stopped: dict[int, threading.Event] = {}

    def serve(self) -> None:
        """Takes requests until the node closes the channel."""
        for number in range(self._loaded.description.slots):
            threading.Thread(target=self._work, name=f"slot-{number}", daemon=True).start()
        while (frame := self._channel.receive()) is not None:
            if frame["type"] == "stop":
                if event := self._stopped.get(frame["job"]):
                    event.set()
            else:
                self._stopped[frame["job"]] = threading.Event()
                self._jobs.put(frame)

    def _work(self) -> None:
        """One slot. Whatever escapes a job is a defect that ends the process: the node then gives the job again."""
        try:
            from swarmstt.speech.decoder import Decoder

            decoder = Decoder(self._loaded.model, batch_size=self._loaded.description.batch_size)
            while True:
                frame = self._jobs.get()
                self._channel.send(self._answer(decoder, frame))
                del self._stopped[frame["job"]]
        except BaseException:  # noqa: BLE001 - the root of a thread: the process ends with the reason on stderr
            traceback.print_exc()
            os._exit(_FAILED_EXIT_CODE)

    def _answer(self, decoder: Decoder, frame: dict[str, Any]) -> dict[str, Any]:
        job: int = frame["job"]
        progress = self._progress(job)
        try:
            progress(0.0)
            result = _detect(decoder, frame) if frame["type"] == "detect" else _decode(decoder, frame, progress)
        except _JobStopped:
            return {"type": "stopped", "job": job}
        except InputError as error:
            return _failed(job, "bad_audio", error.message)
        except Exception as error:  # noqa: BLE001 - whatever a library raises costs this chunk alone
            traceback.print_exc()
            return _failed(job, "out_of_memory" if _lacks_memory(error) else "decode", _one_line(error))
        return {"type": "done", "job": job, **result}

    def _progress(self, job: int) -> Callable[[float], None]:
        stopped = self._stopped[job]

        def tell(fraction: float) -> None:
            if stopped.is_set():
                raise _JobStopped
            self._channel.send({"type": "progress", "job": job, "fraction": fraction})

        return tell


def _decode(decoder: Decoder, frame: dict[str, Any], progress: Callable[[float], None]) -> dict[str, Any]:
    data = frame["flac"] if frame["flac"] is not None else _read(frame["path"])
    samples = _samples(data, frame["sample_count"])
    transcript = decoder.decode(samples, from_plain(DecodeOptions, frame["options"]), progress)
    return {"transcript": to_plain(transcript)}


def _detect(decoder: Decoder, frame: dict[str, Any]) -> dict[str, Any]:
    clips = [_samples(data, declared_sample_count(data)) for data in map(_read, frame["clips"])]
    language, probability = decoder.detect_language(clips)
    return {"language": language, "probability": float(probability)}


def _samples(data: bytes, sample_count: int) -> npt.NDArray[np.float32]:
    from swarmstt.speech import flac

    return flac.decode(data, sample_count)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def declared_sample_count(flac: bytes) -> int:
    """The sample count in a FLAC stream's header: 36 bits, 13.5 bytes into STREAMINFO (RFC 9639, 8.2)."""
    if len(flac) < 26 or flac[:4] != b"fLaC":
        raise InputError("This is not a FLAC file.")
    return int.from_bytes(flac[21:26], "big") & (2**36 - 1)


def _failed(job: int, kind: FailureKind, message: str) -> dict[str, Any]:
    return {"type": "failed", "job": job, "kind": kind, "message": message}


def _lacks_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or is_out_of_memory(str(error))


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
