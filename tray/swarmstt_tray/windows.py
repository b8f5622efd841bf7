"""The Windows twin of SIGTERM: Ctrl-C on the hidden console of a child, as Windows has no signal for it.

Written from the documents of the console functions, and untried:
https://learn.microsoft.com/windows/console/console-functions
"""

from __future__ import annotations

import ctypes
import sys

_CTRL_C_EVENT = 0


def interrupt(pid: int) -> bool:
    """Presses Ctrl-C on the console of that process; whether that could be done. Elsewhere than on Windows it can't."""
    if sys.platform != "win32":
        return False
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.FreeConsole()  # a process has one console at most; the tray needs none
    if not kernel.AttachConsole(pid):
        return False
    try:
        kernel.SetConsoleCtrlHandler(None, True)  # the tray itself stays
        return bool(kernel.GenerateConsoleCtrlEvent(_CTRL_C_EVENT, 0))
    finally:
        kernel.FreeConsole()
