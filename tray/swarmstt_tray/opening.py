"""Opens pages and folders with the programs that the person has for them."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

from swarmstt import launching


def open_page(url: str) -> None:
    if sys.platform not in ("win32", "darwin") and launching.started_by_desktop(url):
        return
    webbrowser.open(url)


def open_folder(folder: Path) -> None:
    """Opens a folder, which is made if need be; OSError if that cannot be, or no program shows folders."""
    folder.mkdir(parents=True, exist_ok=True)
    launching.open_folder(folder)
