"""What the rows for other programs need of the node; the node implements it, tests have a fake."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from swarmstt.core.programs.requests import ProgramRequest
from swarmstt.web.api.program_views import JobView


class AnswerOf(Protocol):
    """The whole answer to a request: `body`, or what is in the file `path`, which whoever gets this deletes."""

    @property
    def body(self) -> bytes: ...

    @property
    def path(self) -> Path | None: ...

    @property
    def content_type(self) -> str: ...


class JobWaiter(Protocol):
    """Waits for a recording, as long as its context lasts."""

    @property
    def is_finished(self) -> bool:
        """Whether it is done or has failed. NotFoundError if it was deleted."""

    async def change(self, seconds: float) -> bool:
        """Returns when something of it is different, or after so long; whether it is."""


class ProgramRows(Protocol):
    """What one program may do, and sees: its own recordings."""

    @property
    def program_id(self) -> str:
        """ "" for whoever asks from this PC."""

    @property
    def origins(self) -> tuple[str, ...]:
        """The web pages that may ask for this program."""

    def note_use(self) -> None:
        """Notes that the program asked."""

    def get_ready(self) -> None:
        """Begins to make ready what the recording will need that is on its way."""

    async def make_disk_room(self, byte_count: int) -> None:
        """Forgets what was done first if this program's recordings take much disk. TooMuchAtOnceError if there is no
        room for so many bytes more until others of it are done."""

    async def models(self) -> list[str]:
        """Returns the models of this PC, the one that is used without a choice first."""

    def free_bytes(self) -> int:
        """How much more this program may send now. Called in a thread."""

    def upload_folder(self, byte_count: int = 0) -> Path:
        """As for uploads of the page, with room for what was announced; TooMuchAtOnceError if there is none any more.
        Called in a thread."""

    async def submit(self, folder: Path, filename: str, request: ProgramRequest) -> str:
        """Takes the one file in that folder, which is the node's from now on, also if this raises; returns the job's
        id. TooMuchAtOnceError if this program has too many that are not done."""

    def waiting(self, job_id: str) -> AbstractContextManager[JobWaiter]:
        """Counts whoever is in the context as waiting for that job."""

    def hung_up(self, job_id: str) -> None:
        """Notes that the program went away before it had its answer."""

    async def answer(self, job_id: str, request: ProgramRequest) -> AnswerOf:
        """Returns the answer of a job that is finished. InputError if it cannot be transcribed, ConflictError if it is
        not finished, EngineError if a part of it could not be decoded."""

    async def told(self, job_id: str, first_part: int, first_segment: int) -> tuple[list[dict[str, Any]], int]:
        """Returns the segments of the parts from `first_part` on that are done without a gap before them, as events,
        numbered from `first_segment`; and the part after them."""

    async def text(self, job_id: str) -> str:
        """Returns the whole text of a job that is finished."""

    async def jobs(self) -> list[JobView]: ...

    async def job(self, job_id: str) -> JobView: ...

    async def delete(self, job_id: str) -> None: ...

    async def detect_language(self, folder: Path, filename: str) -> tuple[str, str]:
        """Returns the code and the English name of the language that is spoken in the one file in that folder, which is
        the node's from now on."""


class ProgramAccess(Protocol):
    """Who may ask."""

    def admit(self, token: str) -> ProgramRows | None:
        """Returns the rows for whoever has this token; None if it is no program's."""

    def own(self) -> ProgramRows:
        """Returns the rows for programs of this PC and its user."""

    def allows(self, origin: str) -> bool:
        """Returns whether a person named this web page for any program."""
