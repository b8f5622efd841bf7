"""Bars on a terminal that leave nothing behind if it is made narrower while they are shown."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.progress import Progress


class Bars(Progress):
    """Rich's bars. Most terminals wrap what stands on them when they become narrower: then a bar that was drawn takes
    more rows than Rich knows of, and these have to go before the next is drawn."""

    def __init__(self, *columns: Any, environ: Mapping[str, str] = os.environ, **options: Any) -> None:
        self._wraps = wraps_on_resize(environ)
        super().__init__(*columns, **options)

    def get_renderable(self) -> RenderableType:
        """Returns what is drawn next. Rich asks for it each time before it erases what it drew last."""
        drawn = getattr(getattr(self, "live", None), "_live_render", None)
        shape = getattr(drawn, "_shape", None)  # columns and lines; Rich tells them to nobody
        if self._wraps and drawn is not None and shape is not None and shape[0] > self.console.width > 0:
            drawn._shape = shape[0], shape[1] * math.ceil(shape[0] / self.console.width)
        return super().get_renderable()


def wraps_on_resize(environ: Mapping[str, str]) -> bool:
    """Says if a terminal with this environment wraps its lines again when it becomes narrower. Those that only cut them
    off say who they are; there the row above is somebody else's."""
    if "TMUX" in environ:
        return True
    return not ("XTERM_VERSION" in environ or "STY" in environ or environ.get("TERM") in ("linux", "dumb"))
