"""The child that takes a first look at books. It answers each request with {"error": sentence or None}."""

from __future__ import annotations

import os
from pathlib import Path

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.errors import InputError
from swarmstt.speech import memory_limit
from swarmstt.speech.audio import AudioFile
from swarmstt.speech.child_main import Channel
from swarmstt.speech.damage import CHANCE_SECONDS, is_noise, no_sound_error


def run(channel: Channel) -> None:
    """Answers what comes, until the node closes the channel."""
    memory_limit.limit_this_process()
    while (request := channel.receive()) is not None:
        files = [Path(os.fsdecode(name)) for name in request["files"]]
        try:
            error = first_error(files, None if request["is_folder"] else request["name"])
        except MemoryError:
            error = f"{request['name']} could not be read: it wants too much memory, so it must be damaged."
        channel.send({"error": error})


def first_error(files: list[Path], name: str | None) -> str | None:
    """What is wrong with the first file, if no file at all gives sound; `name` is what to call a single one."""
    first: str | None = None
    for path in files:
        try:
            look(path, name)
        except InputError as error:  # noqa: PERF203
            first = first or error.message
        else:
            return None
    return first


def look(path: Path, name: str | None) -> None:
    """Decodes the first seconds of a file; InputError where there is no sound in it, or only what chance makes."""
    with AudioFile(path, name=name) as file:
        for _ in file.blocks():
            if file.sample_count >= CHANCE_SECONDS * SAMPLE_RATE:
                return
        if is_noise(file.sample_count / SAMPLE_RATE, file.damages):
            raise no_sound_error(file.name)
