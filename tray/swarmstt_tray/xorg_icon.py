"""pystray's icon for a desktop without GTK, which has no menu, mended where pystray 0.19.5 does not work. Imported only
where there is an X server."""

from __future__ import annotations

import threading
from typing import Any

import pystray
from Xlib import X


class XorgIcon(pystray.Icon):  # type: ignore[misc]
    """Hears clicks, which pystray handles but never asks the X server for, and appears also on a busy PC."""

    def _create_window(self) -> Any:
        window = super()._create_window()
        window.change_attributes(event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask)
        return window

    def _run(self) -> None:
        # pystray says that it is ready before it keeps its thread, which whoever shows the icon at once looks for.
        self._thread = threading.current_thread()
        super()._run()
