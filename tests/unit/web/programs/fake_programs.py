"""Programs and their recordings as the web room sees them."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.errors import NotFoundError, SwarmError, TooMuchAtOnceError
from swarmstt.tasks import happens
from swarmstt.web.api.program_views import JobView, NewProgramView, ProgramsView

TOKEN = "t" * 43
ORIGIN = "app://obsidian.md"
ANSWER = b'{"text":"Call me Ishmael."}'


@dataclass(slots=True)
class FakeAnswer:
    body: bytes = ANSWER
    content_type: str = "application/json"
    path: Path | None = None


@dataclass(slots=True)
class FakeJobs:
    """The recordings of all programs. Tests set `done` and `wrong`, and read what was sent."""

    folder: Path
    sent: list[tuple[str, str, bytes, ProgramRequest]] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    wrong: SwarmError | None = None
    segments: list[str] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    waiting: int = 0
    late: bool = False
    """It is done in the last moment of the first wait for that."""
    waits: int = 0
    free: int = 10**6
    free_later: int = 10**6
    """From the second look on."""
    looks: int = 0
    crowded: bool = False
    announced: list[int] = field(default_factory=list)
    in_file: bool = False
    answer: bytes = ANSWER
    """What is in that file."""
    deleted: bool = False
    """What is waited for, or told of, was deleted meanwhile."""
    owners: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)


def _check_there(jobs: FakeJobs) -> None:
    if jobs.deleted:
        raise NotFoundError("That recording was deleted; send it again.")


class FakeWaiter:
    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs

    @property
    def is_finished(self) -> bool:
        _check_there(self._jobs)
        return self._jobs.done.is_set()

    async def change(self, seconds: float) -> bool:
        self._jobs.waits += 1
        if self._jobs.late:
            await asyncio.sleep(seconds)
            self._jobs.done.set()
        return await happens(self._jobs.done, seconds)


class FakeRows:
    """Implements ProgramRows."""

    def __init__(self, program_id: str, jobs: FakeJobs, origins: tuple[str, ...] = ()) -> None:
        self.program_id = program_id
        self.origins = origins
        self._jobs = jobs

    def note_use(self) -> None:
        """Nobody asks for that."""

    def get_ready(self) -> None:
        """There is nothing to make ready."""

    async def make_disk_room(self, byte_count: int) -> None:
        if self._jobs.crowded:
            raise TooMuchAtOnceError

    async def models(self) -> list[str]:
        return ["base", "tiny"]

    def free_bytes(self) -> int:
        self._jobs.looks += 1
        return self._jobs.free if self._jobs.looks == 1 else self._jobs.free_later

    def upload_folder(self, byte_count: int = 0) -> Path:
        self._jobs.announced.append(byte_count)
        folder = self._jobs.folder / f"upload-{next(self._jobs.numbers)}"
        folder.mkdir()
        return folder

    def _content(self, folder: Path) -> bytes:
        [path] = folder.iterdir()
        content = path.read_bytes()
        shutil.rmtree(folder)
        return content

    async def submit(self, folder: Path, filename: str, request: ProgramRequest) -> str:
        content = await asyncio.to_thread(self._content, folder)
        self._jobs.sent.append((self.program_id, filename, content, request))
        job_id = f"job-{len(self._jobs.sent)}"
        self._jobs.owners[job_id] = self.program_id
        return job_id

    @contextmanager
    def waiting(self, job_id: str) -> Iterator[FakeWaiter]:
        self._find(job_id)
        self._jobs.waiting += 1
        try:
            yield FakeWaiter(self._jobs)
        finally:
            self._jobs.waiting -= 1

    def hung_up(self, job_id: str) -> None:
        self._jobs.hung_up.append(job_id)

    async def answer(self, job_id: str, request: ProgramRequest) -> FakeAnswer:
        self._find(job_id)
        if self._jobs.wrong is not None:
            raise self._jobs.wrong
        if request.answer_format == "vtt":
            return FakeAnswer(b"WEBVTT\n\n00:00.000 --> 00:01.000\nCall me\n", "text/vtt; charset=utf-8")
        if self._jobs.in_file:
            path = self._jobs.folder / "answer"
            await asyncio.to_thread(path.write_bytes, self._jobs.answer)
            return FakeAnswer(b"", path=path)
        return FakeAnswer()

    async def told(self, job_id: str, first_part: int, first_segment: int) -> tuple[list[dict[str, Any]], int]:
        self._find(job_id)
        _check_there(self._jobs)
        new = [
            {"type": "transcript.text.segment", "id": f"seg_{first_segment + at}", "text": text}
            for at, text in enumerate(self._jobs.segments[first_part:])
        ]
        return new, len(self._jobs.segments)

    async def text(self, job_id: str) -> str:
        self._find(job_id)
        if self._jobs.wrong is not None:
            raise self._jobs.wrong
        return " ".join(self._jobs.segments)

    def _find(self, job_id: str) -> None:
        if self._jobs.owners.get(job_id) != self.program_id:
            raise NotFoundError("There is no such job.")

    async def jobs(self) -> list[JobView]:
        return [await self.job(each) for each, owner in self._jobs.owners.items() if owner == self.program_id]

    async def job(self, job_id: str) -> JobView:
        self._find(job_id)
        return {
            "id": job_id,
            "object": "transcription.job",
            "status": "completed",
            "filename": "a.wav",
            "created_at": 1,
            "finished_at": 2,
            "task": "transcribe",
            "model": "base",
            "language": "en",
            "duration": 2.0,
            "percent": 100.0,
            "gaps": 0,
            "error": None,
        }

    async def delete(self, job_id: str) -> None:
        self._find(job_id)
        del self._jobs.owners[job_id]

    async def detect_language(self, folder: Path, filename: str) -> tuple[str, str]:
        del filename
        await asyncio.to_thread(self._content, folder)
        return "en", "english"


class FakePrograms:
    """Implements ProgramAccess and ProgramsPort; with one program at first, that of TOKEN."""

    def __init__(self, folder: Path) -> None:
        self.jobs = FakeJobs(folder)
        self.names: dict[str, tuple[str, tuple[str, ...]]] = {"1": ("Obsidian", (ORIGIN,))}

    def admit(self, token: str) -> FakeRows | None:
        return FakeRows("1", self.jobs, self.names["1"][1]) if token == TOKEN and "1" in self.names else None

    def own(self) -> FakeRows:
        return FakeRows("", self.jobs)

    def allows(self, origin: str) -> bool:
        return any(origin in origins for _, origins in self.names.values())

    async def programs(self) -> ProgramsView:
        return {
            "programs": [
                {
                    "program_id": key,
                    "name": name,
                    "origins": list(origins),
                    "created_at": "2024-01-15T10:00:00+00:00",
                    "last_used_at": None,
                    "unfinished": 0,
                }
                for key, (name, origins) in self.names.items()
            ],
            "url_base": "http://192.168.1.5:8000",
            "open": True,
            "announced": True,
        }

    async def add_program(self, name: str, origins: tuple[str, ...]) -> NewProgramView:
        self.names["2"] = (name, origins)
        return {
            "program_id": "2",
            "name": name,
            "url": f"http://192.168.1.5:8000/programs/{TOKEN}/v1",
            "token": TOKEN,
            "origins": list(origins),
        }

    async def remove_program(self, program_id: str) -> None:
        if self.names.pop(program_id, None) is None:
            raise NotFoundError("There is no such program.")

    async def remove_all_programs(self) -> None:
        self.names.clear()
