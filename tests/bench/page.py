"""The live page before a busy node: 30 books of 500 chunks and 50 changes a second.

The node is the fake one of the tests, in a process of its own, so that what is measured is the page and its API.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from swarmstt.web.api.status_views import Change
from swarmstt.web.app import build_app, serve
from tests.e2e.support.browsing import browsing
from tests.unit.web.fake_node import ANNA, BEN, OWN, FakeNode, book, task, worker

BOOKS, CHUNKS = 30, 500
CHANGES_A_SECOND = 50
_PCS = (OWN, ANNA, BEN)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=1.0, help="how long changes come (default 1)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)


def run(given: argparse.Namespace) -> int:
    if given.serve:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_serve(Path(folder)))
        return 0
    rows = asyncio.run(_measure(60 * given.minutes))
    table = Table(title=f"{BOOKS} books of {CHUNKS} chunks, {CHANGES_A_SECOND} changes a second")
    table.add_column("what")
    table.add_column("measured", justify="right")
    for name, value in rows:
        table.add_row(name, value)
    Console(width=100).print(table)
    return 0


async def _serve(folder: Path) -> None:
    """The fake node; it prints its port and tells of changes until it is ended."""
    node = FakeNode(folder)
    _fill(node)
    async with serve(build_app(node.ports), 0) as port:
        print(port, flush=True)
        began_at, told = time.monotonic(), 0
        while True:
            due = (time.monotonic() - began_at) * CHANGES_A_SECOND
            while told < due:
                told += 1
                node.tell(_change(node, told))
            await asyncio.sleep(0.02)


def _fill(node: FakeNode) -> None:
    node.workers = [worker(each, state="working") for each in _PCS]
    counts = {"total": CHUNKS, "completed": 100, "in_progress": 3, "pending": 397, "failed": 0}
    for number in range(BOOKS):
        book_id = f"{number:08x}"
        node.known_books[book_id] = book(
            book_id, title=f"Book {number}", duration=300.0 * CHUNKS, percent=20.0, tasks=counts, speed=20.0
        )
        for index in range(CHUNKS):
            done = index < 100
            part = task(book_id, index, "completed" if done else "pending", worker_id=_PCS[index % 3] if done else None)
            node.known_tasks[part["id"]] = part


def _change(node: FakeNode, number: int) -> Change:
    """Of ten changes seven are of chunks, two of books, and one of the node."""
    chosen = random.Random(number)
    book_id = f"{chosen.randrange(BOOKS):08x}"
    if number % 10 == 0:
        return {"type": "node", "status": node.status()}
    if number % 10 in (3, 6):
        return {"type": "book", "book": {**node.known_books[book_id], "percent": 20 + 10 * chosen.random()}}
    index = 100 + chosen.randrange(10)
    part = task(book_id, index, "in_progress", worker_id=_PCS[index % 3], progress=chosen.random())
    return {"type": "task", "task": part}


async def _measure(seconds: float) -> list[tuple[str, str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", "page", "--serve"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        async with browsing() as browser:
            return await _watch(browser, f"http://127.0.0.1:{port}/", psutil.Process(process.pid), seconds)
    finally:
        process.kill()
        await process.wait()


async def _watch(browser: Any, url: str, node: psutil.Process, seconds: float) -> list[tuple[str, str]]:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    await page.goto(url)
    await page.get_by_text("(this PC)").wait_for()
    await page.locator(".book").nth(BOOKS - 1).wait_for()
    paint = "performance.getEntriesByType('paint').find((each) => each.name === 'first-contentful-paint').startTime"
    parts = "performance.getEntriesByType('resource').filter((each) => each.name.includes('/static/'))"
    sizes = f"{parts}.reduce((sum, each) => sum + each.decodedBodySize, 0)"
    first_paint, byte_count = await page.evaluate(paint), await page.evaluate(sizes)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Performance.enable")
    before, node_before, began_at = await _figures(devtools), node.cpu_times(), time.perf_counter()
    await asyncio.sleep(seconds)
    after, node_after, took = await _figures(devtools), node.cpu_times(), time.perf_counter() - began_at
    node_seconds = sum(node_after[:2]) - sum(node_before[:2])
    return [
        ("first paint", f"{first_paint:.0f} ms"),
        ("files of the page", f"{byte_count / 1000:.0f} kB"),
        ("CPU of the page", f"{100 * (after['TaskDuration'] - before['TaskDuration']) / took:.1f} % of a core"),
        ("  of it script", f"{100 * (after['ScriptDuration'] - before['ScriptDuration']) / took:.1f} %"),
        ("CPU of the node", f"{100 * node_seconds / took:.1f} % of a core"),
        ("memory of scripts, at first", f"{before['JSHeapUsedSize'] / 1e6:.1f} MB"),
        ("memory of scripts, at last", f"{after['JSHeapUsedSize'] / 1e6:.1f} MB"),
        ("elements, at first and at last", f"{before['Nodes']:.0f} and {after['Nodes']:.0f}"),
        ("memory of the node", f"{node.memory_info().rss / 1e6:.0f} MB"),
    ]


async def _figures(devtools: Any) -> dict[str, float]:
    """What the browser counts of the page, after its garbage is gone."""
    await devtools.send("HeapProfiler.collectGarbage")
    return {each["name"]: each["value"] for each in (await devtools.send("Performance.getMetrics"))["metrics"]}
