"""Whether the tray runs for the first time on this data folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

NAME = "tray_started"


class FirstStart:
    """Remembers it in the data folder, which is there once a node runs."""

    def __init__(self, data_dir: Path) -> None:
        self._mark = data_dir / NAME
        self._is_known = False

    def happens(self) -> bool:
        """Returns True the very first time that it is asked; from then on never again."""
        if self._is_known:
            return False
        self._is_known = True
        with suppress(OSError):
            self._mark.touch(exist_ok=False)
            return True
        return False
