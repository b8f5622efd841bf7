"""Runs on Windows: opens the menu of swarmstt's icon as a right click does, and chooses its last item by the keyboard.
Prints what it did; the exit status is 1 if there is no icon or no menu."""

from __future__ import annotations

import ctypes
import sys
import time
from ctypes import wintypes
from typing import Any

ICON_MESSAGE, RIGHT_BUTTON_UP, KEY_DOWN = 0x0400 + 11, 0x0205, 0x0100
"""What pystray has the icon send its window (WM_USER + 11), and what is in it."""
UP, ENTER = 0x26, 0x0D
MENU_CLASS = "#32768"
PATIENCE_SECONDS = 60.0


def main() -> int:
    user32: Any = vars(ctypes)["windll"].user32
    icons = _first(lambda: _windows(user32, lambda name: name.endswith("SystemTrayIcon")))
    for each in icons:  # pystray has a second one, for its menu
        user32.PostMessageW(each, ICON_MESSAGE, 0, RIGHT_BUTTON_UP)
    if not icons or not _first(lambda: _windows(user32, lambda name: name == MENU_CLASS)):
        print("no menu" if icons else "no icon")
        return 1
    for key in (UP, ENTER):
        user32.PostMessageW(icons[0], KEY_DOWN, key, 0)
    print("pressed")
    return 0


def _first(look: Any) -> Any:
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def _windows(user32: Any, is_it: Any) -> list[Any]:
    """Returns the windows whose class has such a name."""
    found: list[Any] = []

    def look(window: Any, _: Any) -> bool:
        name = ctypes.create_unicode_buffer(256)
        user32.GetClassNameW(window, name, 256)
        if is_it(name.value):
            found.append(window)
        return True

    user32.EnumWindows(vars(ctypes)["WINFUNCTYPE"](wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)(look), 0)
    return found


if __name__ == "__main__":
    sys.exit(main())
