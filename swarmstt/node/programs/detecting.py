"""Tells programs which language a recording is in, at once, whatever else this PC decodes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from swarmstt.speech.decoding.languages import language_name
from swarmstt.speech.ingest.reader import LanguageClips, ReadEvent, ReadProgress, ReadRequest

NOBODY_SPEAKS = "en"
"""What is answered of a recording in which nobody speaks, as of such a book."""
LONGEST_SECONDS = 60.0
"""No more of a recording is read for this."""

MakeReader = Callable[[ReadRequest], AbstractAsyncContextManager[AsyncIterable[ReadEvent]]]


class Detects(Protocol):
    """Engines, as far as languages go."""

    async def detect_language(
        self, model_hash: str, clips: Sequence[Path], among: Sequence[str]
    ) -> tuple[str, float]: ...

    def hash_for_languages(self) -> str | None:
        """Returns the model that is loaded, if it knows more than English; None else."""


class Detecting:
    """`ready` gets the model ready that is used without a choice, and returns its hash."""

    def __init__(self, make_reader: MakeReader, engines: Detects, ready: Callable[[], Awaitable[str]]) -> None:
        self._make_reader = make_reader
        self._engines = engines
        self._ready = ready

    async def language(self, folder: Path, filename: str) -> tuple[str, str]:
        """Returns the code and the English name of the language spoken in the one file of that folder. InputError if
        there is no sound in it."""
        [path] = await asyncio.to_thread(lambda: list(folder.iterdir()))
        model_hash = self._engines.hash_for_languages() or await self._ready()
        clips = await self._clips(path, path.with_name(f"{path.name}.clips"), filename)
        code = (await self._engines.detect_language(model_hash, clips, ()))[0] if clips else NOBODY_SPEAKS
        return code, language_name(code)

    async def _clips(self, path: Path, spool: Path, filename: str) -> list[Path]:
        await asyncio.to_thread(spool.mkdir)
        request = ReadRequest(files=(path,), name=filename, is_folder=False, spool=spool)
        clips: list[Path] = []
        async with self._make_reader(request) as reader:
            async for event in reader:  # a short one to its end: then its reader is there for the next
                if isinstance(event, LanguageClips):
                    clips = [clip.path for clip in event.clips]
                elif isinstance(event, ReadProgress) and event.read_seconds > LONGEST_SECONDS:
                    break
        return clips
