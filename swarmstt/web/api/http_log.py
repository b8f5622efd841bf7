"""What HTTP itself has to say in the log: malformed requests are a line for those who look closely, not an alarm."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from aiohttp.http_exceptions import HttpProcessingError

from swarmstt.display_text import one_line

if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _HttpLog(_Adapter):
    """Logs what the HTTP library says. Of what others get wrong in HTTP it says one line, and only to --verbose:
    anybody who reaches a port could fill the log with tracebacks."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            note_malformed(exc_info)
        else:
            super().exception(msg, *args, exc_info=exc_info, **more)

    def debug(self, msg: object, *args: object, exc_info: Any = None, **more: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            note_malformed(exc_info)
        else:
            super().debug(msg, *args, exc_info=exc_info, **more)


def note_malformed(error: Exception) -> None:
    """Logs in one line that something came which is not HTTP."""
    _logger.debug("A request that is not HTTP was refused: %s", one_line(str(error)))


_logger = logging.getLogger(__name__)
HTTP_LOG = _HttpLog(_logger, {})
