"""How many windows GPUs read together with one model: found by engine children, kept in a file for the next start."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.core.models.batch_sizes import BatchSize
from swarmstt.files import write_whole
from swarmstt.speech.engine.frames import FoundBatchSize

logger = logging.getLogger(__name__)


class GpuBatchSizes:
    """What is known by GPU and way to compute. `file` None: it is forgotten at the end. Other programs may take
    memory for a while: the smaller size that follows is forgotten at the end too, unless a trial led to it."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._where: str | None = None
        self._sizes: dict[str, BatchSize] | None = None
        self._kept: dict[str, BatchSize] = {}
        self._lasting: dict[str, BatchSize] = {}
        """What the file is to say."""
        self._short: set[str] = set()
        """Where memory ran out, and no trial led to that."""

    @property
    def current(self) -> BatchSize | None:
        """That of the GPU that was used last; None if none was."""
        return None if self._where is None else (self._sizes or {}).get(self._where)

    async def known(self) -> dict[str, BatchSize]:
        if self._sizes is None:
            self._sizes = {} if self._file is None else await asyncio.to_thread(_read, self._file)
            self._lasting = self._kept = self._sizes
        return self._sizes

    def found(self, found: FoundBatchSize) -> None:
        self._where = found.where
        self._sizes = {**(self._sizes or {}), found.where: found.size}
        if found.where not in self._short:
            self._lasting = {**self._lasting, found.where: found.size}

    def ran_out(self) -> BatchSize | None:
        """Return the next size after memory ran out with the current one; None if that was the least."""
        size = self.current
        if size is None or self._where is None or size.windows == 1:
            return None
        if not size.is_trial:
            self._short.add(self._where)
        smaller = size.ran_out()
        self.found(FoundBatchSize(where=self._where, size=smaller))
        return smaller

    async def keep(self) -> None:
        """Write what has changed. If that fails, it is found again at the next start."""
        if self._file is not None and self._lasting != self._kept:
            self._kept = self._lasting
            await asyncio.to_thread(_write, self._file, self._lasting)


def _read(file: Path) -> dict[str, BatchSize]:
    try:
        return from_plain(dict[str, BatchSize], json.loads(file.read_bytes()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, PlainError) as error:
        logger.warning("%s cannot be read, so batch sizes are found again: %s", file, error)
        return {}


def _write(file: Path, sizes: dict[str, BatchSize]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(to_plain(sizes), indent=1).encode(), lasting=False)
    except OSError as error:
        logger.warning("%s cannot be written: %s", file, error)
