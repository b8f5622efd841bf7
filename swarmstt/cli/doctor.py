"""`doctor`: tries each part that a book needs, and says how to mend what fails."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib.resources import as_file, files
from pathlib import Path

from swarmstt.cli.doctor_parts import check_clock, check_folders, check_network, check_ports
from swarmstt.cli.fetching import fetch_display
from swarmstt.config import Config
from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.transcript import DecodeOptions
from swarmstt.errors import EngineError, SwarmError
from swarmstt.node.engines import Engines
from swarmstt.node.folders import Folders
from swarmstt.node.node import DEFAULT_MODEL
from swarmstt.phrases import speed
from swarmstt.speech.models import ModelStore
from swarmstt.speech.reader import BookReader, ChunkReady, ReadRequest

SAMPLE = files("swarmstt").joinpath("sample")
"""A few spoken sentences that ship with the package, and their text."""

LEAST_LIKENESS = 0.8
"""Of the sample's words those that every Whisper model gets right: the smallest one gets more than nine of ten."""


@dataclass(slots=True)
class SampleRead:
    """The sample as the reader gave it."""

    audio: bytes = b""
    sample_count: int = 0


async def examine(config: Config, folders: Folders) -> int:
    """Runs all checks; exit status 1 if one failed."""
    sample = SampleRead()

    async def audio(config: Config, folders: Folders) -> str:
        del config, folders
        return await _check_audio(sample)

    async def decoding(config: Config, folders: Folders) -> str:
        return await _check_decoding(config, folders, sample)

    checks: list[tuple[str, Callable[[Config, Folders], Awaitable[str]]]] = [
        ("Folders", check_folders),
        ("Clock", check_clock),
        ("Ports", check_ports),
        ("Network", check_network),
        ("Audio", audio),
        ("Model", _check_model),
        ("Decoding", decoding),
    ]
    well = True
    for name, check in checks:
        try:
            result, mark = await check(config, folders), "ok  "
        except SwarmError as error:
            result, mark, well = error.message, "FAIL", False
        print(f"{mark}  {name:<9} {result}", flush=True)
    return 0 if well else 1


async def _check_audio(sample: SampleRead) -> str:
    began_at = time.monotonic()
    with as_file(SAMPLE.joinpath("spoken.mp3")) as path, tempfile.TemporaryDirectory() as spool:
        request = ReadRequest(files=(path,), name=path.name, is_folder=False, spool=Path(spool), language_clips=False)
        async with BookReader(request) as reader:
            async for event in reader:
                if isinstance(event, ChunkReady):
                    sample.audio, sample.sample_count = event.path.read_bytes(), event.chunk.sample_count
    seconds = sample.sample_count / SAMPLE_RATE
    return f"MP3 can be read ({seconds:.0f} s of it in {time.monotonic() - began_at:.1f} s)"


async def _check_model(config: Config, folders: Folders) -> str:
    with fetch_display() as shown:
        store = ModelStore(folders.data_dir)
        store.on_fetch = shown
        model = await store.obtain_async(config.model or DEFAULT_MODEL)
    return f"{model.name}, {model.size_bytes / 1e6:.0f} MB, in {model.folder}"


async def _check_decoding(config: Config, folders: Folders, sample: SampleRead) -> str:
    """That the model hears in the sample what is said there."""
    if not sample.audio:
        raise EngineError("The sample could not be read, so nothing could be decoded.")
    async with Engines(config, ModelStore(folders.data_dir), "doctor") as engines:
        await engines.warm_up(await engines.obtain(config.model or DEFAULT_MODEL))
        engine = engines.engine
        assert engine is not None
        began_at = time.monotonic()
        options = DecodeOptions(language="en", beam_size=config.beam_size)
        transcript = await engine.decode(sample.audio, sample.sample_count, options, lambda part: None)
        seconds = time.monotonic() - began_at
        description, notice = engine.describe(), engine.notice
    assert description is not None
    heard = " ".join(segment.text for segment in transcript.segments)
    if likeness(SAMPLE.joinpath("spoken.txt").read_text(encoding="utf-8"), heard) < LEAST_LIKENESS:
        raise EngineError(
            f"The model does not hear what is said: {heard[:80] or 'nothing'!r}; fetch it again, or try another "
            "--model or --compute_type."
        )
    parts = f"{description.slots} part" + ("s" if description.slots > 1 else "") + " at a time"
    if config.memory_gb and description.device == "cpu":
        parts += f", {config.memory_gb:g} GB of memory set"
    rate = speed(sample.sample_count / SAMPLE_RATE / max(seconds, 0.001))
    where = f"on {description.device}, {description.compute_type}, {parts}. {description.reason.rstrip('.')}."
    return f"the sample's words are heard, {rate}, {where}" + (f" {notice}" if notice else "")


def likeness(expected: str, heard: str) -> float:
    """0..1: how alike two texts are, word by word, without case and signs."""
    first, second = (re.findall(r"\w+", text.casefold()) for text in (expected, heard))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
