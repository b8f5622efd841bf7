"""What a person sees who opens an invitation in a browser: what it is for, and nothing of this node."""

from __future__ import annotations

import html
import re
from http import HTTPStatus

from aiohttp import web

from swarmstt.web.api.guard import PAGE_HEADERS

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>An invitation to help</title>
"""
_WHAT_TO_DO = """<p>With this link a PC can help to turn audiobooks into text: install swarmstt there, and run</p>
<p><textarea readonly rows="5" cols="40" aria-label="The command">swarmstt help {url}</textarea></p>
"""
_OVER_TLS = """<p>Make sure that this is the address that you were sent. Your browser may have warned you of its
certificate: the PC that invites you made it itself. <code>swarmstt help</code> checks it by the end of the address.</p>
"""
_OVER_PLAIN_HTTP = """<p>If your browser shows this page at another address, take that one. If it begins with http://,
others on the way can read the sound and the text.</p>
"""


def is_opened_by_a_person(request: web.Request) -> bool:
    """Returns whether a browser asks for a page to show; guest programs ask for JSON, or for anything."""
    return "text/html" in request.headers.get("Accept", "")


def page(request: web.Request, *, is_plain: bool) -> web.Response:
    """Builds the page for whoever has a valid invitation; its address is as the browser has it, as far as a proxy
    says."""
    what_to_do = _WHAT_TO_DO.format(url=html.escape(_address(request)))
    return _answer(what_to_do + (_OVER_PLAIN_HTTP if is_plain else _OVER_TLS), HTTPStatus.OK)


def saying(sentence: str, status: HTTPStatus) -> web.Response:
    """Builds a page that says why an invitation is of no use."""
    return _answer(f"<p>{html.escape(sentence)}</p>\n", status)


def _answer(body: str, status: HTTPStatus) -> web.Response:
    headers = {**PAGE_HEADERS, "Cache-Control": "no-store"}
    return web.Response(text=_HEAD + body, status=status, content_type="text/html", headers=headers)


def _address(request: web.Request) -> str:
    host = request.headers.get("X-Forwarded-Host", request.host)
    if not _HOST.fullmatch(host):
        return "URL"
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{'https' if scheme == 'https' else 'http'}://{host}{request.path.rstrip('/')}"
