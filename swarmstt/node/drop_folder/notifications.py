"""News of changes in a folder, as far as the system gives them: the drop folders are looked into now and then anyway,
since drives on the network give none."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from swarmstt.core.drop_folder.entries import is_transcripts

logger = logging.getLogger(__name__)


class Watcher:
    """Calls `changed` on the event loop when something under `folder` has changed, until it is stopped."""

    def __init__(self, folder: Path, changed: Callable[[], None]) -> None:
        self._folder = folder
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        # A thread of its own, as beginning to watch may take long on a slow drive; nothing waits for its end.
        threading.Thread(target=self._run, name=f"watching {folder}", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        from watchfiles import watch

        try:
            for _ in watch(
                self._folder,
                watch_filter=lambda _, path: not self._is_own(Path(path)),
                stop_event=self._stop,
                rust_timeout=1000,
                ignore_permission_denied=True,
            ):
                self._notify()
        except (OSError, RuntimeError) as error:  # the system's limit, a folder that went away, the library's own
            logger.debug("%s is not watched, only looked into now and then: %s", self._folder, error)

    def _is_own(self, path: Path) -> bool:
        """Returns whether it is a transcript, or what becomes one."""
        try:
            parts = path.relative_to(self._folder).parts
        except ValueError:
            return False
        return bool(parts) and is_transcripts(parts[0])

    def _notify(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            if not self._stop.is_set():
                self._loop.call_soon_threadsafe(self._changed)
