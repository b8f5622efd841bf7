"""`doctor`: tries each part that a book needs, and says how to mend what fails."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

from swarmstt.cli.client import find_url
from swarmstt.config import Config
from swarmstt.errors import LocalError, PortTakenError, StorageError, SwarmError
from swarmstt.node.engines import Engines
from swarmstt.node.folders import Folders, config_file, default_transcripts_dir
from swarmstt.node.node import DEFAULT_MODEL
from swarmstt.speech.models import ModelStore
from swarmstt.speech.reader import BookReader, ChunkReady, ReadRequest

SAMPLE = files("swarmstt").joinpath("sample").joinpath("spoken.mp3")
"""A few spoken sentences that ship with the package."""

LEAST_FREE_BYTES = 2**30


async def examine(config: Config, folders: Folders) -> int:
    """Runs all checks; exit status 1 if one failed."""
    checks: list[tuple[str, Callable[[Config, Folders], Awaitable[str]]]] = [
        ("Folders", _check_folders),
        ("Clock", _check_clock),
        ("Port", _check_port),
        ("Audio", _check_audio),
        ("Model", _check_model),
        ("Decoding", _check_decoding),
    ]
    well = True
    for name, check in checks:
        try:
            result, mark = await check(config, folders), "ok  "
        except SwarmError as error:
            result, mark, well = error.message, "FAIL", False
        print(f"{mark}  {name:<9} {result}", flush=True)
    return 0 if well else 1


async def _check_folders(config: Config, folders: Folders) -> str:
    def check() -> str:
        try:
            folders.data_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folders.data_dir):
                pass
            free = folders.free_bytes()
        except OSError as error:
            raise StorageError(
                f"{folders.data_dir} cannot be written: {error.strerror}; choose another --data_dir."
            ) from error
        if free < LEAST_FREE_BYTES:
            raise StorageError(
                f"{folders.data_dir} has only {free // 2**20} MB free; free some, or move it by --data_dir."
            )
        output = config.output_dir or default_transcripts_dir()
        return f"data {folders.data_dir} ({free // 2**30} GB free), transcripts {output}, options {config_file()}"

    return await asyncio.to_thread(check)


async def _check_clock(config: Config, folders: Folders) -> str:
    del config, folders
    now = time.localtime()
    if now.tm_year < 2026:
        raise LocalError(f"This PC believes that it is the year {now.tm_year}: set its clock.")
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", now)


async def _check_port(config: Config, folders: Folders) -> str:
    url = await find_url(folders)
    if url is not None:
        return f"a node runs on this PC: {url}"
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", config.port))
        except OSError:
            raise PortTakenError(
                f"Port {config.port} is taken by another program; choose another with --port."
            ) from None
    return f"{config.port} is free for the page"


async def _check_audio(config: Config, folders: Folders) -> str:
    del config, folders
    began_at = time.monotonic()
    with as_file(SAMPLE) as sample, tempfile.TemporaryDirectory() as spool:
        request = ReadRequest(
            files=(sample,), name=sample.name, is_folder=False, spool=Path(spool), language_clips=False
        )
        samples = 0
        async with BookReader(request) as reader:
            async for event in reader:
                if isinstance(event, ChunkReady):
                    samples += event.chunk.sample_count
    return f"MP3 can be read ({samples / 16_000:.0f} s of it in {time.monotonic() - began_at:.1f} s)"


async def _check_model(config: Config, folders: Folders) -> str:
    model = await ModelStore(folders.data_dir).obtain_async(config.model or DEFAULT_MODEL)
    return f"{model.name}, {model.size_bytes // 2**20} MB, in {model.folder}"


async def _check_decoding(config: Config, folders: Folders) -> str:
    async with Engines(config, ModelStore(folders.data_dir), "doctor") as engines:
        model_hash = await engines.obtain(config.model or DEFAULT_MODEL)
        await engines.warm_up(model_hash)
        description = engines.engine.describe() if engines.engine else None
    assert description is not None
    slots = f"{description.slots} slot" + ("s" if description.slots > 1 else "")
    return f"on {description.device}, {description.compute_type}, {slots}. {description.reason}"
