"""The child that takes a first look at books. It answers each request with {"error": sentence or None}."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.ebooks.names import names_in
from swarmstt.errors import InputError, TooLargeError
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.audio.damage import CHANCE_SECONDS, is_noise, no_sound_error
from swarmstt.speech.ebooks.ebook import read_ebook
from swarmstt.speech.ingest.survey import books_in, claimed_seconds, describe, digests, survey
from swarmstt.speech.ingest.zips import unpack
from swarmstt.speech.process import memory_limit
from swarmstt.speech.process.channel import Channel
from swarmstt.speech.tags.pictures import cover_of


def run(channel: Channel) -> None:
    """Answers what comes, until the node closes the channel."""
    memory_limit.limit_this_process()
    while (request := channel.receive()) is not None:
        if "files" not in request:
            channel.send(_looked_into(request))
            continue
        files = [Path(os.fsdecode(name)) for name in request["files"]]
        try:
            error = first_error(files, None if request["is_folder"] else request["name"])
        except MemoryError:
            error = f"{request['name']} could not be read: it wants too much memory, so it must be damaged."
        channel.send({"error": error})


def _looked_into(request: dict[str, Any]) -> dict[str, Any]:
    """Answers what is asked of the files of a book besides whether there is sound in them."""
    if "survey" in request:
        return {"arrangement": _survey(request)}
    if "books" in request:
        return {"books": _books(request)}
    if "digests" in request:
        return {"digests": digests([Path(os.fsdecode(name)) for name in request["digests"]])}
    if "seconds" in request:
        return {"seconds": claimed_seconds([Path(os.fsdecode(name)) for name in request["seconds"]])}
    if "unpack" in request:
        return {"error": _unpacked(request)}
    if "cover" in request:
        return {"cover": cover_of([Path(os.fsdecode(name)) for name in request["cover"]])}
    if "ebook" in request:
        return _ebook(Path(os.fsdecode(request["ebook"])), request["name"])
    return {"described": describe(request)}


def _ebook(path: Path, name: str) -> dict[str, Any]:
    """What is wrong with an ebook, and what names are in it."""
    try:
        ebook = read_ebook(path, name=name)
    except InputError as error:
        return {"error": error.message, "names": []}
    return {"error": None, "names": list(names_in(ebook.texts))}


def _unpacked(request: dict[str, Any]) -> dict[str, str] | None:
    """Unpacks a zip; what is wrong with it, and whether that is for want of room."""
    try:
        unpack(Path(os.fsdecode(request["unpack"])), Path(os.fsdecode(request["folder"])), request["room_bytes"])
    except TooLargeError as error:
        return {"kind": "room", "message": error.message}
    except InputError as error:
        return {"kind": "input", "message": error.message}
    return None


def _survey(request: dict[str, Any]) -> dict[str, Any]:
    names = [tuple(os.fsdecode(part) for part in path) for path in request["paths"]]
    found = survey([Path(os.fsdecode(name)) for name in request["survey"]], names)
    left_out = [{"path": _bytes(each.path), "twin": _bytes(each.twin), "kind": each.kind} for each in found.left_out]
    return {"places": list(found.places), "by": found.by, "left_out": left_out}


def _books(request: dict[str, Any]) -> list[dict[str, Any]]:
    names = [tuple(os.fsdecode(part) for part in path) for path in request["paths"]]
    found = books_in([Path(os.fsdecode(name)) for name in request["books"]], names, in_folder=request["in_folder"])
    return [{"title": os.fsencode(each.title), "places": list(each.places)} for each in found]


def _bytes(path: tuple[str, ...]) -> list[bytes]:
    return [os.fsencode(part) for part in path]


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
        for _ in file.blocks(to_end=False):
            if file.sample_count >= CHANCE_SECONDS * SAMPLE_RATE:
                return
        if is_noise(file.sample_count / SAMPLE_RATE, file.damages):
            raise no_sound_error(path, file.name)
