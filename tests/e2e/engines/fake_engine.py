"""A stand-in for the engine child: speaks its frames, and does to itself what a job's bytes say.

`python fake_engine.py FOLDER SCENARIO`; FOLDER keeps what must outlive one child.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.core.transcript import ChunkTranscript, Segment, Word
from swarmstt.speech.engine.frames import EngineDescription, FoundBatchSize, LoadRequest
from swarmstt.speech.process.channel import Channel


class FakeEngine:
    def __init__(self, channel: Channel, folder: Path, scenario: str) -> None:
        self._channel = channel
        self._folder = folder
        self._scenario = scenario
        self._stops: dict[int, threading.Event] = {}
        self._silent = threading.Event()
        self._together = threading.Barrier(2)

    def run(self) -> None:
        frame = self._channel.receive()
        assert frame is not None
        self._load(frame)
        threading.Thread(target=self._tell_alive, daemon=True).start()
        while (frame := self._channel.receive()) is not None:
            if frame["type"] == "stop":
                self._stops[frame["job"]].set()
            else:
                self._stops[frame["job"]] = threading.Event()
                threading.Thread(target=self._work, args=(frame,), daemon=True).start()

    def _tell_alive(self) -> None:
        while not self._silent.wait(0.05):
            self._channel.send({"type": "alive"})

    def _load(self, frame: dict[str, Any]) -> None:
        request = from_plain(LoadRequest, frame)
        device = "cpu"
        if self._scenario == "load dies" or (self._scenario == "load dies once" and self._first("load")):
            _die("the library is missing")
        if self._scenario == "load killed" or (
            self._scenario == "load killed twice" and (self._first("one") or self._first("two"))
        ):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._scenario == "load without memory":
            _die("std::bad_alloc")
        if self._scenario == "load fails":
            self._channel.send({"type": "failed", "job": None, "kind": "model", "message": "No such device."})
            sys.exit(0)
        if self._scenario == "gpu dies" and request.device == "auto":
            self._channel.send({"type": "trying", "device": "cuda"})
            _die("libcudnn is missing")
        if self._scenario == "gpu":
            device, self._where = "cuda", "Some GPU, float16"
            size = request.batch_sizes.get(self._where, BatchSize(windows=request.gpu.batch_size))
            self._size = size
        capacity = request.cpu if device == "cpu" else replace(request.gpu, batch_size=self._size.windows)
        self._batch_size = capacity.batch_size
        self._slots = capacity.slots
        description = EngineDescription(
            engine="fake 1.0",
            device=device,
            compute_type="int8",
            reason=request.why_cpu or "No NVIDIA GPU was found",
            slots=capacity.slots,
            threads=capacity.threads,
            batch_size=capacity.batch_size,
        )
        self._channel.send({"type": "ready", **to_plain(description)})
        if device == "cuda":
            self._tell_of_batches()

    def _tell_of_batches(self) -> None:
        found = FoundBatchSize(where=self._where, size=self._size)
        self._channel.send({"type": "batch", **to_plain(found)})

    def _work(self, frame: dict[str, Any]) -> None:
        job = frame["job"]
        if frame["type"] == "detect":
            self._channel.send({"type": "done", "job": job, "seconds": 0.0, "language": "de", "probability": 0.9})
            return
        what = frame["chunk"]["audio"].decode()
        is_first = self._first(what)  # kept before a test hears of the job and may kill this child
        self._channel.send({"type": "progress", "job": job, "fraction": 0.5})
        self._act(what, job, is_first=is_first)

    def _act(self, what: str, job: int, *, is_first: bool) -> None:
        if what == "die" or (what == "die once" and is_first):
            _die("Segmentation fault")
        elif what == "together":
            self._together.wait()  # both slots are busy
        elif what == "hang" and is_first:
            self._silent.set()
            threading.Event().wait()
        elif what == "die while another runs" and is_first:
            self._together.wait()
            _die("Segmentation fault")
        elif what == "near" and is_first:
            self._together.wait()
            threading.Event().wait()
        elif what == "needs more than there is" or (what == "needs small windows" and self._batch_size > 2):
            self._fail(job, "out_of_memory", "std::bad_alloc")
            return
        elif what == "crashes for want of memory" and self._batch_size > 2:
            if self._batch_size == 4:
                _die("Segmentation fault")
            self._fail(job, "out_of_memory", "std::bad_alloc")
            return
        elif what == "grow":
            self._size = self._size.doubled()
            self._tell_of_batches()
        elif what == "bad audio":
            self._fail(job, "bad_audio", "This is not a FLAC file.")
            return
        elif what == "slow":
            self._stops[job].wait()
            self._note("stopped")
            self._channel.send({"type": "stopped", "job": job, "seconds": 0.0})
            return
        elif what == "stubborn" and is_first:
            threading.Event().wait()
        text = f"{what} {self._slots}x{self._batch_size}"
        words = (Word(start=0.0, end=1.0, text=text, probability=0.5),)
        segments = (Segment(start=0.0, end=1.0, text=text, words=words),)
        transcript = ChunkTranscript(language="en", duration=1.0, segments=segments)
        self._channel.send({"type": "done", "job": job, "seconds": 0.0, "transcript": to_plain(transcript)})

    def _fail(self, job: int, kind: str, message: str) -> None:
        self._channel.send({"type": "failed", "job": job, "seconds": 0.0, "kind": kind, "message": message})

    def _first(self, what: str) -> bool:
        """Whether no child did this before."""
        try:
            (self._folder / what).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _note(self, what: str) -> None:
        (self._folder / what).touch()


def _die(last_words: str) -> None:
    print(last_words, file=sys.stderr, flush=True)
    os._exit(3)


if __name__ == "__main__":
    FakeEngine(Channel.of_this_process(), Path(sys.argv[1]), sys.argv[2]).run()
    os._exit(0)
