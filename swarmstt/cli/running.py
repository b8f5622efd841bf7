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
from dataclasses import fields
from typing import Any

from swarmstt.cli import commands
from swarmstt.cli.logs import set_up_logging
from swarmstt.cli.parser import parse
from swarmstt.config import Config, build_config
from swarmstt.errors import SwarmError, UsageError
from swarmstt.node.folders import config_file, default_data_dir
from swarmstt.node.settings import kept_options

DONE, FAILED, WRONG_USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 it failed, 2 wrong usage."""
    _print_anything()
    given = vars(parse(sys.argv[1:] if arguments is None else arguments))
    verbose = False
    try:
        known = {field.name for field in fields(Config)}
        config = build_config(
            {k: v for k, v in given.items() if k in known},
            os.environ,
            config_file(),
            lambda data_dir: kept_options(data_dir or default_data_dir()),
        )
        verbose = config.verbose
        set_up_logging(config)
        return _all_printed(run_interruptible(commands.run(given["command"], config, argparse.Namespace(**given))))
    except SwarmError as error:
        if verbose:
            logging.getLogger(__name__).exception("The command failed.")
        print(f"swarmstt: {error.message}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        return commands.interrupted()
    except BrokenPipeError:
        # Whoever read our output has gone, as in `swarmstt status | head`.
        _say_no_more()
        return DONE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _say_no_more()
        print(
            "swarmstt: There is no room left where this command writes or prints: make some, and try again.",
            file=sys.stderr,
        )
        return FAILED


def _all_printed(status: int) -> int:
    """OSError where that cannot be: at the end of the process nobody could say so."""
    sys.stdout.flush()
    return status


def _say_no_more() -> None:
    """What is still to be printed at the end of this process goes nowhere."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_anything() -> None:
    """A sign that this terminal cannot show becomes its number, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run_interruptible(work: Coroutine[Any, Any, int]) -> int:
    """Runs `work`; Ctrl-C or SIGTERM cancels it once, and it ends in its own time; a second one ends all."""

    async def supervise() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def stop(*_: object) -> None:
            loop.call_soon_threadsafe(task.cancel)
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, signal.SIG_DFL)

        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, stop)
        try:
            return await task
        except asyncio.CancelledError:
            return commands.interrupted()

    return asyncio.run(supervise())
