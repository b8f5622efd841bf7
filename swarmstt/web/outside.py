"""What is served over plain HTTP on this PC's addresses besides loopback: guests, and other programs."""

from __future__ import annotations

from aiohttp import web

from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import build_guest_app
from swarmstt.web.incoming.places import ComesIn
from swarmstt.web.programs.access import Access
from swarmstt.web.programs.rows import add_program_rows


def build_outside_app(admissions: Admissions, programs: Access, comes_in: ComesIn) -> web.Application:
    """Returns the application. Whoever has neither an invitation nor a program's token gets nothing."""
    return build_guest_app(admissions, comes_in, also=lambda app: add_program_rows(app, programs, comes_in))
