"""pystray's icon for a desktop without GTK, which has no menu, mended where pystray 0.19.5 does not work. Imported only
if there is an X server."""

from __future__ import annotations

import contextlib
import functools
import queue
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pystray
from Xlib import X

DOCK_AGAIN_SECONDS = 2.0


class XorgIcon(pystray.Icon):  # type: ignore[misc]
    """Hears clicks, which pystray handles but never asks the X server for; appears in a panel that comes later, too.

    Only the loop's thread speaks to the X server. pystray lets the others wake it through the same connection, and
    python-xlib 0.33 then hangs now and then: a thread that sends may read the answer for which the loop's own thread is
    waiting, and does not pass it on.
    """

    def _create_window(self) -> Any:
        window = super()._create_window()
        window.change_attributes(event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask)
        return window

    def _rewrite_implementation(self, *methods: Callable[[], None]) -> None:
        """pystray calls this once, as it is made, with what the loop has to do for others."""
        self._asked: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = queue.SimpleQueue()
        self._asking = threading.RLock()  # one that a signal's handler may take again
        self._ended = False
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        for method in methods:
            setattr(self, method.__name__, functools.partial(self._ask, method))

    def _ask(self, method: Callable[[], None]) -> None:
        """Has the loop call it, and waits for that, unless this is the loop's thread: a signal's handler may have
        interrupted it anywhere. Once the loop has ended, nothing is left to be done."""
        done = threading.Event()
        with self._asking:
            if self._ended:
                return
            self._asked.put((method, done))
            with contextlib.suppress(BlockingIOError):  # so many bytes wait that it will wake
                self._waker.send(b"!")
        if threading.current_thread() is not self._thread:
            done.wait()

    def _run(self) -> None:
        self._thread = threading.current_thread()
        try:
            super()._run()
        finally:
            with self._asking:
                self._ended = True
            self._answer(lambda _: None)
            self._woken.close()
            self._waker.close()

    def _events(self) -> Iterator[Any]:
        """The X server's events; does between them what was asked for."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._display.fileno(), selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                self._display.flush()
                if self._display.pending_events():
                    yield self._display.next_event()
                    continue
                if not selector.select(None if self._systray_manager else DOCK_AGAIN_SECONDS) and self.visible:
                    self._dock_window()
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
                self._answer(lambda method: method())

    def _answer(self, call: Callable[[Callable[[], None]], None]) -> None:
        while not self._asked.empty():
            method, done = self._asked.get()
            try:
                call(method)
            finally:
                done.set()

    def _assert_docked(self) -> None:
        """pystray would say with a traceback that there is no panel yet; the loop goes on trying."""
        self._dock_window()
