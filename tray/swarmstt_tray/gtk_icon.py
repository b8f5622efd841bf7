"""pystray's GTK icons, with notifications that can be clicked and may be missing.

pystray's own ask the session bus as they start, and a desktop without one, or without a notification service, ends
them. They also take Ctrl-C for an instant end. Imported only if there is GTK.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any

import gi
import pystray

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402 (the version is asked for first)

logger = logging.getLogger(__name__)

# https://specifications.freedesktop.org/notification-spec/latest/protocol.html
_SERVICE = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_BUS_MILLISECONDS = 2000


class SessionNotifier:
    """Notifications over the session bus; used on GTK's main loop only."""

    def __init__(self) -> None:
        self._bus: Any = None
        self._clicks: dict[int, Callable[[], None]] = {}

    def show(self, title: str, text: str, on_click: Callable[[], None] | None) -> None:
        actions = ["default", "Open"] if on_click else []
        try:
            (abilities,) = self._ask("GetCapabilities", None, "(as)")
            body = GLib.markup_escape_text(text) if "body-markup" in abilities else text
            values = GLib.Variant("(susssasa{sv}i)", ("swarmstt", 0, "", title, body, actions, {}, -1))
            (notice_id,) = self._ask("Notify", values, "(u)")
        except GLib.Error as error:
            logger.debug("No notification could be shown: %s", error)
            return
        if on_click is not None:
            self._clicks[notice_id] = on_click

    def _ask(self, method: str, values: Any, answer: str) -> Any:
        return (
            self._connection()
            .call_sync(
                *(_SERVICE, _PATH, _SERVICE, method, values, GLib.VariantType(answer)),
                *(Gio.DBusCallFlags.NONE, _BUS_MILLISECONDS, None),
            )
            .unpack()
        )

    def hide(self) -> None:
        """Hides nothing: pystray calls this as it ends, and what is shown may stay."""

    def _connection(self) -> Any:
        if self._bus is None or self._bus.is_closed():
            self._bus = None  # or the closed one would be got again
            self._bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
            self._bus.set_exit_on_close(False)  # the tray outlives a session bus, and with it its node
            for signal, heard in (("ActionInvoked", self._clicked), ("NotificationClosed", self._closed)):
                self._bus.signal_subscribe(_SERVICE, _SERVICE, signal, _PATH, None, Gio.DBusSignalFlags.NONE, heard)
        return self._bus

    def _clicked(self, *signal: Any) -> None:
        notice_id, _ = signal[5].unpack()
        if (on_click := self._clicks.pop(notice_id, None)) is not None:
            on_click()

    def _closed(self, *signal: Any) -> None:
        self._clicks.pop(signal[5].unpack()[0], None)


class GtkIcon(pystray.Icon):  # type: ignore[misc]
    """pystray's icon of this desktop: in its own panel area, or as an app indicator."""

    def _initialize(self) -> None:
        self._notifier = SessionNotifier()
        self._mark_ready()

    def show_notice(self, title: str, text: str, on_click: Callable[[], None] | None) -> None:
        """Shows a notification; may be called from any thread."""
        GLib.idle_add(self._show_notice, title, text, on_click)

    def _show_notice(self, title: str, text: str, on_click: Callable[[], None] | None) -> bool:
        with contextlib.suppress(GLib.Error):
            self._notifier.show(title, text, on_click)
        return False
