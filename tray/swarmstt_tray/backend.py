"""Which kind of icon this desktop can show, and how it shows notifications."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from swarmstt.display_text import cut_to_utf16
from swarmstt.errors import LocalError
from swarmstt.launching import own_environment, system_program

Notify = Callable[[str, str, Callable[[], None] | None], None]
"""Shows a title and a text, and calls back when a person clicks on it, if the platform can do that."""

MOST_TIP_UNITS, MOST_TEXT_UNITS, MOST_TITLE_UNITS = 127, 255, 63
"""What Windows takes of an icon's own title, of a notification and of its title, in UTF-16 units; pystray raises if it
is more. https://learn.microsoft.com/windows/win32/api/shellapi/ns-shellapi-notifyicondataw"""

NO_DESKTOP = "No desktop is here that shows tray icons ({why}); `swarmstt up` runs a node without one."


def load_icon_class(environ: Mapping[str, str] = os.environ) -> Any:
    """Returns pystray's icon for this desktop; LocalError if there is none."""
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
    if pystray.Icon.__module__ == "pystray._win32":
        from swarmstt_tray.windows_icon import WindowsIcon

        return WindowsIcon
    return pystray.Icon


def _desktop_errors() -> tuple[type[Exception], ...]:
    """Returns what pystray raises if it finds no desktop: ValueError comes from GObject, DisplayError from Xlib."""
    errors: tuple[type[Exception], ...] = (ImportError, ValueError, OSError)
    if sys.platform in ("win32", "darwin"):
        return errors
    try:
        from Xlib.error import DisplayError
    except ImportError:
        return errors
    return (*errors, DisplayError)


def notifier_of(icon: Any) -> Notify:
    """Returns how this icon shows notifications. A desktop that cannot show any shows none; nothing else suffers."""
    if hasattr(icon, "show_notice"):
        show_notice: Notify = icon.show_notice
        return show_notice
    if icon.HAS_NOTIFICATION:
        return lambda title, text, _: icon.notify(
            cut_to_utf16(text, MOST_TEXT_UNITS), cut_to_utf16(title, MOST_TITLE_UNITS)
        )
    return _notify_send


def _notify_send(title: str, text: str, _: Callable[[], None] | None) -> None:
    program = system_program("notify-send")
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
