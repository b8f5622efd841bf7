"""Runs a command and turns what becomes of it into an exit status and, where it failed, one line."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import io
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from swarmstt.cli import commands
from swarmstt.cli.logs import set_up_logging
from swarmstt.cli.parser import options_given, parse
from swarmstt.cli.saying import folder_is_gone, is_current_folder_gone, tell
from swarmstt.config import build_config
from swarmstt.errors import SwarmError, UsageError
from swarmstt.node.data_dir import config_file, default_data_dir
from swarmstt.node.settings_file import kept_options

DONE, FAILED, WRONG_USAGE = 0, 1, 2
ENDING_SIGNALS = tuple(
    signal.Signals(number)
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGBREAK", None))
    if number is not None
)
"""SIGBREAK is Ctrl-Break, which only Windows has."""
SWITCH_SECONDS = 0.001
"""For which one thread keeps Python's lock while others want it; Python's own 5 ms are long for an event loop beside a
thread that computes. The loop gives the lock away with each read and write of a connection, and waits as long to get it
back: for a crowd of twelve it stood still for 70 ms at a time."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 it failed, 2 wrong usage."""
    _print_anything()
    verbose = False
    try:
        given = _parsed(sys.argv[1:] if arguments is None else arguments)
        config = build_config(
            options_given(given),
            os.environ,
            config_file(),
            lambda data_dir: kept_options(data_dir or default_data_dir()),
        )
        verbose = config.verbose
        set_up_logging(config)
        return _all_printed(run_interruptible(commands.run(given.command, config, given)))
    except SwarmError as error:
        if verbose:
            logging.getLogger(__name__).exception("The command failed.")
        tell(f"swarmstt: {error.message}")
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        return commands.interrupted()
    except OSError as error:
        if _has_reader_gone(error):
            _say_no_more()
            return DONE
        if isinstance(error, FileNotFoundError) and is_current_folder_gone():
            tell(f"swarmstt: {folder_is_gone().message}")
            return FAILED
        if error.errno != errno.ENOSPC:
            raise
        _say_no_more()
        tell("swarmstt: There is no room left where this command writes or prints: make some, and try again.")
        return FAILED


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Reads the command line; what --help prints is printed whole before this process ends."""
    try:
        return parse(arguments)
    except SystemExit:
        sys.stdout.flush()
        raise


def _has_reader_gone(error: OSError) -> bool:
    """Returns whether whoever read our output has gone, as in `swarmstt status | head`. Windows says that a written
    value is invalid then, and names no file."""
    is_invalid = sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or is_invalid


def _all_printed(status: int) -> int:
    """OSError where that cannot be: at the end of the process nobody could say so."""
    sys.stdout.flush()
    return status


def _say_no_more() -> None:
    """What is still to be printed at the end of this process goes nowhere."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_anything() -> None:
    """A sign that this terminal cannot show becomes its number, and no error. What Windows pipes to another program is
    UTF-8: the code page that it would have lacks most letters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            piped = sys.platform == "win32" and not stream.isatty()
            stream.reconfigure(encoding="utf-8" if piped else None, errors="backslashreplace")


def run_interruptible(work: Coroutine[Any, Any, int]) -> int:
    """Runs `work`; one of the ENDING_SIGNALS cancels it, and it ends in its own time; a second one ends all."""

    async def supervise() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def stop(*_: object) -> None:
            loop.call_soon_threadsafe(task.cancel)
            for name in ENDING_SIGNALS:
                signal.signal(name, signal.SIG_DFL)

        for name in ENDING_SIGNALS:
            signal.signal(name, stop)
        try:
            return await task
        except asyncio.CancelledError:
            return commands.interrupted()

    usual_seconds = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        return asyncio.run(supervise())
    finally:
        sys.setswitchinterval(usual_seconds)
