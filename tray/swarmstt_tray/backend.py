"""Which kind of icon this desktop can show, and how it tells what is news."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from swarmstt.errors import LocalError
from swarmstt_tray.opening import own_environment

Teller = Callable[[str, str, Callable[[], None] | None], None]
"""Shows a title and a text, and calls back when a person clicks on it, where the platform can."""

NO_DESKTOP = "No desktop is here that shows tray icons ({why}); `swarmstt up` runs a node without one."


def load_icon_class(environ: Mapping[str, str] = os.environ) -> Any:
    """pystray's icon for this desktop; LocalError where there is none."""
    if sys.platform not in ("win32", "darwin") and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        raise LocalError(NO_DESKTOP.format(why="neither DISPLAY nor WAYLAND_DISPLAY is set"))
    try:
        import pystray
    except ModuleNotFoundError as error:
        raise LocalError("The tray needs more packages; get them with: pip install 'swarmstt[tray]'") from error
    except _desktop_errors() as error:
        raise LocalError(NO_DESKTOP.format(why=" ".join(str(error).split()) or "it did not say why")) from error
    if pystray.Icon.__module__ in ("pystray._gtk", "pystray._appindicator"):
        from swarmstt_tray.gtk_icon import GtkIcon

        return GtkIcon
    if pystray.Icon.__module__ == "pystray._xorg":
        from swarmstt_tray.xorg_icon import XorgIcon

        return XorgIcon
    return pystray.Icon


def _desktop_errors() -> tuple[type[Exception], ...]:
    """What pystray raises where it finds no desktop: ValueError comes from GObject, DisplayError from Xlib."""
    errors: tuple[type[Exception], ...] = (ImportError, ValueError, OSError)
    if sys.platform in ("win32", "darwin"):
        return errors
    try:
        from Xlib.error import DisplayError
    except ImportError:
        return errors
    return (*errors, DisplayError)


def teller_of(icon: Any) -> Teller:
    """How this icon tells what is news. A desktop that shows no notifications shows none; nothing else suffers."""
    if hasattr(icon, "tell"):
        tell: Teller = icon.tell
        return tell
    if icon.HAS_NOTIFICATION:
        return lambda title, text, _: icon.notify(text, title)
    return _notify_send


def _notify_send(title: str, text: str, _: Callable[[], None] | None) -> None:
    program = shutil.which("notify-send")
    if program is None:
        return
    subprocess.Popen(
        [program, "--app-name=swarmstt", "--", title, text],
        env=own_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
