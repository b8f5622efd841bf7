"""The programs that a person let in: each has a token of its own, until it is revoked."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

from swarmstt.core.programs.jobs import OWN_PROGRAM
from swarmstt.errors import ConflictError, NotFoundError, StorageError
from swarmstt.ids import token_digest
from swarmstt.node.programs.rows import RowsOf, Shared
from swarmstt.observers import Observers
from swarmstt.phrases import FOR_ONE_COMMAND
from swarmstt.storage.programs import ProgramRecord, ProgramTable
from swarmstt.tasks import TaskSet
from swarmstt.web.api.program_views import NewProgramView, ProgramsView, ProgramView

logger = logging.getLogger(__name__)

MOST_PROGRAMS = 100
USED_EVERY = timedelta(minutes=1)
"""Between two notes of when a token was used."""
_SECRET_BYTES = 32
PROGRAMS = "/programs/"
_THIS_PC = "http://127.0.0.1"


class Listening(Protocol):
    """Plain HTTP on this PC's addresses besides loopback; `PlainListening` has it."""

    @property
    def port(self) -> int: ...

    @property
    def is_open(self) -> bool: ...

    async def look_again(self) -> None:
        """Listens there if anybody may come, and not if nobody may."""

    async def base(self) -> str | None:
        """Returns where others in this network reach this PC; None if they do not."""


class Programs:
    """Implements ProgramsPort and ProgramAccess of the web room. `revoked` is called with a program's id when it may
    come no more, `changed` when there is one more or one less."""

    def __init__(
        self,
        table: ProgramTable,
        shared: Shared,
        now: Callable[[], datetime],
        tasks: TaskSet,
        *,
        revoked: Callable[[str], None],
        changed: Callable[[], None],
        announces: Callable[[], bool],
    ) -> None:
        self._table = table
        self._shared = shared
        self._now = now
        self._tasks = tasks
        self._listening: Listening | None = None
        self.opened: Observers[[]] = Observers()
        """They hear when programs may come, or may come no more."""
        self._revoked = revoked
        self._changed = changed
        self._announces = announces
        self._records: dict[str, ProgramRecord] = {}
        self._used_at: dict[str, datetime] = {}

    async def load(self) -> None:
        self._records = {record.program_id: record for record in await self._table.all()}

    @property
    def is_open(self) -> bool:
        """Whether any program may come from elsewhere."""
        return bool(self._records)

    @property
    def announced_port(self) -> int | None:
        """What this network is told of: the port at which programs are heard; None while none may come."""
        listening = self._listening
        return listening.port if listening is not None and listening.is_open and self.is_open else None

    @asynccontextmanager
    async def listen(self, listening: Listening) -> AsyncIterator[None]:
        """Has programs from elsewhere heard until the context is left."""
        self._listening = listening
        try:
            await self._look()
            yield
        finally:
            self._listening = None

    async def _look(self) -> None:
        if self._listening is not None:
            await self._listening.look_again()
        self.opened.notify()
        self._changed()

    def admit(self, token: str) -> RowsOf | None:
        """Each hash is compared whole, and all of them each time: how long it takes says nothing."""
        digest = token_digest(token)
        found = [each for each in self._records.values() if hmac.compare_digest(each.token_sha256, digest)]
        if not found:
            return None
        program_id = found[0].program_id
        return RowsOf(program_id, self._shared, origins=found[0].origins, used=lambda: self._note_use(program_id))

    def own(self) -> RowsOf:
        return RowsOf(OWN_PROGRAM, self._shared)

    def allows(self, origin: str) -> bool:
        return any(origin in each.origins for each in self._records.values())

    def name_of(self, program_id: str) -> str:
        """Returns what a person calls the program."""
        record = self._records.get(program_id)
        return record.name if record is not None and record.name else "a program"

    def sentence(self) -> str | None:
        """Returns what is done for programs now, as a sentence; None if nothing is."""
        unfinished = self._shared.jobs.unfinished()
        count = sum(unfinished.values())
        if not count:
            return None
        names = sorted({self.name_of(each) for each in unfinished})
        whom = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return (
            f"{count} recording{'s' if count > 1 else ''} for {whom} {'are' if count > 1 else 'is'} being transcribed."
        )

    def _note_use(self, program_id: str) -> None:
        now, before = self._now(), self._used_at.get(program_id)
        if before is None or now - before >= USED_EVERY:
            self._used_at[program_id] = now
            self._tasks.start(self._keep_use(program_id, now))

    async def _keep_use(self, program_id: str, at: datetime) -> None:
        try:
            await self._table.used(program_id, at.isoformat(timespec="seconds"))
        except StorageError as error:  # the program is as welcome, and its next use is kept
            logger.warning("%s", error.message)

    async def programs(self) -> ProgramsView:
        unfinished, listening = self._shared.jobs.unfinished(), self._listening
        return {
            "programs": [self._view(record, unfinished[record.program_id]) for record in self._records.values()],
            "url_base": None if listening is None else await listening.base(),
            "open": self.announced_port is not None,
            "announced": self._announces() and self.announced_port is not None,
        }

    def _view(self, record: ProgramRecord, unfinished: int) -> ProgramView:
        used = self._used_at.get(record.program_id)
        return {
            "program_id": record.program_id,
            "name": record.name,
            "origins": list(record.origins),
            "created_at": record.created_at,
            "last_used_at": used.isoformat(timespec="seconds") if used else record.last_used_at,
            "unfinished": unfinished,
        }

    async def add_program(self, name: str, origins: tuple[str, ...]) -> NewProgramView:
        listening = self._listening
        if listening is None:
            raise ConflictError(FOR_ONE_COMMAND)
        if len(self._records) >= MOST_PROGRAMS:
            raise ConflictError(f"There are {MOST_PROGRAMS} programs already; revoke some first.")
        token = secrets.token_urlsafe(_SECRET_BYTES)
        record = ProgramRecord(
            program_id=secrets.token_hex(4),
            name=name,
            token_sha256=token_digest(token),
            origins=origins,
            created_at=self._now().isoformat(timespec="seconds"),
        )
        await self._table.add(record)
        self._records[record.program_id] = record
        await self._look()
        base = await listening.base() or f"{_THIS_PC}:{listening.port}"
        return {
            "program_id": record.program_id,
            "name": name,
            "url": f"{base}{PROGRAMS}{token}/v1",
            "token": token,
            "origins": list(origins),
        }

    async def remove_program(self, program_id: str) -> None:
        if self._records.pop(program_id, None) is None:
            raise NotFoundError("There is no such program: it has been revoked.")
        self._used_at.pop(program_id, None)
        self._revoked(program_id)
        await self._shared.jobs.delete_all_of(program_id)
        await self._table.remove(program_id)  # last: while it is there, what is left can be found
        await self._look()

    async def remove_all_programs(self) -> None:
        for program_id in list(self._records):
            await self.remove_program(program_id)
