"""A browser for the tests of the page, and a fake node that is served for real."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from swarmstt.web.app import build_app, serve
from swarmstt.web.reading import ReaderPort
from tests.unit.web.fake_node import ANNA, BEN, OWN, FakeNode, book, task, worker

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--process-per-site",  # a fifth less to compute
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]

browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
missing = [
    name
    for name, there in (("playwright", importlib.util.find_spec("playwright")), ("a Chromium browser", browser_path))
    if not there
]
needs_browser = [
    pytest.mark.e2e,
    # On the machines that test every change, a missing browser must be seen.
    pytest.mark.skipif(bool(missing) and os.environ.get("CI") != "true", reason=f"lacks {' and '.join(missing)}"),
]


class Stage:
    """A fake node, its page served, and a browser to look at it with."""

    def __init__(self, node: FakeNode, browser: Any) -> None:
        self.node = node
        self.browser = browser
        self.reader: ReaderPort | None = None
        self.serving = AsyncExitStack()
        self.port = 0
        self.complaints: list[str] = []

    async def start(self) -> None:
        app = build_app(self.node, changes_seconds=0.05, reader=self.reader)
        self.port = await self.serving.enter_async_context(serve(app, self.port))

    async def stop(self) -> None:
        await self.serving.aclose()

    async def open(self, **options: Any) -> Any:
        """The page, in a window of its own; what the browser complains of is kept."""
        page = await self.window(**options)
        await page.goto(f"http://127.0.0.1:{self.port}/")
        await page.get_by_text("(this PC)").wait_for()
        return page

    async def window(self, **options: Any) -> Any:
        """An empty window."""
        context = await self.browser.new_context(**options)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


@asynccontextmanager
async def browsing(*arguments: str) -> AsyncIterator[Any]:
    """A browser, with these arguments more."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=[*BROWSER_ARGUMENTS, *arguments])
        try:
            yield browser
        finally:
            await browser.close()


def fill(node: FakeNode) -> None:
    """A book with a part in every state, on three PCs."""
    gap = {"start": 600.0, "end": 900.0, "reason": "Nobody could decode it."}
    counts = {"total": 6, "completed": 2, "in_progress": 1, "pending": 2, "failed": 1}
    chapters = [
        {"title": "Chapter I", "start": 0.0, "end": 900.0},
        {"title": "Chapter II", "start": 900.0, "end": 1800.0},
    ]
    node.known_books["1"] = book(
        "1",
        percent=40.0,
        duration=1800.0,
        remaining_seconds=840.0,
        tasks=counts,
        gaps=[gap],
        chapters=chapters,
        speed=9.0,
    )
    parts = [
        task("1", 0, "completed", worker_id=OWN),
        task("1", 1, "completed", worker_id=ANNA),
        task("1", 2, "failed", reason="Nobody could decode it."),
        task("1", 3, "in_progress", worker_id=BEN, progress=0.4),
        task("1", 4),
        task("1", 5),
    ]
    node.known_tasks.update({part["id"]: part for part in parts})
    doing = [{"book_id": "1", "task_id": "1-00003", "title": "The Time Machine", "progress": 0.4}]
    node.workers = [
        worker(OWN, done_seconds=300.0, speed=9.0),
        worker(ANNA, done_seconds=300.0, device="NVIDIA RTX 3060"),
        worker(BEN, state="working", doing=doing),
    ]
    node.node["state"] = "working"


DROP_FILES = """names => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File([name], name, {type: "audio/mpeg"}));
  for (const type of ["dragenter", "dragover", "drop"]) {
    window.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}"""

DROP_FOLDER = """() => {
  const file = (path) => ({
    isDirectory: false, name: path.split("/").pop(), fullPath: path,
    file: (done) => done(new File([path], path.split("/").pop(), {type: path.endsWith("jpg") ? "image/jpeg" : ""})),
  });
  const folder = (path, ...portions) => ({
    isDirectory: true, name: path.split("/").pop(), fullPath: path,
    createReader: () => ({readEntries: (done) => done(portions.shift() ?? [])}),
  });
  const entry = folder("/Dune",
    [folder("/Dune/CD 2", [file("/Dune/CD 2/1.mp3")])],
    [folder("/Dune/CD 1", [file("/Dune/CD 1/10.mp3")], [file("/Dune/CD 1/9.mp3")]), file("/Dune/cover.jpg")]);
  const drop = new Event("drop", {cancelable: true});
  const item = {kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => null};
  drop.dataTransfer = {types: ["Files"], items: [item]};
  window.dispatchEvent(drop);
}"""


async def until_true(page: Any, expression: str) -> None:
    """Waits for this to be so. Playwright's own wait needs eval, which the page forbids."""
    for _ in range(400):
        if await page.evaluate(expression):
            return
        await page.wait_for_timeout(50)
    raise AssertionError(f"Waited in vain for {expression}")
