"""The node's side of reading a book: starts the child that decodes it, and yields what it tells as typed events."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import psutil

from swarmstt.codec import from_plain
from swarmstt.core.books import Chapter, FileSound, Grain
from swarmstt.core.speech.chunk_plan import PlannedChunk
from swarmstt.errors import EngineDiedError, InputError, SwarmError, TooLargeError
from swarmstt.speech.process.child import ChildProcess

_log = logging.getLogger(__name__)

ROLE = "reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """What to read, and where its chunks go.

    `name` is what a person knows the book by. `have` are the chunks whose audio is not needed again: after a restart
    they are planned as before and told, but not written. `titles`: what its files are called, unless their tags say.
    `language_clips` asks for clips to decide the language on.
    """

    files: tuple[Path, ...]
    name: str
    is_folder: bool
    spool: Path
    titles: tuple[str, ...] = ()
    chunk_seconds: int = 300
    grain: Grain | None = "soon_fine"
    have: frozenset[int] = frozenset()
    language_clips: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """When a child has gone wrong: silent for so long, or holding so much memory."""

    silence_seconds: float = 180.0
    memory_bytes: int = 1536 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDescribed:
    """First of all: what the tags say, the chapters known so far, and the length that they promise (may be wrong)."""

    title: str
    author: str | None
    chapters: tuple[Chapter, ...]
    total_seconds: float | None
    narrator: str | None = None
    series: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageClip:
    """A FLAC file (16 kHz mono) with up to 30 s of sound."""

    path: Path
    sample_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageClips:
    """Right after the first chunk, if asked for; without any clip where the book seems to hold no sound."""

    clips: tuple[LanguageClip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkReady:
    """A chunk is planned, and its FLAC file is whole on disk (unless it was among those the node has)."""

    chunk: PlannedChunk
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProgress:
    read_seconds: float
    total_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound:
    """Audio is missing at this second of the book: how much of it, if that is known, and why. So many seconds of
    silence stand for it in the book."""

    at_seconds: float
    missing_seconds: float | None
    reason: str
    silent_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A sentence about a file of the book that a person should know, though nothing is missing."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEnded:
    """All is read: how long the book is in truth (samples at 16 kHz), its chapters, and the sound of each file.
    `content_hash`: of a damaged book whose fingerprint leaves some bytes out."""

    sample_count: int
    chapters: tuple[Chapter, ...]
    sound: tuple[FileSound, ...] = ()
    content_hash: str | None = None


ReadEvent = BookDescribed | LanguageClips | ChunkReady | ReadProgress | GapFound | Noted | BookEnded


class KeepsChildren(Protocol):
    """Keeps a child that has read one book for the next."""

    async def take(self) -> ChildProcess: ...

    async def give_back(self, child: ChildProcess) -> None: ...


class BookReader:
    """Reads one book: `async with BookReader(request) as reader: async for event in reader: ...`.

    The last event is BookEnded. Raises InputError (the book's fault), TooLargeError (the disk is full) or
    EngineDiedError (the child was ended from outside: reading again gives the same plan). Leaving ends the child.
    While no event is asked for, the child stops after a few chunks more. `children`: where the child is from, and goes
    back to once it has read the book whole; without, it is started and ended.
    """

    def __init__(
        self, request: ReadRequest, limits: ReadLimits | None = None, *, children: KeepsChildren | None = None
    ) -> None:
        self._request = request
        self._limits = limits or ReadLimits()
        self._children = children
        self._child: ChildProcess | None = None
        self._has_ended = False

    async def __aenter__(self) -> BookReader:
        self._child = await (ChildProcess.start(ROLE) if self._children is None else self._children.take())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._child is not None
        if self._has_ended and self._children is not None:
            await self._children.give_back(self._child)
        else:
            await self._child.kill()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    async def __aiter__(self) -> AsyncIterator[ReadEvent]:
        assert self._child is not None
        await self._child.send(_packed(self._request))
        while True:
            frame = await self._receive(self._child)
            if frame is None:
                raise self._died(self._child)
            if frame["type"] == "error":
                raise self._failed(frame["kind"], frame["message"])
            event = self._event(frame)
            self._has_ended = isinstance(event, BookEnded)
            yield event
            if self._has_ended:
                return
            if isinstance(event, ChunkReady):
                await self._child.send({"type": "go_on"})

    async def _receive(self, child: ChildProcess) -> dict[str, Any] | None:
        """The next frame; InputError if the child is silent for too long or holds too much memory."""
        receiving = asyncio.ensure_future(child.receive())
        waited = 0.0
        try:
            while not (await asyncio.wait({receiving}, timeout=1.0))[0]:
                waited += 1.0
                if waited >= self._limits.silence_seconds:
                    raise InputError(f"{self._request.name} could not be read: it took too long; it may be damaged.")
                if _memory_bytes(child.pid) > self._limits.memory_bytes:
                    raise self._failed("memory", "")
        finally:
            if not receiving.done():
                receiving.cancel()
        return receiving.result()

    def _event(self, frame: dict[str, Any]) -> ReadEvent:
        """A frame as its event."""
        kind = frame.pop("type")
        if kind == "chunk":
            path = self._request.spool / frame.pop("file_name")
            return ChunkReady(chunk=PlannedChunk(**frame), path=path)
        if kind == "language_clips":
            spool = self._request.spool
            return LanguageClips(
                clips=tuple(LanguageClip(path=spool / name, sample_count=count) for name, count in frame["clips"])
            )
        if "chapters" in frame:
            frame["chapters"] = from_plain(tuple[Chapter, ...], frame["chapters"])
        if "sound" in frame:
            frame["sound"] = from_plain(tuple[FileSound, ...], frame["sound"])
        event: ReadEvent = _EVENTS[kind](**frame)
        return event

    def _failed(self, kind: str, message: str) -> SwarmError:
        name = self._request.name
        if kind == "input":
            return InputError(message)
        if kind == "memory":
            return InputError(f"{name} could not be read: it wants too much memory, so it must be damaged.")
        if kind == "full":
            return TooLargeError(f"{name} does not fit: the disk of {self._request.spool} is full; free some space.")
        return TooLargeError(f"{name} could not be stored in {self._request.spool}: {message}.")

    def _died(self, child: ChildProcess) -> SwarmError:
        name, code = self._request.name, child.exit_code
        _log.warning("The process that read %s ended with %s: %s", name, code, child.stderr_tail or "(no output)")
        if code in _CRASHES:
            return InputError(f"{name} could not be read: it crashes the decoder, so it must be damaged.")
        return EngineDiedError(f"Reading {name} was cut short (the reading process ended with {code}); try again.")


_EVENTS: dict[str, Any] = {
    "described": BookDescribed,
    "progress": ReadProgress,
    "gap": GapFound,
    "note": Noted,
    "ended": BookEnded,
}

_CRASHES = frozenset({-4, -6, -7, -8, -10, -11, 0xC0000005, 0xC0000409, 0xC00000FD})
"""SIGILL, SIGABRT, SIGBUS (Linux, macOS), SIGFPE, SIGSEGV; Windows: access violation, overrun, stack overflow."""


def _packed(request: ReadRequest) -> dict[str, Any]:
    """Paths travel as bytes: a name need not be Unicode."""
    return {
        "files": [os.fsencode(path) for path in request.files],
        "name": request.name,
        "is_folder": request.is_folder,
        "titles": list(request.titles),
        "spool": os.fsencode(request.spool),
        "chunk_seconds": request.chunk_seconds,
        "grain": request.grain,
        "have": sorted(request.have),
        "language_clips": request.language_clips,
    }


def _memory_bytes(pid: int) -> int:
    """Returns what a child holds, with what it started: in a venv on Windows the child is a launcher of Python."""
    try:
        child = psutil.Process(pid)
        return sum(_resident_bytes(each) for each in (child, *child.children(recursive=True)))
    except psutil.Error:
        return 0


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has ended meanwhile
        return 0
