"""The tray's watcher and its end, with an icon and a node that are played."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from swarmstt.display_text import utf16_units
from swarmstt_tray import app
from swarmstt_tray.app import Tray
from swarmstt_tray.autostart import tray_command
from swarmstt_tray.backend import notifier_of
from swarmstt_tray.first_start import FirstStart
from swarmstt_tray.state import IconState, View

LONG = "📖 Harry Potter stopped: The transcript cannot be written. " * 9


class Icon:
    """Takes what Windows takes, as pystray does there: what is longer raises."""

    HAS_NOTIFICATION = True

    def __init__(self, *_: Any) -> None:
        self.shown: list[tuple[str, str]] = []
        self.wakes = 0
        self._ended = threading.Event()
        self.on_session_end: Callable[[], None] = lambda: None
        self.menu: Any = None
        self.icon: Any = None
        self.visible = False
        self._title = ""

    @property
    def title(self) -> str:
        return self._title

    @title.setter
    def title(self, title: str) -> None:
        if utf16_units(title) > 127:
            raise ValueError("string too long")
        self._title = title

    def notify(self, text: str, title: str) -> None:
        if utf16_units(text) > 255 or utf16_units(title) > 63:
            raise ValueError("string too long")
        self.shown.append((title, text))

    def wake(self) -> None:
        self.wakes += 1

    def run(self, setup: Callable[[Any], None]) -> None:
        setup(self)
        assert self._ended.wait(30)

    def stop(self) -> None:
        self._ended.set()


class Supervisor:
    """Has a trouble from the second view on; the fifth ends the test."""

    url = None

    def __init__(self) -> None:
        self.views = 0
        self.ends = 0
        self.enough: Callable[[], None] = lambda: None

    def check(self) -> View:
        self.views += 1
        if self.views == 3:
            raise RuntimeError("a defect")
        if self.views == 5:
            self.enough()
        troubles = (LONG,) if self.views > 1 else ()
        return View(icon=IconState.TROUBLE, sentence=LONG, running=True, troubles=troubles)

    def end(self) -> None:
        self.ends += 1


class Start:
    def is_on(self) -> bool:
        return False

    def turn_on(self) -> None: ...

    def turn_off(self) -> None: ...


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[Tray, Icon, Supervisor]:
    monkeypatch.setattr(app, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(app, "as_pystray", lambda items: items)
    monkeypatch.setattr(app.signal, "signal", lambda *_: None)  # type: ignore[attr-defined]
    supervisor = Supervisor()
    tray = Tray(Icon, supervisor, Start())  # type: ignore[arg-type]
    icon: Icon = tray._icon
    return tray, icon, supervisor


def test_the_watcher_outlives_long_texts_and_defects(
    made: tuple[Tray, Icon, Supervisor], caplog: pytest.LogCaptureFixture
) -> None:
    tray, icon, supervisor = made
    supervisor.enough = tray.quit
    tray.run()
    assert (supervisor.views, supervisor.ends) == (5, 1)
    [(title, text)] = icon.shown
    assert title == "swarmstt needs attention"
    assert LONG.startswith(text)
    assert utf16_units(text) >= 254
    assert icon.wakes == 4  # Ctrl-C is heard after each view, but for the defect
    assert [record.message for record in caplog.records] == ["The icon could not be changed."]


def test_the_node_has_ended_before_the_session_may_end(made: tuple[Tray, Icon, Supervisor]) -> None:
    tray, icon, supervisor = made
    ended: list[int] = []

    def log_off() -> None:
        icon.on_session_end()
        ended.append(supervisor.ends)
        icon.stop()

    supervisor.enough = lambda: threading.Thread(target=log_off).start()
    tray.run()
    assert ended == [1]


def test_the_very_first_start_says_where_books_go(
    monkeypatch: pytest.MonkeyPatch, made: tuple[Tray, Icon, Supervisor], tmp_path: Path
) -> None:
    _, _, supervisor = made
    for times in (1, 0):
        supervisor.views = 0
        tray = Tray(Icon, supervisor, Start(), FirstStart(tmp_path))  # type: ignore[arg-type]
        opened: list[str] = []
        monkeypatch.setattr(tray, "open_page", lambda opened=opened: opened.append("page"))
        supervisor.enough = tray.quit
        tray.run()
        assert opened == ["page"] * times
        said = [text for title, text in tray._icon.shown if title == "swarmstt is ready"]
        assert said == ["Drop audiobooks on its page."] * times


def test_titles_are_cut_too() -> None:
    icon = Icon()
    notifier_of(icon)("y" * 70, "📖" * 200, None)
    assert icon.shown == [("y" * 63, "📖" * 127)]


@pytest.fixture
def windows_icon(monkeypatch: pytest.MonkeyPatch) -> Any:
    """WindowsIcon, above a pystray that is played."""

    class Base:
        def __init__(self, *_: Any) -> None:
            self._message_handlers: dict[int, Any] = {}
            self._hwnd = 7

        def stop(self) -> None:
            self.stopped = True

    pystray, util, win32 = ModuleType("pystray"), ModuleType("pystray._util"), ModuleType("pystray._util.win32")
    posted: list[tuple[int, ...]] = []
    vars(pystray)["Icon"] = Base
    vars(util)["win32"] = win32
    vars(win32)["PostMessage"] = lambda *message: posted.append(message)
    for module in (pystray, util, win32):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delitem(sys.modules, "swarmstt_tray.windows_icon", raising=False)
    from swarmstt_tray.windows_icon import WindowsIcon

    monkeypatch.delitem(sys.modules, "swarmstt_tray.windows_icon")
    made = WindowsIcon("swarmstt")
    made.posted = posted
    return made


def test_windows_may_log_off(windows_icon: Any) -> None:
    handlers = windows_icon._message_handlers
    called: list[str] = []
    windows_icon.on_session_end = lambda: called.append("ended")
    assert handlers[0x11](0, 0) == 1
    handlers[0x16](0, 0)  # somebody else has refused
    assert called == []
    handlers[0x16](1, 0)
    assert called == ["ended"]


def test_the_loop_of_windows_is_woken(windows_icon: Any) -> None:
    windows_icon.wake()
    assert windows_icon.posted == [(7, 0, 0, 0)]


def test_the_data_folder_is_started_with_again(tmp_path: Path) -> None:
    assert "--data_dir" not in tray_command()
    assert tray_command(tmp_path)[-2:] == ["--data_dir", str(tmp_path)]
