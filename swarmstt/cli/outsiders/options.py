"""The options of `invite` and `programs`, which let others in from elsewhere, and of `help`, which goes there."""

from __future__ import annotations

import argparse
import re

from swarmstt.config import MOST_INVITATION_DAYS, USUAL_INVITATION_DAYS


def add_invite_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", dest="invitation_name", default=None, metavar="NAME", help="who it is for")
    parser.add_argument(
        "--days", type=_days, default=USUAL_INVITATION_DAYS, metavar="N", help="days until it expires (30)"
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        default=False,
        help="over plain HTTP, which others can read, on --port: for a tunnel that ends TLS, and for old programs",
    )
    _instead(parser)


def add_help_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", nargs="?", default=None, metavar="URL", help="what `swarmstt invite` printed there")
    parser.add_argument(
        "--for",
        dest="for_seconds",
        type=duration,
        default=None,
        metavar="TIME",
        help="stop after this time, such as 55m or 1h",
    )


def add_programs_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", dest="program_name", default=None, metavar="NAME", help="what the program is called")
    parser.add_argument(
        "--origin",
        dest="origins",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a web page that may ask with it, such as app://obsidian.md; repeatable",
    )
    _instead(parser)


def _instead(parser: argparse.ArgumentParser) -> None:
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", dest="shows_list", action="store_true", default=False, help="list them")
    instead.add_argument("--revoke", action="store_true", default=False, help="revoke all, or those of --name")


def duration(text: str) -> float:
    """Returns the seconds of a length of time such as 55m, 90s, 1h30m or 90."""
    found = re.fullmatch(r"(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s?)?", text, re.ASCII)
    hours, minutes, seconds = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    if not (total := 3600 * hours + 60 * minutes + seconds):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a length of time such as 55m, 90s or 1h30m")
    return float(total)


def _days(text: str) -> int:
    days = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    if not 1 <= days <= MOST_INVITATION_DAYS:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number from 1 to {MOST_INVITATION_DAYS}")
    return days
