"""What follows when an engine child has ended: which jobs the next one gets, and what less it is asked for."""

from __future__ import annotations

import asyncio
import logging

from swarmstt.errors import EngineDiedError, NotLoadedError, OutOfMemoryError
from swarmstt.speech.engine.capacity import EngineCapacity
from swarmstt.speech.engine.jobs import Job, Jobs
from swarmstt.speech.engine.session import Ending, EngineSession, EngineTiming

logger = logging.getLogger(__name__)

_WHAT_HELPS = "try it again, or use a smaller model."
_OUT_OF_MEMORY = (
    "There is not enough memory to transcribe, even one window at a time: close programs or choose a smaller model."
)

_LATER = "This PC tries it again by itself."


class Recovery:
    """Sorts the jobs that a child owed by how it ended. A job that saw two children die is not tried again."""

    def __init__(self, jobs: Jobs, capacity: EngineCapacity, timing: EngineTiming) -> None:
        self._jobs = jobs
        self._capacity = capacity
        self._timing = timing
        self._load_deaths = 0

    def child_ready(self) -> None:
        """Count deaths from zero again: a child has loaded the model."""
        self._load_deaths = 0

    async def child_ended(self, session: EngineSession, ending: Ending) -> None:
        """Decide what becomes of the jobs that the child owed, and wait if the next one should not start yet."""
        owed = self._jobs.child_ended()
        if ending.kind == "worn_out":
            logger.info("The transcribing process has worked for a long time; a new one takes its place.")
        if ending.kind in ("stopped", "worn_out"):
            self._jobs.wait_first(owed)
        elif not session.is_ready:
            await self._load_ended(session, ending)
        elif ending.kind == "out_of_memory" or (ending.kind == "died" and self._capacity.may_lack_memory):
            self._memory_ran_short(owed)
        else:
            self._child_died(owed, ending)

    def _child_died(self, owed: list[Job], ending: Ending) -> None:
        logger.warning("The transcribing process ended (%s); %d parts are transcribed again", ending.reason, len(owed))
        for job in owed:
            job.deaths += 1
        self._jobs.wait_first([job for job in owed if job.deaths < 2])
        for job in owed:
            if job.deaths >= 2:
                message = f"This part ended the transcribing process twice ({ending.reason}); {_WHAT_HELPS}"
                job.fail(EngineDiedError(message))

    def _memory_ran_short(self, owed: list[Job]) -> None:
        if not owed:
            return
        if self._capacity.take_less():
            self._jobs.wait_first(owed)
            return
        for job in owed:
            job.fail(OutOfMemoryError(_OUT_OF_MEMORY))

    async def _load_ended(self, session: EngineSession, ending: Ending) -> None:
        """Try again after a child ended before it was ready. If it said why, all who waited know; who asked since then
        gets the next child."""
        if session.has_said_why or not self._jobs.is_child_wanted:
            return
        logger.warning("The transcribing process ended while it loaded the model (%s)", ending.reason)
        if session.tried_gpu and ending.kind != "killed" and self._capacity.leave_gpu(ending.reason):
            return
        if ending.kind == "out_of_memory":
            if not self._capacity.take_least():
                self._jobs.fail_all(NotLoadedError(f"{_OUT_OF_MEMORY} {_LATER}"))
        elif self._load_deaths < len(self._timing.restart_pauses_seconds):
            self._load_deaths += 1
            await asyncio.sleep(self._timing.restart_pauses_seconds[self._load_deaths - 1])
        else:
            self._load_deaths = 0
            self._jobs.fail_all(
                NotLoadedError(f"The model is not loaded: the transcribing process ended ({ending.reason}). {_LATER}")
            )
