"""Short recordings of other programs: this node against plain faster-whisper behind a small server, model warm.

Both are asked over HTTP for the same clips, in turn and `--rounds` times; the median and the worst of each count. Then
as many requests as `--clients` at a time, for requests a second.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from tests.bench.books import base_model
from tests.bench.servers import beside, many
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.voice import RATE, SENTENCES, Voice

CLIP_SECONDS = (2, 10, 60)

_PLAIN = """
import asyncio, io, sys
from aiohttp import web
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=2)
turn = asyncio.Semaphore(1)

def heard(sound):
    segments, info = model.transcribe(io.BytesIO(sound), beam_size=5, language="en")
    return " ".join(segment.text.strip() for segment in segments)

async def transcribe(request):
    form = await request.post()
    sound = form["file"].file.read()
    async with turn:
        text = await asyncio.to_thread(heard, sound)
    return web.json_response({"text": text})

async def main():
    app = web.Application(client_max_size=2**30)
    app.router.add_post("/v1/audio/transcriptions", transcribe)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=7, help="how often each clip is sent (default 7)")
    parser.add_argument("--requests", type=int, default=24, help="how many 2 s clips are sent at once (default 24)")

    parser.add_argument("--beside", action="store_true", help="measure clips of 10 s beside a book instead")
    parser.add_argument("--many", type=int, help="measure a book beside so many clips at once instead")
    parser.add_argument("--minutes", type=float, default=60.0, help="of that book (default 60)")
    parser.add_argument("--model", choices=("tiny.en", "base"), default="base", help="for that (default base)")


def run(given: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name:
        if given.beside:
            beside.measure(Path(name), given.rounds)
            return 0
        if given.many:
            model = base_model(Path(name) / "base") if given.model == "base" else model_folder()
            many.measure(Path(name), model, given.rounds, given.many, given.minutes)
            return 0
    with tempfile.TemporaryDirectory() as name, _servers(Path(name)) as servers:
        sounds = _clips(Voice(Path(name)))
        asyncio.run(_measure(servers, sounds, given))
    return 0


def _clips(voice: Voice) -> dict[int, npt.NDArray[np.int16]]:
    """Speech of these lengths."""
    all_of_it = voice.say(*SENTENCES[:16], pause_seconds=0.3)
    return {seconds: all_of_it[: seconds * RATE] for seconds in CLIP_SECONDS}


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, str]]:
    """Both servers, with the same model and the same processor."""
    plain = subprocess.Popen([sys.executable, "-c", _PLAIN, str(model_folder())], stdout=subprocess.PIPE)
    try:
        assert plain.stdout is not None
        port = int(plain.stdout.readline())
        options = {"SWARMSTT_BEAM_SIZE": "5", "SWARMSTT_THREADS": "2", "SWARMSTT_COMPUTE_TYPE": "int8"}
        with Home(folder / "home").up("--slots", "1", **options) as node:
            yield {"swarmstt": node.url, "faster-whisper": f"http://127.0.0.1:{port}"}
    finally:
        plain.kill()
        plain.wait()


def _wav(samples: npt.NDArray[np.int16], number: int) -> bytes:
    """The same speech in another file each time: what was sent before would be answered at once."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.append(samples, np.int16(number)).astype("<i2").tobytes())
    return made.getvalue()


async def _ask(session: aiohttp.ClientSession, url: str, sound: bytes) -> float:
    """Seconds until the answer is there."""
    form = aiohttp.FormData({"model": "whisper-1", "language": "en"})
    form.add_field("file", sound, filename="clip.wav")
    began_at = time.perf_counter()
    async with session.post(f"{url}/v1/audio/transcriptions", data=form) as response:
        assert response.status == 200, await response.text()
        assert (await response.json())["text"]
    return time.perf_counter() - began_at


async def _measure(
    servers: dict[str, str], sounds: dict[int, npt.NDArray[np.int16]], given: argparse.Namespace
) -> None:
    number = iter(range(1, 30_000))
    async with aiohttp.ClientSession() as session:
        for url in servers.values():  # warm
            await _ask(session, url, _wav(sounds[2], next(number)))
        table = Table("clip", *(f"{name}: median, worst (s)" for name in servers), "ratio of medians", "difference (s)")
        for seconds, samples in sounds.items():
            took: dict[str, list[float]] = {name: [] for name in servers}
            for _ in range(given.rounds):
                for name, url in servers.items():
                    took[name].append(await _ask(session, url, _wav(samples, next(number))))
            table.add_row(f"{seconds} s", *_row(list(took.values())))
        Console().print(table)
        rates = Table("server", f"{given.requests} requests of 2 s at once: requests a second")
        for name, url in servers.items():
            clips = [_wav(sounds[2], next(number)) for _ in range(given.requests)]
            began_at = time.perf_counter()
            await asyncio.gather(*(_ask(session, url, clip) for clip in clips))
            rates.add_row(name, f"{given.requests / (time.perf_counter() - began_at):.2f}")
        Console().print(rates)


def _row(took: Sequence[Sequence[float]]) -> list[str]:
    medians = [statistics.median(each) for each in took]
    cells = [f"{median:.3f}, {max(each):.3f}" for median, each in zip(medians, took, strict=True)]
    return [*cells, f"{medians[0] / medians[1]:.2f}", f"{medians[0] - medians[1]:+.3f}"]
