"""Other programs that may send recordings, and what each of them sent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from swarmstt.ids import BookId
from swarmstt.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRecord:
    """A program as it is kept; times are ISO 8601, `token_sha256` is hex. The token itself is not kept. `origins`: the
    web pages that may ask with its token, as browsers name them."""

    program_id: str
    name: str
    token_sha256: str
    origins: tuple[str, ...]
    created_at: str
    last_used_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramJobRecord:
    """A recording that a program sent. `program_id` is "" for whoever asks from this PC. `asked_at`: when that program
    last asked for it; `finished_at`: None until it is done or has failed."""

    job_id: str
    program_id: str
    book_id: BookId
    filename: str
    created_at: str
    asked_at: str
    finished_at: str | None = None


class ProgramTable:
    """The tables of programs and of what they sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[ProgramRecord]:
        """Returns all programs, oldest first."""
        rows = await self._database.read("programs")
        return [ProgramRecord(**{**row, "origins": tuple(json.loads(row["origins"]))}) for row in rows]

    async def add(self, record: ProgramRecord) -> None:
        await self._database.write("add_program", {**asdict(record), "origins": json.dumps(record.origins)})

    async def used(self, program_id: str, at: str) -> None:
        await self._database.write("program_used", {"program_id": program_id, "at": at})

    async def remove(self, program_id: str) -> None:
        await self._database.write("remove_program", {"program_id": program_id})

    async def jobs(self) -> list[ProgramJobRecord]:
        """Returns all that was sent and is not forgotten, oldest first."""
        return [ProgramJobRecord(**row) for row in await self._database.read("program_jobs")]

    async def put_job(self, record: ProgramJobRecord) -> None:
        await self._database.write("put_program_job", asdict(record))

    async def remove_job(self, job_id: str) -> None:
        await self._database.write("remove_program_job", {"job_id": job_id})
