"""What a PC knows of its person and its power: whether it runs on battery, and when it was last used.

Everything here blocks for a moment and belongs into a thread. What cannot be found out is None, or no battery.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import subprocess
import sys
import time
from typing import Any, Protocol

import psutil

from swarmstt.launching import system_program

COMMAND_SECONDS = 2.0
_ANY_INPUT = 0xFFFFFFFF
"""kCGAnyInputEventType of macOS's CGEventTypes.h."""
_HID_STATE = 1
"""kCGEventSourceStateHIDSystemState of CGEventSource.h: what the hardware did, not what programs sent."""


class SystemSensors(Protocol):
    """Where the facts come from: this PC, or a test. Both block for up to a few seconds."""

    def on_battery(self) -> bool: ...

    def idle_seconds(self) -> float | None:
        """Returns the seconds since the last key or mouse; None if that is not known."""


class ThisPcSensors:
    """This PC's own."""

    def on_battery(self) -> bool:
        """Returns whether it runs on battery now; False for a PC that has none, or does not say."""
        sensor = getattr(psutil, "sensors_battery", None)  # psutil lacks it on some systems
        try:
            battery = sensor() if sensor is not None else None
        except (OSError, RuntimeError, psutil.Error):
            return False
        return battery is not None and battery.power_plugged is False

    def idle_seconds(self) -> float | None:
        try:
            if sys.platform == "win32":
                return _windows_idle_seconds()
            if sys.platform == "darwin":
                return _macos_idle_seconds()
            return _x11_idle_seconds() if _is_plain_x11() else _logind_idle_seconds()
        except (OSError, AttributeError, ValueError, subprocess.SubprocessError):
            return None


def _windows_idle_seconds() -> float | None:
    class LastInput(ctypes.Structure):  # LASTINPUTINFO of winuser.h
        _fields_ = (("size", ctypes.c_uint), ("tick", ctypes.c_uint))

    last = LastInput(size=ctypes.sizeof(LastInput))
    libraries: Any = vars(ctypes)["windll"]
    if not libraries.user32.GetLastInputInfo(ctypes.byref(last)):
        return None
    # Both count milliseconds since the start in 32 bits, so their difference is right over an overflow too.
    elapsed = (int(libraries.kernel32.GetTickCount()) - int(last.tick)) & 0xFFFFFFFF
    return elapsed / 1000


def _macos_idle_seconds() -> float | None:
    path = ctypes.util.find_library("ApplicationServices")
    if path is None:
        return None
    ask = ctypes.CDLL(path).CGEventSourceSecondsSinceLastEventType
    ask.restype, ask.argtypes = ctypes.c_double, (ctypes.c_int32, ctypes.c_uint32)
    seconds = float(ask(_HID_STATE, _ANY_INPUT))
    return seconds if seconds >= 0 else None


def _is_plain_x11() -> bool:
    """Returns whether X11 runs without Wayland, under which the X server hears of few keys only, and would take a busy
    person for an absent one."""
    return bool(os.environ.get("DISPLAY")) and not os.environ.get("WAYLAND_DISPLAY")


class _ScreenSaverInfo(ctypes.Structure):
    """XScreenSaverInfo of X11/extensions/scrnsaver.h."""

    _fields_ = (
        ("window", ctypes.c_ulong),
        ("state", ctypes.c_int),
        ("kind", ctypes.c_int),
        ("since", ctypes.c_ulong),
        ("idle", ctypes.c_ulong),
        ("event_mask", ctypes.c_ulong),
    )


def _x11_idle_seconds() -> float | None:
    """Asks the X server; a connection of its own each time, so that a server that ends harms nobody."""
    x11 = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    saver = ctypes.CDLL(ctypes.util.find_library("Xss") or "libXss.so.1")
    x11.XOpenDisplay.restype = x11.XDefaultRootWindow.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.argtypes = x11.XCloseDisplay.argtypes = (ctypes.c_void_p,)
    saver.XScreenSaverQueryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(_ScreenSaverInfo))
    display = x11.XOpenDisplay(None)
    if not display:
        return None
    try:
        info = _ScreenSaverInfo()
        known = saver.XScreenSaverQueryInfo(display, x11.XDefaultRootWindow(display), ctypes.byref(info))
        return float(info.idle) / 1000 if known else None
    finally:
        x11.XCloseDisplay(display)


def _logind_idle_seconds() -> float | None:
    """Returns how long whoever is logged in has been idle, as their desktops say it to logind; of several the least."""
    users = [line.split()[0] for line in _loginctl("list-users", "--no-legend").splitlines() if line.strip()]
    if not users:
        return None
    printed = _loginctl("show-user", *users, "--property=IdleHint", "--property=IdleSinceHint")
    return idle_from_logind(printed, time.time())


def idle_from_logind(printed: str, now: float) -> float | None:
    """Seconds from what `loginctl show-user` prints: a block for each user, IdleSinceHint in microseconds since 1970,
    0 for one who never did anything."""
    found: list[float] = []
    for block in printed.split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if values.get("IdleHint") == "no":
            found.append(0.0)
        elif values.get("IdleHint") == "yes" and values.get("IdleSinceHint", "").isdigit():
            found.append(max(0.0, now - int(values["IdleSinceHint"]) / 1e6))
    return min(found, default=None)


def _loginctl(*arguments: str) -> str:
    done = subprocess.run(
        [system_program("loginctl") or "/usr/bin/loginctl", *arguments],
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout
