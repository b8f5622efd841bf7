"""pystray's icon for a desktop without GTK, which has no menu, and which hears clicks: pystray 0.19.5 handles a button
press, but never asks the X server for one. Imported only where there is an X server."""

from __future__ import annotations

from typing import Any

import pystray
from Xlib import X


class XorgIcon(pystray.Icon):  # type: ignore[misc]
    def _create_window(self) -> Any:
        window = super()._create_window()
        window.change_attributes(event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask)
        return window
