"""The engine child: loads one model, then decodes as many chunks at once as it has slots, until the node goes.

Nothing heavy is imported at the top, so that the first sign of life comes at once.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.core.speech.capacity import MOST_GPU_SLOTS
from swarmstt.core.work import ChunkJob
from swarmstt.display_text import MOST_REASON_LETTERS, one_line
from swarmstt.errors import InputError, SwarmError
from swarmstt.speech.decoding.sharing import LeftError, Place, Searches, Sharing
from swarmstt.speech.engine.device import LoadedModel, is_out_of_memory, load_model
from swarmstt.speech.engine.frames import (
    ALIVE_SECONDS,
    JOBS_FOR_A_SLOT,
    URGENT_SLOTS,
    FailureKind,
    FoundBatchSize,
    LoadRequest,
)
from swarmstt.speech.engine.growing import GrowingBatches
from swarmstt.speech.process.channel import Channel

_FAILED_EXIT_CODE = 70


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
        channel.send({"type": "failed", "job": None, "kind": kind, "message": _reason_of(error)})
    return None


class _Slots:
    """The slots' threads, each with a decoder of its own on the one model, and as many that share their batches. On a
    GPU, which does one thing after the other, all slots share, and the batches may grow."""

    def __init__(self, channel: Channel, loaded: LoadedModel) -> None:
        self._channel = channel
        self._loaded = loaded
        self._jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._places: dict[int, Place] = {}
        self._batches: GrowingBatches | None = None
        self._slots = loaded.description.slots
        self._sharing = Sharing(self._slots if loaded.batch_size is None else 1, _lacks_memory)
        if loaded.batch_size is not None:
            self._slots = max(self._slots, MOST_GPU_SLOTS)
            self._batches = GrowingBatches(loaded.batch_size.size, self._tell_of_batches)
            self._tell_of_batches(loaded.batch_size.size)

    def serve(self) -> None:
        """Takes requests until the node closes the channel."""
        for number in range(self._slots * JOBS_FOR_A_SLOT + URGENT_SLOTS):
            threading.Thread(target=self._work, name=f"slot-{number}", daemon=True).start()
        while (frame := self._channel.receive()) is not None:
            if frame["type"] == "stop":
                if place := self._places.get(frame["job"]):
                    place.leave()
            else:
                self._places[frame["job"]] = self._sharing.place()
                self._jobs.put(frame)

    def _work(self) -> None:
        """One slot. Whatever escapes a job is a defect that ends the process: the node then gives the job again."""
        try:
            while True:
                frame = self._jobs.get()
                began_at = time.monotonic()
                answer = self._answer(frame)
                self._channel.send({**answer, "seconds": time.monotonic() - began_at})
                del self._places[frame["job"]]
        except BaseException:  # noqa: BLE001 - the root of a thread: the process ends with the reason on stderr
            traceback.print_exc()
            os._exit(_FAILED_EXIT_CODE)

    def _answer(self, frame: dict[str, Any]) -> dict[str, Any]:
        job: int = frame["job"]
        progress = self._progress(job)
        try:
            progress(0.0)
            if frame["type"] == "detect":
                with self._places[job].urgent():
                    result = _detect(self._loaded, frame)
            else:
                result = self._decode(frame, progress, self._places[job])
        except LeftError:
            return {"type": "stopped", "job": job}
        except InputError as error:
            return _failed(job, "bad_audio", error.message)
        except Exception as error:  # noqa: BLE001 - whatever a library raises costs this chunk alone
            traceback.print_exc()
            return _failed(job, "out_of_memory" if _lacks_memory(error) else "decode", _reason_of(error))
        return {"type": "done", "job": job, **result}

    def _decode(self, frame: dict[str, Any], progress: Callable[[float], None], place: Place) -> dict[str, Any]:
        from swarmstt.speech.decoding.chunk import decode_chunk

        job, model = from_plain(ChunkJob, frame["chunk"]), self._loaded.model
        batch_size, searches = self._batches_through(place)
        if job.urgent:
            with place.urgent():
                transcript = decode_chunk(job, model, progress, batch_size=batch_size)
        else:
            with place.taken():
                transcript = decode_chunk(job, model, progress, batch_size=batch_size, searches=searches)
        return {"transcript": to_plain(transcript)}

    def _batches_through(self, place: Place) -> tuple[int, Searches]:
        if self._batches is None:
            return self._loaded.description.batch_size, place
        return self._batches.watching(place)

    def _tell_of_batches(self, size: BatchSize) -> None:
        assert self._loaded.batch_size is not None
        found = FoundBatchSize(where=self._loaded.batch_size.where, size=size)
        self._channel.send({"type": "batch", **to_plain(found)})

    def _progress(self, job: int) -> Callable[[float], None]:
        place = self._places[job]

        def tell(fraction: float) -> None:
            if place.is_left:
                raise LeftError
            place.got_on()
            self._channel.send({"type": "progress", "job": job, "fraction": fraction})

        return tell


def _detect(loaded: LoadedModel, frame: dict[str, Any]) -> dict[str, Any]:
    from swarmstt.speech.audio import flac
    from swarmstt.speech.decoding.decoder import Decoder

    clips = [flac.decode(data, declared_sample_count(data)) for data in map(_read, frame["clips"])]
    language, probability = Decoder(loaded.model, batch_size=1).detect_language(clips, frame["among"])
    return {"language": language, "probability": float(probability)}


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


def _reason_of(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}", MOST_REASON_LETTERS)
