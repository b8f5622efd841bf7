"""What a person sees who opens an invitation in a browser: what it is for, and nothing of this node."""

from __future__ import annotations

import html
import re

from aiohttp import web

from swarmstt.web.guard import PAGE_HEADERS

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>An invitation to help</title>
<p>With this link a PC can help to turn audiobooks into text: install swarmstt there, and run</p>
<pre>swarmstt help {url}</pre>
<p>If your browser shows this page at another address, take that one.</p>
"""


def is_opened_by_a_person(request: web.Request) -> bool:
    """Whether a browser asks for a page to show; guest programs ask for JSON, or for anything."""
    return "text/html" in request.headers.get("Accept", "")


def page(request: web.Request) -> web.Response:
    """For whoever has a valid invitation; its address is as the browser has it, as far as a proxy tells."""
    text = _PAGE.format(url=html.escape(_address(request)))
    headers = {**PAGE_HEADERS, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)


def _address(request: web.Request) -> str:
    host = request.headers.get("X-Forwarded-Host", request.host)
    if not _HOST.fullmatch(host):
        return "URL"
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{'https' if scheme == 'https' else 'http'}://{host}{request.path.rstrip('/')}"
