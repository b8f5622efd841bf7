"""The program `swarmstt-tray`: an icon on the main thread, and a thread that watches the node."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import platformdirs

from swarmstt.config import build_config
from swarmstt.display_text import cut_to_utf16
from swarmstt.errors import LocalError, SwarmError
from swarmstt.launching import forget_current_folder, open_standard_streams
from swarmstt.page_address import PageAddress
from swarmstt_tray import autostart, client, opening
from swarmstt_tray.backend import MOST_TIP_UNITS, load_icon_class, notifier_of
from swarmstt_tray.command_line import build_parser
from swarmstt_tray.first_start import FirstStart
from swarmstt_tray.icon import draw, picture
from swarmstt_tray.menu import appearance, as_pystray, items_of
from swarmstt_tray.state import View, news, welcome, without_node
from swarmstt_tray.supervisor import STARTING, NodeSupervisor

POLL_SECONDS = 2.0
HOUR_SECONDS = 3600
ICON_PIXELS = 64
"""Drawn at this size if pystray makes it fit; see `Tray.icon_size`."""

logger = logging.getLogger("swarmstt_tray")


class Tray:
    """Joins icon, menu and supervisor. Implements the Choices of the menu."""

    def __init__(
        self,
        icon_class: Any,
        supervisor: NodeSupervisor,
        start_at_login: autostart.Autostart,
        first_start: FirstStart | None = None,
    ) -> None:
        self._first_start = first_start
        self._supervisor = supervisor
        self._start_at_login = start_at_login
        self._view = without_node(STARTING, trouble=False)
        self._first: View | None = None
        self._watched_since = datetime.now(timezone.utc)
        self._stop = threading.Event()
        self._check_now = threading.Event()
        self._shown: Any = None
        self._menu_shown: Any = None
        image = draw(self._view.icon, None, ICON_PIXELS)
        self._icon = icon_class("swarmstt", image, "swarmstt", self._menu())
        self._icon.on_session_end = self._end
        self._watcher = threading.Thread(target=self._watch, name="watcher")
        self._notify = notifier_of(self._icon)

    def run(self) -> None:
        """Shows the icon until a person quits; then ends the node that was started here."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self.quit())
        try:
            self._icon.run(setup=self._ready)
        finally:
            self._end()

    def _end(self) -> None:
        """Ends the watcher, and the node that was started here; does nothing the second time."""
        self._stop.set()
        self._check_now.set()
        if self._watcher.ident is not None:
            self._watcher.join()
        self._supervisor.end()

    def _ready(self, icon: Any) -> None:
        icon.visible = True
        self._watcher.start()
        if self._stop.is_set():  # by a signal that came before there was a loop to stop
            icon.stop()

    def _watch(self) -> None:
        wake = getattr(self._icon, "wake", lambda: None)
        while not self._stop.is_set():
            try:
                self._show(self._supervisor.check())
                wake()
            except Exception:  # what an icon cannot show must not keep the node from being watched
                logger.exception("The icon could not be changed.")
            self._check_now.wait(POLL_SECONDS)
            self._check_now.clear()

    def _show(self, view: View) -> None:
        before, self._view = self._first, view
        if self._stop.is_set():
            return
        if view.running and self._first_start is not None and self._first_start.happens():
            self.open_page()
            first = welcome(view)
            self._notify(first.title, first.text, None)
        # A node that starts again shows its books again: what was there before it died is still not news.
        self._first = view if view.running or before is None else _remembering(before, view)
        for notice in news(before, view, watched_since=self._watched_since):
            on_click = None if notice.book_id is None else self._opener(notice.book_id)
            self._notify(notice.title, notice.text, on_click)
        shown = (picture(view), self.icon_size())
        if shown != self._shown:
            self._icon.icon = draw(view.icon, view.progress, self.icon_size())
            self._shown = shown
        self._icon.title = cut_to_utf16(f"swarmstt: {view.sentence}", MOST_TIP_UNITS)
        self._show_menu()

    def icon_size(self) -> int:
        """Returns the pixels that the panel has, if it says so: then thin lines stay clear."""
        status_icon = getattr(self._icon, "_status_icon", None)
        size = status_icon.get_size() if status_icon is not None else 0
        return size if 16 <= size <= 256 else ICON_PIXELS

    def _show_menu(self) -> None:
        items = items_of(self._view, self, starts_at_login=self._start_at_login.is_on())
        if appearance(items) != self._menu_shown:
            self._menu_shown = appearance(items)
            self._icon.menu = as_pystray(items)

    def _menu(self) -> Any:
        return as_pystray(items_of(self._view, self, starts_at_login=self._start_at_login.is_on()))

    # What a person does. pystray calls these on the icon's thread, so what may take time goes to another.

    def open_page(self) -> None:
        self._open("/")

    def _opener(self, book_id: str) -> Callable[[], None]:
        return lambda: self._open(f"/read/{book_id}")

    def _open(self, path: str) -> None:
        if (url := self._supervisor.url) is not None:
            self._aside(lambda: opening.open_page(PageAddress.parse(url).of(path)))

    def open_settings(self) -> None:
        self._open("/#settings")

    def open_drop_folder(self) -> None:
        folder = self._view.drop_folder
        if folder is not None:
            self._aside(lambda: opening.open_folder(Path(folder)))

    def add_pc(self) -> None:
        """Opens the door, and the page, which shows who comes in."""
        self._ask("/door")
        self.open_page()

    def close_door(self) -> None:
        self._ask("/door", method="DELETE")

    def resume(self) -> None:
        self._ask("/resume")

    def pause_for_an_hour(self) -> None:
        self._ask("/pause", {"seconds": HOUR_SECONDS})

    def pause_without_end(self) -> None:
        self._ask("/pause", {})

    def toggle_start_at_login(self) -> None:
        start = self._start_at_login
        self._aside(start.turn_off if start.is_on() else start.turn_on)

    def quit(self) -> None:
        self._stop.set()
        self._icon.stop()

    def _ask(self, path: str, body: Any = None, *, method: str = "POST") -> None:
        if (url := self._supervisor.url) is not None:
            self._aside(lambda: client.call(url, method, path, body))

    def _aside(self, work: Callable[[], Any]) -> None:
        threading.Thread(target=self._try, args=(work,), daemon=True).start()

    def _try(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except (SwarmError, OSError) as error:
            text = error.message if isinstance(error, SwarmError) else f"That could not be done: {error}."
            self._notify("swarmstt", text, None)
        self._check_now.set()


def _remembering(before: View, view: View) -> View:
    """A view without a node that keeps what was known of books and PCs."""
    return View(
        icon=view.icon,
        sentence=view.sentence,
        troubles=view.troubles,
        running=before.running,
        done=before.done,
        joined=before.joined,
        unseen=before.unseen,
        newer_version=before.newer_version,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0 if a person quit, 1 if no desktop can show the icon, or an option makes no sense."""
    open_standard_streams()
    forget_current_folder()
    given = build_parser().parse_args(arguments)
    try:
        data_dir = _data_dir(given.data_dir)
        icon_class = load_icon_class()
    except LocalError as error:
        print(f"swarmstt-tray: {error.message}", file=sys.stderr)
        return 1
    command = autostart.tray_command(None if given.data_dir is None else data_dir)
    start_at_login = autostart.for_this_system(command)
    Tray(icon_class, NodeSupervisor(data_dir), start_at_login, FirstStart(data_dir)).run()
    return 0


def _data_dir(given: str | None) -> Path:
    """As the command line chooses it, so that the tray finds the node that commands use."""
    file = platformdirs.user_config_path("swarmstt", appauthor=False) / "config.toml"
    config = build_config({} if given is None else {"data_dir": given}, os.environ, file)
    return (config.data_dir or platformdirs.user_data_path("swarmstt", appauthor=False)).absolute()
