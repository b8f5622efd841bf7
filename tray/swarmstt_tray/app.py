"""The program `swarmstt-tray`: an icon on the main thread, and a thread that watches the node."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import platformdirs

from swarmstt.config import build_config
from swarmstt.errors import LocalError, SwarmError
from swarmstt_tray import autostart, client, opening
from swarmstt_tray.backend import load_icon_class, teller_of
from swarmstt_tray.icon import draw, picture
from swarmstt_tray.menu import as_pystray, items_of, looks
from swarmstt_tray.node_process import STARTING, Keeper
from swarmstt_tray.state import View, news, without_node

POLL_SECONDS = 2.0
HOUR_SECONDS = 3600
ICON_PIXELS = 64
"""Drawn once at this size where pystray makes it fit; see `Tray.icon_size`."""

logger = logging.getLogger("swarmstt_tray")


class Tray:
    """Joins icon, menu and keeper. Implements the Choices of the menu."""

    def __init__(self, icon_class: Any, keeper: Keeper, start_at_login: autostart.Autostart) -> None:
        self._keeper = keeper
        self._start_at_login = start_at_login
        self._view = without_node(STARTING, trouble=False)
        self._first: View | None = None
        self._stop = threading.Event()
        self._look_now = threading.Event()
        self._shown: Any = None
        self._menu_shown: Any = None
        image = draw(self._view.icon, None, ICON_PIXELS)
        self._icon = icon_class("swarmstt", image, "swarmstt", self._menu())
        self._tell = teller_of(self._icon)

    def run(self) -> None:
        """Shows the icon until a person quits; then ends the node that was started here."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self.quit())
        watcher = threading.Thread(target=self._watch, name="watcher")
        try:
            self._icon.run(setup=lambda icon: self._ready(icon, watcher))
        finally:
            self._stop.set()
            self._look_now.set()
            if watcher.ident is not None:
                watcher.join()
            self._keeper.end()

    def _ready(self, icon: Any, watcher: threading.Thread) -> None:
        icon.visible = True
        watcher.start()
        if self._stop.is_set():  # by a signal that came before there was a loop to stop
            icon.stop()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._show(self._keeper.look())
            self._look_now.wait(POLL_SECONDS)
            self._look_now.clear()

    def _show(self, view: View) -> None:
        before, self._view = self._first, view
        if self._stop.is_set():
            return
        for notice in news(before, view):
            on_click = None if notice.book_id is None else self._opener(notice.book_id)
            self._tell(notice.title, notice.text, on_click)
        # A node that starts again shows its books anew: what was there before it died is still no news.
        self._first = view if view.running or before is None else _remembering(before, view)
        shown = (picture(view), self.icon_size())
        if shown != self._shown:
            self._icon.icon = draw(view.icon, view.progress, self.icon_size())
            self._shown = shown
        self._icon.title = f"swarmstt: {view.sentence}"[:127]  # as long as Windows shows
        self._show_menu()

    def icon_size(self) -> int:
        """Pixels that the panel has, where it says so: then nothing is made smaller, and thin lines stay clear."""
        status_icon = getattr(self._icon, "_status_icon", None)
        size = status_icon.get_size() if status_icon is not None else 0
        return size if 16 <= size <= 256 else ICON_PIXELS

    def _show_menu(self) -> None:
        items = items_of(self._view, self, starts_at_login=self._start_at_login.is_on())
        if looks(items) != self._menu_shown:
            self._menu_shown = looks(items)
            self._icon.menu = as_pystray(items)

    def _menu(self) -> Any:
        return as_pystray(items_of(self._view, self, starts_at_login=self._start_at_login.is_on()))

    # What a person does. pystray calls these on the icon's thread, so what may take time goes to another.

    def open_page(self) -> None:
        self._open("/")

    def _opener(self, book_id: str) -> Callable[[], None]:
        return lambda: self._open(f"/read/{book_id}")

    def _open(self, path: str) -> None:
        if (url := self._keeper.url) is not None:
            self._aside(lambda: opening.open_page(url + path))

    def open_drop_folder(self) -> None:
        folder = self._view.drop_folder
        if folder is not None:
            self._aside(lambda: opening.open_folder(Path(folder)))

    def add_pc(self) -> None:
        """Opens the door, and the page, which shows who comes in."""
        self._ask("/door")
        self.open_page()

    def go_on(self) -> None:
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

    def _ask(self, path: str, body: Any = None) -> None:
        if (url := self._keeper.url) is not None:
            self._aside(lambda: client.call(url, "POST", path, body))

    def _aside(self, work: Callable[[], Any]) -> None:
        threading.Thread(target=self._try, args=(work,), daemon=True).start()

    def _try(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except (SwarmError, OSError) as error:
            text = error.message if isinstance(error, SwarmError) else f"That could not be done: {error}."
            self._tell("swarmstt", text, None)
        self._look_now.set()


def _remembering(before: View, view: View) -> View:
    """A view without a node that keeps what was known of books and PCs."""
    return View(
        icon=view.icon,
        sentence=view.sentence,
        troubles=view.troubles,
        running=before.running,
        done=before.done,
        joined=before.joined,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 a person quit, 1 there is no desktop to show the icon on, or options make no sense."""
    parser = argparse.ArgumentParser(prog="swarmstt-tray", description="Shows what swarmstt does on this PC.")
    parser.add_argument("--data_dir", "--data-dir", metavar="DIR", help="folder for what the node keeps")
    given = parser.parse_args(arguments)
    try:
        data_dir = _data_dir(given.data_dir)
        icon_class = load_icon_class()
    except LocalError as error:
        print(f"swarmstt-tray: {error.message}", file=sys.stderr)
        return 1
    Tray(icon_class, Keeper(data_dir), autostart.for_this_system(autostart.tray_command())).run()
    return 0


def _data_dir(given: str | None) -> Path:
    """As the command line chooses it, so that the tray finds the node that commands use."""
    file = platformdirs.user_config_path("swarmstt", appauthor=False) / "config.toml"
    config = build_config({} if given is None else {"data_dir": given}, os.environ, file)
    return (config.data_dir or platformdirs.user_data_path("swarmstt", appauthor=False)).absolute()
