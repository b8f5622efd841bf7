"""`doctor`: tries each part that a book needs, and says how to mend what fails, or mends it."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from difflib import SequenceMatcher

from swarmstt.cli.doctor.checks import check_clock, check_folders, check_network, check_ports
from swarmstt.cli.doctor.mending import MendableError, check_identity, check_rights
from swarmstt.cli.fetching import fetch_display
from swarmstt.cli.saying import say
from swarmstt.config import Config
from swarmstt.core.models.known import AUTO
from swarmstt.errors import EngineError, SwarmError
from swarmstt.node.data_dir import Folders
from swarmstt.node.engines.engines import Engines
from swarmstt.node.engines.sample import SAMPLE, SampleRead, read_sample
from swarmstt.node.profile import DEFAULT_MODEL
from swarmstt.phrases import speed
from swarmstt.speech.models.store import ModelStore

LEAST_LIKENESS = 0.8
"""Of the sample's words those that every Whisper model gets right: the smallest one gets more than nine of ten."""


Check = Callable[[Config, Folders], Awaitable[str]]


async def examine(config: Config, folders: Folders, *, mends: bool = False) -> int:
    """Runs all checks; exit status 1 if one failed. `mends`: what is safe to mend is mended, and checked again."""
    sample = SampleRead()

    async def audio(config: Config, folders: Folders) -> str:
        del config, folders
        return await _check_audio(sample)

    async def decoding(config: Config, folders: Folders) -> str:
        return await _check_decoding(config, folders, sample)

    checks: list[tuple[str, Check]] = [
        ("Rights", check_rights),
        ("Folders", check_folders),
        ("Identity", check_identity),
        ("Clock", check_clock),
        ("Ports", check_ports),
        ("Network", check_network),
        ("Audio", audio),
        ("Model", check_model),
        ("Transcribing", decoding),
    ]
    well = True
    for name, check in checks:
        well = await examine_one(name, check, config, folders, mends=mends) and well
    return 0 if well else 1


async def examine_one(name: str, check: Check, config: Config, folders: Folders, *, mends: bool) -> bool:
    """Runs one check, and says what came of it; returns whether all is well, or was mended."""
    try:
        result, mark = await check(config, folders), "ok  "
    except MendableError as error:
        if mends:
            _say_result("MEND", name, await error.mend())
            return await examine_one(name, check, config, folders, mends=False)
        result, mark = error.message, "FAIL"
    except SwarmError as error:
        result, mark = error.message, "FAIL"
    _say_result(mark, name, result)
    return mark != "FAIL"


def _say_result(mark: str, name: str, result: str) -> None:
    for line in f"{mark}  {name:<9} {result}".split("\n"):
        say(line)


async def _check_audio(sample: SampleRead) -> str:
    began_at = time.monotonic()
    read = await read_sample()
    sample.audio, sample.sample_count = read.audio, read.sample_count
    return f"MP3 can be read ({sample.seconds:.0f} s of it in {time.monotonic() - began_at:.1f} s)"


def _model_of(config: Config) -> str:
    """Returns the model that is tried: where one is chosen for each book, the default one."""
    model = config.model or DEFAULT_MODEL
    return DEFAULT_MODEL if model == AUTO else model


async def check_model(config: Config, folders: Folders) -> str:
    with fetch_display() as shown:
        store = ModelStore(folders.data_dir, on_fetch=shown)
        model = await store.obtain_async(_model_of(config))
    return f"{model.name}, {model.size_bytes / 1e6:.0f} MB, in {model.folder}"


async def _check_decoding(config: Config, folders: Folders, sample: SampleRead) -> str:
    """That the model hears in the sample what is said there."""
    if not sample.audio:
        raise EngineError("The sample could not be read, so nothing could be decoded.")
    async with Engines(config, ModelStore(folders.data_dir), "doctor") as engines:
        model = _model_of(config)
        model_hash = await engines.obtain(model)
        await engines.warm_up(model_hash)
        engine = engines.engine
        assert engine is not None
        began_at = time.monotonic()
        job = sample.job(model, model_hash, beam_size=config.decode.beam_size)
        transcript = await engine.decode(job)
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
    rate = speed(sample.seconds / max(seconds, 0.001))
    where = f"on {description.device}, {description.compute_type}, {parts}. {description.reason.rstrip('.')}."
    return f"the sample's words are heard, {rate}, {where}" + (f" {notice}" if notice else "")


def likeness(expected: str, heard: str) -> float:
    """0..1: how alike two texts are, word by word, without case and signs."""
    first, second = (re.findall(r"\w+", text.casefold()) for text in (expected, heard))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
