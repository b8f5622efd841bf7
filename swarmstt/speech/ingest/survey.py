"""Looks into all files of a folder for what decides their order, in a child; and what the node makes of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from swarmstt.core.ordering.arrangement import Arrangement, arrange
from swarmstt.core.ordering.facts import FileFacts
from swarmstt.core.ordering.several_books import FoundBook, books_among
from swarmstt.core.ordering.twins import candidates
from swarmstt.errors import InputError
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.ingest.description import Describing
from swarmstt.speech.tags.beside import playlists
from swarmstt.speech.tags.file_tags import of_file
from swarmstt.speech.tags.names import album_of, disc_of, track_of


def survey(files: Sequence[Path], names: Sequence[tuple[str, ...]]) -> Arrangement:
    """Opens each file, and reads the sound of those that may be the same; `names`: their paths in the book."""
    facts = [_facts(path) for path in files]
    for place in candidates(facts):
        facts[place] = _facts(files[place], with_digest=True)
    return arrange(names, facts, playlists(files, names))


def books_in(files: Sequence[Path], names: Sequence[tuple[str, ...]], *, in_folder: bool) -> tuple[FoundBook, ...]:
    """The several books that these files are, by their tags and names; empty if they are one."""
    return books_among(names, [_facts(path) for path in files], in_folder=in_folder)


def _facts(path: Path, *, with_digest: bool = False) -> FileFacts | None:
    try:
        with AudioFile(path) as file:
            tags = of_file(file).tags
            if with_digest:
                file.read_encoded()
            return FileFacts(
                size=path.stat().st_size,
                disc=disc_of(tags),
                track=track_of(tags),
                album=album_of(tags),
                seconds=file.claimed_seconds,
                codec=file.codec()[0],
                bit_rate=file.codec()[1],
                digest=file.digest.value if with_digest else None,
            )
    except (InputError, OSError):
        return None


def digests(files: Sequence[Path]) -> list[str] | None:
    """What the sound of each file is known by; None if one of them cannot be read whole."""
    found = []
    for path in files:
        try:
            with AudioFile(path) as file:
                file.read_encoded()
                found.append(file.digest.value)
        except (InputError, OSError):  # noqa: PERF203
            return None
    return found


def claimed_seconds(files: Sequence[Path]) -> float | None:
    """How long these files are together by what they say; None if one of them does not say it."""
    total = 0.0
    for path in files:
        try:
            with AudioFile(path) as file:
                seconds = file.claimed_seconds
        except (InputError, OSError):
            continue  # it is damaged: there is no sound in it
        if not seconds:
            return None
        total += seconds
    return total or None


def describe(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the files of a book whose sound is known say of it now. `starts`: where each begins, in seconds."""
    files = [Path(os.fsdecode(name)) for name in request["describe"]]
    describing = Describing(files, request["name"], is_folder=request["is_folder"], titles=request["titles"])
    for index, (path, start) in enumerate(zip(files, request["starts"], strict=True)):
        with suppress(InputError, OSError), AudioFile(path) as file:
            describing.note(index, file, start)
    return describing.described(request["total_seconds"])
