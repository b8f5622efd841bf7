"""pystray's icon on Windows, mended where pystray 0.19.5 does not work. Imported only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pystray
from pystray._util import win32

_WM_NULL = 0x0000
_WM_QUERYENDSESSION = 0x0011
_WM_ENDSESSION = 0x0016


class WindowsIcon(pystray.Icon):  # type: ignore[misc]
    """Lets its person log off, which pystray refuses by answering nothing; and hears Ctrl-C."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.on_session_end: Callable[[], None] = self.stop
        """Called when the person logs off. The process may be ended once it returns."""
        self._message_handlers.update({_WM_QUERYENDSESSION: self._may_end, _WM_ENDSESSION: self._ends})

    def wake(self) -> None:
        """Has the loop turn once: only then does Python call what handles a signal such as Ctrl-C."""
        win32.PostMessage(self._hwnd, _WM_NULL, 0, 0)

    def _may_end(self, _wparam: Any, _lparam: Any) -> int:
        return 1

    def _ends(self, is_ending: Any, _lparam: Any) -> int:
        if is_ending:
            self.on_session_end()
        return 0
