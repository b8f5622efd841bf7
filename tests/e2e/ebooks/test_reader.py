"""An EPUB in a reader that people use (foliate-js, from npm), in a real browser: the sentence that is marked is the one
that is spoken."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.browsing import BROWSER_ARGUMENTS, browser_path, needs_browser
from tests.support.ebooks import write_epub
from tests.unit.speech.ebooks.speaking import read_aloud

pytestmark = [pytest.mark.packages, pytest.mark.timeout(900), *needs_browser]

READER = "foliate-js@1.0.1"
INSTALL_SECONDS = 300
LATE_SECONDS = 0.6
"""The browser tells the reader four times a second how far the sound is; the rest is for a busy machine."""
TRIES = 4
"""A machine that stands still for a moment shows a mark late; an EPUB that is wrong does so each time."""
TITLE_PAGE = "All rights reserved"
"""Is not read. This release of the reader marks nothing in the first document, which it takes for none."""
CHAPTERS = (
    ("One", "It was a dark and stormy night. The rain fell in torrents over the town."),
    ("Two", "Nobody had <em>seen</em> him since. At dawn the river had gone over its banks."),
)
PAGE = """<!DOCTYPE html><html>
<style>html, body, foliate-view { display: block; height: 100vh; margin: 0 }</style><body>
<script type="module">
import './node_modules/foliate-js/view.js';
const RealAudio = window.Audio;
window.Audio = function (url) { return (window.sound = new RealAudio(url)); };
const view = document.createElement('foliate-view');
document.body.append(view);
await view.open('book.epub');
await view.goTo(0);
window.seen = [];
view.mediaOverlay.addEventListener('error', ({ detail }) => { window.wrong = String(detail); });
setInterval(() => {
  if (!window.sound || window.sound.paused) return;
  for (const { doc } of view.renderer.getContents()) {
    const marked = doc.querySelector('.-epub-media-overlay-active');
    if (marked) window.seen.push([marked.textContent, window.sound.currentTime]);
  }
}, 50);
window.play = () => view.startMediaOverlay();
window.ready = true;
</script></body></html>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("npm is missing")
        pytest.skip("this PC has no npm")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", READER]
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    thread.join()
    server.server_close()


def sentences() -> dict[str, tuple[float, float]]:
    """Each sentence, and when it is spoken: a word takes 0.4 seconds."""
    times, at = {}, 0
    for title, text in CHAPTERS:
        plain = text.replace("<em>", "").replace("</em>", "")
        for sentence in (title, *(f"{each.rstrip('.')}." for each in plain.split(". "))):
            count = len(sentence.split())
            times[sentence] = (0.4 * at, 0.4 * (at + count))
            at += count
    return times


async def test_the_sentence_that_is_marked_is_the_one_that_is_spoken(folder: Path, address: str) -> None:
    from playwright.async_api import async_playwright

    chapters = [(TITLE_PAGE, f"<p>{TITLE_PAGE}</p>"), *((title, f"<p>{text}</p>") for title, text in CHAPTERS)]
    read_aloud(write_epub(folder / "in.epub", chapters), folder / "book.epub", lambda text: text != TITLE_PAGE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=BROWSER_ARGUMENTS)
        expected, found = sentences(), []
        for _ in range(TRIES):
            page = await browser.new_page()
            seen = await seen_of(page, address, list(expected)[-1])
            await page.close()
            wrong = [
                (text, at, expected.get(text))
                for text, at in seen
                if text not in expected or not expected[text][0] - 0.1 <= at <= expected[text][1] + LATE_SECONDS
            ]
            found.append((list(dict.fromkeys(text for text, _ in seen)), wrong))
            if found[-1] == (list(expected), []):
                break
        await browser.close()
    assert found[-1] == (list(expected), []), found


async def seen_of(page: Any, address: str, last: str) -> list[tuple[str, float]]:
    """Plays the book from its start until that sentence is marked: what was marked, and how far the sound was."""
    await page.goto(address)
    await page.wait_for_function("window.ready", timeout=120_000)
    await page.evaluate("window.play()")
    await page.wait_for_function(f"window.wrong || window.seen.some(([text]) => text === {last!r})", timeout=120_000)
    assert await page.evaluate("window.wrong") is None
    seen: list[tuple[str, float]] = await page.evaluate("window.seen")
    return seen
