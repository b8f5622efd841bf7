"""Log lines: one for each event that matters, for people or as JSON."""

from __future__ import annotations

import copy
import json
import logging
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import Any

from swarmstt.config import Config
from swarmstt.display_text import escaped


class LineFormatter(logging.Formatter):
    """One line an event, whoever wrote what is in it; a traceback's lines below."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        record.message = escaped(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "\n".join(map(escaped, super().formatException(ei).split("\n")))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, logger."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return escaped(json.dumps(entry, ensure_ascii=False))


FILE_BYTES = 10**6
OLDER_FILES = 3
IN_FILE_ONLY = {"in_file_only": True}
"""`extra` of a record that the person at the terminal gets in other words."""


def set_up_logging(config: Config) -> None:
    """Sends log lines to standard error: of `up` those that matter, with --verbose all, of other commands warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(config, "%H:%M:%S"))
    handler.addFilter(lambda record: config.verbose or not getattr(record, "in_file_only", False))
    handler.addFilter(lambda record: config.verbose or not _is_of_a_killed_child(record))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # It warns, with tracebacks, of each interface that comes or goes.
    logging.getLogger("zeroconf").setLevel(logging.WARNING if config.verbose else logging.CRITICAL)
    logging.getLogger("swarmstt").setLevel(logging.DEBUG if config.verbose else logging.INFO)


def _is_of_a_killed_child(record: logging.LogRecord) -> bool:
    """True for asyncio's surprise at a child that ended just as it was killed: looking whether it has ended, `kill`
    takes that news from asyncio. It harms nothing."""
    return record.name == "asyncio" and record.getMessage().startswith("Unknown child process pid")


class _InThread(QueueHandler):
    """Has a thread write: whoever logs waits for no disk, and the event loop is one that logs."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Puts the message together now, while what it says is so. The handler in the thread forms the line."""
        record = copy.copy(record)
        record.msg, record.args = record.getMessage(), None
        return record


@contextmanager
def log_to_file(config: Config, file: Path, *, file_bytes: int = FILE_BYTES) -> Iterator[None]:
    """Writes the log to that file too, and to older ones beside it: each of `file_bytes` at most. If it cannot be
    written, that is logged and changes nothing else. A thread writes; all is there once the context is left."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            file, maxBytes=file_bytes, backupCount=OLDER_FILES, encoding="utf-8", errors="backslashreplace"
        )
    except OSError as error:
        logging.getLogger(__name__).warning("The log cannot be kept in %s: %s.", file, error.strerror or error)
        yield
        return
    handler.setFormatter(_formatter(config, "%Y-%m-%d %H:%M:%S"))
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    root, in_thread, writing = logging.getLogger(), _InThread(waiting), QueueListener(waiting, handler)
    writing.start()
    root.addHandler(in_thread)
    try:
        yield
    finally:
        root.removeHandler(in_thread)
        writing.stop()  # once all is written
        handler.close()


def _formatter(config: Config, time_format: str) -> logging.Formatter:
    if config.log_format == "json":
        return JsonFormatter()
    return LineFormatter("%(asctime)s %(message)s", time_format)
