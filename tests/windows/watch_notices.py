"""Runs on Windows: prints each notice that a tray icon shows, as a line of JSON, until it is ended.

Wine's desktop shows a notice as Windows did before it had a place for them: in a balloon, whose text can be asked for.
Its title cannot: that takes memory of the program that shows it.
"""

from __future__ import annotations

import ctypes
import json
import time
from ctypes import wintypes
from typing import Any

BALLOON_CLASS = "tooltips_class32"
GET_TEXT, ABORT_IF_HUNG = 0x000D, 0x0002
MOST_UNITS = 1024
PATIENCE_MILLISECONDS = 2000


def main() -> None:
    user32: Any = vars(ctypes)["windll"].user32
    shown: set[tuple[int, str]] = set()
    print(json.dumps("watching"), flush=True)
    while True:
        now = set(_balloons(user32))
        for _, text in now - shown:
            print(json.dumps(text), flush=True)
        shown = now
        time.sleep(0.1)


def _balloons(user32: Any) -> list[tuple[int, str]]:
    """Returns the balloons that can be seen, with their texts."""
    found: list[tuple[int, str]] = []

    def look(window: int, _: Any) -> bool:
        name = ctypes.create_unicode_buffer(256)
        user32.GetClassNameW(window, name, 256)
        if name.value == BALLOON_CLASS and user32.IsWindowVisible(window):
            text, length = ctypes.create_unicode_buffer(MOST_UNITS), ctypes.c_size_t()
            asked = (window, GET_TEXT, MOST_UNITS, text, ABORT_IF_HUNG, PATIENCE_MILLISECONDS, ctypes.byref(length))
            if user32.SendMessageTimeoutW(*asked) and text.value:
                found.append((window, text.value))
        return True

    user32.EnumWindows(vars(ctypes)["WINFUNCTYPE"](wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)(look), 0)
    return found


if __name__ == "__main__":
    main()
