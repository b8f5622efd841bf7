"""What every system takes in a file name."""

from __future__ import annotations

import re

from swarmstt.display_text import utf16_units

FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""Signs that some system takes in no file name."""

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?=\.|$)", re.IGNORECASE)
"""Devices on Windows, whatever follows the first dot, and with spaces before it."""

MOST_WINDOWS_PATH_UNITS = 259
"""The longest path that all programs of Windows open, in UTF-16 units."""
_LEAST_NAME_UNITS = 40
"""That must fit behind a folder: a short name, or a temporary one."""


def allowed_text(name: str) -> str:
    """Returns the name without what some system forbids: each such sign is an underscore, as is put before a device."""
    # Names of some systems hold bytes that are no text; they become question marks, which Windows forbids.
    printable = name.encode("utf-8", "replace").decode("utf-8")
    text = FORBIDDEN.sub("_", printable).strip().rstrip(". ")
    return f"_{text}" if _RESERVED.match(text) else text


def shortened(text: str, most_bytes: int) -> str:
    """Cuts the text to so many bytes of UTF-8, without half a character, dots or spaces at its end."""
    return text.encode("utf-8")[:most_bytes].decode("utf-8", "ignore").rstrip(". ")


def windows_room(folder: str) -> int:
    """Returns how many UTF-16 units a name in this folder may have on Windows; 0 if no useful name fits."""
    room = MOST_WINDOWS_PATH_UNITS - utf16_units(folder) - 1
    return room if room >= _LEAST_NAME_UNITS else 0
