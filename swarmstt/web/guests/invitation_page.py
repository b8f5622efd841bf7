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
_WHAT_TO_DO = """<h1>Help to turn audiobooks into text</h1>
<p>swarmstt transcribes audiobooks on several PCs together. Whoever sent you this link asks your PC to help.</p>
<ol>
<li>{install}</li>
<li>Then run this command, and leave it running for as long as you want to help. Ctrl-C ends it.
<p><textarea readonly rows="5" cols="40" aria-label="The command">swarmstt help {url}</textarea></p></li>
</ol>
<p>Your PC gets parts of the audio, a few minutes each, and sends their text back. It gets nothing else of the other PC,
and nobody gets anything of yours. The first time it also downloads a Whisper model.</p>
"""
_INSTALL = {
    "Windows": "Get swarmstt for Windows: ask for its setup program, which needs no administrator rights.",
    "Mac": "Get swarmstt for macOS: with Python 3.10 or newer, run <code>pip install .</code> in a copy of swarmstt.",
    "Linux": "Get swarmstt for Linux: ask for its Debian package, or with Python 3.10 or newer run "
    "<code>pip install .</code> in a copy of swarmstt.",
}
_INSTALL_ELSEWHERE = "Open this link on a PC with Windows, macOS or Linux: phones and tablets cannot help."
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
    what_to_do = _WHAT_TO_DO.format(url=html.escape(_address(request)), install=_install(request))
    return _answer(what_to_do + (_OVER_PLAIN_HTTP if is_plain else _OVER_TLS), HTTPStatus.OK)


def _install(request: web.Request) -> str:
    """Returns how to get swarmstt for the system that the browser says that it runs on."""
    agent = request.headers.get("User-Agent", "")
    if re.search("Android|iPhone|iPad", agent):
        return _INSTALL_ELSEWHERE
    return next((text for system, text in _INSTALL.items() if system in agent), _INSTALL["Linux"])


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
