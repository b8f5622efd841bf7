"""Log lines: one for each event that matters, for people or as JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone

from swarmstt.config import Config


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
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(config: Config) -> None:
    """Log lines go to standard error: of `up` those that matter, with --verbose all, of other commands warnings."""
    handler = logging.StreamHandler(sys.stderr)
    if config.log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # It warns, with tracebacks, of each interface that comes or goes.
    logging.getLogger("zeroconf").setLevel(logging.WARNING if config.verbose else logging.CRITICAL)
    logging.getLogger("swarmstt").setLevel(logging.DEBUG if config.verbose else logging.INFO)
