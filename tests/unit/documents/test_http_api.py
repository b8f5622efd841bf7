"""docs/http_api.md is what the code would make of itself, and has every row."""

from __future__ import annotations

from typing import Any, cast

from aiohttp import hdrs

from swarmstt.web.api.ports import Ports
from swarmstt.web.api.replies import STATUS_OF
from swarmstt.web.app import build_app
from tests.support.http_document import PLACE, ROWS, WHEN, document

NOBODY = cast("Any", object())
"""Rows ask a port when they are asked."""


def test_the_document_is_new() -> None:
    assert PLACE.read_text(encoding="utf-8") == document(), "make it again: python -m tests.support.http_document"


async def test_it_has_every_row() -> None:
    """Those of other programs are in another document, and those of guests are the workers'."""
    names = Ports.__dataclass_fields__
    app = build_app(Ports(**dict.fromkeys(names, NOBODY)), models=NOBODY, undecided=NOBODY, edits=NOBODY)
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != hdrs.METH_HEAD
    }
    assert {(row.method, row.path) for rows in ROWS.values() for row in rows} == served


def test_it_says_what_each_status_means() -> None:
    assert {status.value for status in STATUS_OF.values()} <= WHEN.keys()
