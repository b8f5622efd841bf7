"""A browser for the tests of the page, and a fake node that is served for real, with what it shows or answers."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmstt.errors import NotFoundError
from swarmstt.ids import BookId
from swarmstt.web.api.ports import ReadAlongPort
from swarmstt.web.api.status_views import StatusView
from swarmstt.web.api.views import AudioView, WordView
from swarmstt.web.app import build_app, serve
from tests.support.waiting import eventually
from tests.unit.web.fake_node import ANNA, BEN, OWN, FakeNode, book, task, worker

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIGHT_BROWSERS = ("chromium-headless-shell", *BROWSERS)
"""Debian's Chromium without what it has for windows takes half as much to compute. Pages that a fake node serves are
looked at with it where it is there, those of real nodes with the whole one."""
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

browser_path, light_browser_path = (
    next(filter(None, map(shutil.which, names)), None) for names in (BROWSERS, LIGHT_BROWSERS)
)
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
        self.reader: ReadAlongPort | None = None
        self.serving = AsyncExitStack()
        self.port = 0
        self.complaints: list[str] = []

    async def start(self) -> None:
        ports = replace(self.node.ports, read_along=self.reader)
        app = build_app(ports, changes_seconds=0.05, undecided=self.node, edits=self.node)
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
        page.set_default_timeout(120_000)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


@asynccontextmanager
async def browsing(*arguments: str, light: bool = False) -> AsyncIterator[Any]:
    """A browser, with these arguments more; `light`: one of LIGHT_BROWSERS."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=light_browser_path if light else browser_path, args=[*BROWSER_ARGUMENTS, *arguments]
        )
        try:
            yield browser
        finally:
            await browser.close()


async def close_windows(browser: Any) -> None:
    """Closes all of a browser's windows, and forgets what they kept."""
    for context in browser.contexts:
        await context.close()


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
  const types = {jpg: "image/jpeg", epub: "application/epub+zip"};
  const file = (path) => ({
    isDirectory: false, name: path.split("/").pop(), fullPath: path,
    file: (done) => done(new File([path], path.split("/").pop(), {type: types[path.split(".").pop()] ?? ""})),
  });
  const folder = (path, ...portions) => ({
    isDirectory: true, name: path.split("/").pop(), fullPath: path,
    createReader: () => ({readEntries: (done) => done(portions.shift() ?? [])}),
  });
  const entry = folder("/Dune",
    [folder("/Dune/CD 2", [file("/Dune/CD 2/1.mp3")])],
    [folder("/Dune/CD 1", [file("/Dune/CD 1/10.mp3")], [file("/Dune/CD 1/9.mp3")]),
     file("/Dune/cover.jpg"), file("/Dune/Dune.epub")]);
  const drop = new Event("drop", {cancelable: true});
  const item = {kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => null};
  drop.dataTransfer = {types: ["Files"], items: [item]};
  window.dispatchEvent(drop);
}"""


async def eventually_true(page: Any, expression: str) -> None:
    """Waits for this to be so. Playwright's own wait needs eval, which the page forbids."""
    await eventually(lambda: page.evaluate(expression), expression, pause_seconds=0.05)


SETTINGS = {
    "name": "Desk PC",
    "model": "base",
    "models": ["base", "tiny.en"],
    "slots": None,
    "memory_gb": None,
    "drop_folders": [],
    "help_when": "always",
    "idle_minutes": 10,
    "help_from": "22:00",
    "help_until": "06:00",
    "paused_until": None,
}


class DoorNode(FakeNode):
    """A node that can add PCs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.door: Any = {
            "open": False,
            "seconds_left": 0,
            "joining": [],
            "alone": True,
            "advice": None,
        }

    def status(self) -> StatusView:
        return {**super().status(), "door": self.door}


class Answers:
    """Answers requests in place of the node, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        nothing = (404, {"error": "There is nothing here."})
        self.by_row: dict[tuple[str, str], tuple[int, Any]] = {("GET", "/programs"): nothing}

    async def __call__(self, route: Any) -> None:
        request = route.request
        path = "/" + request.url.split("/", 3)[3]
        self.asked.append((request.method, path, json.loads(request.post_data) if request.post_data else None))
        status, body = self.by_row.get((request.method, path), (200, {"status": "ok"}))
        await route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    async def until_asked(self, *wanted: tuple[str, str, Any], but: Collection[str] = ()) -> None:
        """That is asked and nothing else, apart from methods in `but`."""
        await eventually(lambda: len(self._asked(but)) >= len(wanted), f"{wanted} to be asked")
        assert self._asked(but) == [*wanted]

    def _asked(self, but: Collection[str]) -> list[tuple[str, str, Any]]:
        return [asked for asked in self.asked if asked[0] not in but]


async def with_answers(page: Any, answers: Answers) -> None:
    """From here on these answers stand for what the dialogs ask of the node."""
    rows = ("door", "settings", "invitations", "invitations/*", "programs", "programs/*", "peers/*", "pause", "swarm")
    for row in (*rows, "identity", "peers/*/seen", "shutdown", "models", "models/*", "models?*", "books/*/again"):
        await page.route(f"**/{row}", answers)


class FakeReader:
    """Implements ReadAlongPort for one book of four parts of 300 seconds."""

    def __init__(self) -> None:
        self.facts = book("1", duration=1200.0, percent=25.0)
        self.statuses = ["completed", "pending", "pending", "failed"]
        self.said = ["One. Two.", "Three.", "Four.", ""]
        self.audio: list[AudioView] = []
        self.trouble: str | None = None
        self.file: Path | None = None
        self.goes_on: set[int] = set()
        """Places of parts whose text goes on in the paragraph of the part before."""

    async def text(self, book_id: BookId, first_seconds: float, last_seconds: float) -> Any:
        if book_id != "1":
            raise NotFoundError("There is no such book.")
        spans = [(300.0 * place, 300.0 * place + 300.0) for place in range(4)]
        return {
            **self.facts,
            "segments": [
                {
                    "start": start + 1,
                    "end": start + 5,
                    "text": said,
                    "words": _words(said, start + 1),
                    "paragraph": place not in self.goes_on,
                }
                for place, ((start, end), said, status) in enumerate(zip(spans, self.said, self.statuses, strict=True))
                if status == "completed" and start < last_seconds and end > first_seconds
            ],
            "parts": [
                {"start": start, "end": end, "status": status}
                for (start, end), status in zip(spans, self.statuses, strict=True)
            ],
            "done_until": [],
            "audio": self.audio,
            "audio_trouble": self.trouble,
        }

    async def source(self, book_id: BookId, part: int) -> Path:
        if self.file is None:
            raise NotFoundError("The audio is no longer there.")
        return self.file


def _words(said: str, start: float) -> list[WordView]:
    return [{"start": start + n, "end": start + n + 1, "word": f" {w}"} for n, w in enumerate(said.split())]


async def staged(stage: Stage, **options: Any) -> tuple[FakeReader, Any]:
    """The stage with a reader of one book, and an empty window."""
    reader = FakeReader()
    stage.reader = reader
    await stage.stop()
    await stage.start()
    stage.node.known_books["1"] = book("1", tasks={"total": 4, "completed": 1, "in_progress": 0, "failed": 1})
    page = await stage.window(**options)
    return reader, page


async def read(stage: Stage, page: Any, address: str = "/read/1") -> None:
    """Opens the book in the window; returns once its text is there."""
    await page.goto(f"http://127.0.0.1:{stage.port}{address}")
    await page.locator(".passage p").first.wait_for()
