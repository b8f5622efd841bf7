"""The page in a real browser, before a fake node that is served for real."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from swarmstt.web.app import build_app, serve
from tests.unit.web.fake_node import ANNA, BEN, OWN, FakeNode, book, task, worker

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
missing = [
    name
    for name, there in (("playwright", importlib.util.find_spec("playwright")), ("a Chromium browser", browser_path))
    if not there
]
pytestmark = [
    pytest.mark.e2e,
    # On the machines that test every change, a missing browser must be seen.
    pytest.mark.skipif(bool(missing) and os.environ.get("CI") != "true", reason=f"lacks {' and '.join(missing)}"),
]


class Stage:
    """A fake node, its page served, and a browser to look at it with."""

    def __init__(self, node: FakeNode, stack: AsyncExitStack, browser: Any) -> None:
        self.node = node
        self.stack = stack
        self.browser = browser
        self.serving = AsyncExitStack()
        self.port = 0
        self.complaints: list[str] = []

    async def start(self) -> None:
        self.port = await self.serving.enter_async_context(serve(build_app(self.node, changes_seconds=0.05), self.port))

    async def stop(self) -> None:
        await self.serving.aclose()

    async def open(self, **options: Any) -> Any:
        """The page, in a window of its own; what the browser complains of is kept."""
        context = await self.browser.new_context(**options)
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(f"http://127.0.0.1:{self.port}/")
        await page.get_by_text("(this PC)").wait_for()
        return page


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    from playwright.async_api import async_playwright

    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=browser_path, args=BROWSER_ARGUMENTS)
        stack.push_async_callback(browser.close)
        made = Stage(FakeNode(tmp_path), stack, browser)
        stack.push_async_callback(made.stop)
        await made.start()
        yield made


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


async def test_empty_states_teach(stage: Stage) -> None:
    page = await stage.open()
    await page.get_by_text("Idle. Drop a book anywhere.").wait_for()
    await page.get_by_text("Drop a book anywhere on this page").wait_for()
    await page.get_by_text("This PC works alone").wait_for()
    assert "/home/ada/Audiobooks" in await page.locator("#no-books").inner_text()
    assert stage.complaints == []


async def test_a_book_in_every_state(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    row = page.locator(".book")
    await page.get_by_text("Working with one other PC").wait_for()
    await row.get_by_text("About 14 minutes").wait_for()
    await row.get_by_text("One part could not be decoded and is left out.").wait_for()
    label = "2 of 6 parts done, 1 being decoded, 1 could not be decoded."
    await row.get_by_role("img", name=label).wait_for()
    await page.get_by_text("Decoding one part of The Time Machine").wait_for()

    await row.get_by_role("button", name="The Time Machine", exact=True).click()
    timeline = row.get_by_role("slider")
    await timeline.focus()
    told = []
    for _ in range(6):
        await page.keyboard.press("ArrowRight")
        told.append(await timeline.get_attribute("aria-valuetext"))
    assert told[0] == "Part 1, 0:00 to 5:00, Chapter I\nDesk PC did it in 0:12"
    assert told[2].endswith("Could not be decoded: Nobody could decode it.")
    assert told[3] == "Part 4, 15:00 to 20:00, Chapter II\nBen's PC decodes it, 40\u00a0%"
    assert told[5].endswith("Waiting")
    await row.get_by_role("cell", name="Anna's laptop").wait_for()
    await row.get_by_text("10:00 to 15:00: Nobody could decode it.").wait_for()
    assert stage.complaints == []


async def test_the_timeline_is_drawn_to_scale(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open(color_scheme="light")
    await page.wait_for_function("document.querySelector('.book canvas').width > 0")
    colour_at = """part => {
      const canvas = document.querySelector(".book canvas");
      const x = Math.floor(canvas.width * part);
      return [...canvas.getContext("2d").getImageData(x, 9, 1, 1).data].slice(0, 3).join();
    }"""
    await page.wait_for_function(f"({colour_at})(1 / 12) === '37,99,201'")  # this PC's colour
    second = await page.evaluate(colour_at, 3 / 12)
    waiting = await page.evaluate(colour_at, 9 / 12)
    assert waiting == "255,255,255"
    assert second not in ("37,99,201", waiting)


async def test_what_changes_shows_at_once(stage: Stage) -> None:
    page = await stage.open()
    node = stage.node
    node.put_book(book("7", title="Emma", author="Jane Austen", percent=10.0))
    row = page.locator(".book", has_text="Emma")
    await row.get_by_text("10\u00a0%").wait_for()
    assert await page.locator("#no-books").is_hidden()
    node.put_book({**node.known_books["7"], "percent": 55.9})
    await row.get_by_text("55\u00a0%").wait_for()
    node.tell({"type": "told", "text": "Anna's laptop went away; its part goes to this PC.", "at": ""})
    await page.get_by_role("status").get_by_text("Anna's laptop went away").wait_for()
    node.workers = [worker(OWN), worker(ANNA)]
    node.tell_node()
    await page.get_by_role("heading", name="Anna's laptop").wait_for()
    await node.remove(book("7")["book_id"])
    await page.get_by_text("Drop a book anywhere on this page").wait_for()
    assert stage.complaints == []


async def test_what_a_person_can_do_with_a_book(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    row = page.locator(".book")
    await row.get_by_role("button", name="Pause The Time Machine").click()
    await row.get_by_role("button", name="Go on with The Time Machine").click()
    await row.get_by_role("button", name="Pause The Time Machine").wait_for()
    await row.get_by_role("button", name="Try again").click()
    await row.get_by_role("button", name="Try again").wait_for(state="hidden")
    await row.get_by_role("button", name="The Time Machine", exact=True).press("Enter")
    await row.get_by_role("button", name="Remove this book").click()
    await row.get_by_role("button", name="Keep").click()
    await row.get_by_role("button", name="Remove this book").click()
    await row.get_by_role("button", name="Remove", exact=True).click()
    await row.wait_for(state="detached")
    calls = [call[0] for call in stage.node.calls if call[0] != "books"]
    assert calls == ["pause", "resume", "retry", "remove"]


async def test_an_action_that_fails_says_so_in_its_place(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    await page.route("**/books/1/pause", lambda route: route.abort())
    row = page.locator(".book")
    await row.get_by_role("button", name="Pause The Time Machine").click()
    await row.get_by_text("This PC's node did not answer").wait_for()


async def test_pausing_this_pc(stage: Stage) -> None:
    page = await stage.open()
    card = page.locator(".card", has_text="(this PC)")
    await card.get_by_role("button", name="Pause").click()
    await page.get_by_text("Paused. This PC does nothing until it may help again.").wait_for()
    await card.get_by_role("button", name="Go on").click()
    await page.get_by_text("Idle. Drop a book anywhere.").wait_for()


async def test_a_finished_book_can_be_downloaded(stage: Stage) -> None:
    files = [{"format": each, "path": f"/out/Emma.{each}"} for each in ("txt", "srt", "json")]
    stage.node.known_books["1"] = book("1", title="Emma", state="done", percent=100.0, files=files)
    (stage.node.folder / "Emma.srt").write_text("1\n", encoding="utf-8")
    page = await stage.open()
    async with page.expect_download() as expected:
        await page.get_by_role("link", name="Download Emma as SRT").click()
    download = await expected.value
    assert download.suggested_filename == "Emma.srt"
    await page.get_by_role("button", name="Emma", exact=True).click()
    assert await page.locator(".downloads a").all_inner_texts() == ["Text", "Subtitles (SRT)", "All data (JSON)"]


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


async def test_dropping_a_file(stage: Stage) -> None:
    page = await stage.open()
    await page.get_by_text("New books:").click()
    await page.get_by_label("Language").select_option("de")
    await page.get_by_label("Names and rare words").fill("Weena")
    await page.get_by_text("German, with names").wait_for()
    await page.evaluate(DROP_FILES, ["Emma.mp3"])
    await page.locator(".book", has_text="Emma").wait_for()
    await page.locator(".upload").wait_for(state="detached")
    assert await page.locator("#drop-veil").is_hidden()
    ((files, filename, options),) = [call[1:] for call in stage.node.calls if call[0] == "add_upload"]
    assert (files, filename) == ({"Emma.mp3": b"Emma.mp3"}, "Emma.mp3")
    assert (options.language, options.hotwords, options.model) == ("de", "Weena", None)
    assert stage.complaints == []


async def test_dropping_a_folder(stage: Stage) -> None:
    page = await stage.open()
    await page.evaluate(DROP_FOLDER)
    await page.locator(".book", has_text="Dune").wait_for()
    ((files, filename),) = [call[1:3] for call in stage.node.calls if call[0] == "add_upload"]
    assert filename == "Dune"
    assert files == {
        "00001/9.mp3": b"/Dune/CD 1/9.mp3",
        "00002/10.mp3": b"/Dune/CD 1/10.mp3",
        "00003/1.mp3": b"/Dune/CD 2/1.mp3",
    }


async def test_choosing_files_and_a_folder(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "chosen" / "Persuasion"
    folder.mkdir(parents=True)
    (folder / "1.mp3").write_bytes(b"one")
    (folder / "2.mp3").write_bytes(b"two")
    page = await stage.open()
    await page.locator("#files").set_input_files([folder / "1.mp3"])
    await page.locator(".book", has_text="1").first.wait_for()
    await page.locator("#folder").set_input_files(folder)
    await page.locator(".book", has_text="Persuasion").wait_for()
    assert [call[2] for call in stage.node.calls if call[0] == "add_upload"] == ["1.mp3", "Persuasion"]


async def test_an_upload_that_fails_says_why_and_can_be_tried_again(stage: Stage) -> None:
    page = await stage.open()
    await page.route("**/upload", lambda route: route.abort())
    await page.evaluate(DROP_FILES, ["Emma.mp3"])
    upload = page.locator(".upload")
    await upload.get_by_text("The upload was interrupted, and nothing of it was kept.").wait_for()
    await page.unroute("**/upload")
    stage.node.free = 10
    await upload.get_by_role("button", name="Try again").click()
    await upload.get_by_text("no room").wait_for()
    stage.node.free = 10**9
    await upload.get_by_role("button", name="Try again").click()
    await page.locator(".book", has_text="Emma").wait_for()
    await upload.wait_for(state="detached")


async def test_a_node_that_goes_and_comes_back(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    await page.locator(".book").wait_for()
    await stage.stop()
    await page.get_by_text("swarmstt does not answer on this PC. Trying again…").wait_for()
    stage.node.known_books["1"]["percent"] = 77.0
    await stage.start()
    await page.locator(".book").get_by_text("77\u00a0%").wait_for()
    await page.get_by_text("Working with one other PC").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_every_width_in_light_and_dark(stage: Stage, scheme: str) -> None:
    fill(stage.node)
    long = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente" * 3
    stage.node.known_books["2"] = book(
        "2", title=long, author=long, filename=f"{long}.mp3", state="failed", reason=long
    )
    stage.node.node["troubles"] = [long]
    page = await stage.open(color_scheme=scheme)
    await page.get_by_text("New books:").click()
    for button in await page.locator(".book .title").all():
        await button.click()
    for width in (320, 375, 600, 768, 900, 1280, 1920):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(21, 23, 26)" if scheme == "dark" else "rgb(246, 246, 244)")
    assert stage.complaints == []


async def test_text_never_becomes_markup(stage: Stage) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    stage.node.known_books["1"] = book("1", title=evil, author=evil, reason=evil, state="failed")
    stage.node.workers = [worker(OWN, name=evil, reason=evil), worker(ANNA, name=evil)]
    page = await stage.open()
    await page.locator(".book .title").click()
    assert await page.locator("main img, main script").count() == 0
    assert await page.locator(".book .title").inner_text() == evil
    assert stage.complaints == []


async def test_times_as_a_person_says_them(stage: Stage) -> None:
    page = await stage.open()
    seconds = [5, 70, 840, 1300, 3300, 3700, 5400, 3600 * 30, 3600 * 80]
    said = await page.evaluate("async (all) => all.map((await import('/static/words.js')).aboutTime)", seconds)
    assert said == [
        "less than a minute",
        "about a minute",
        "about 14 minutes",
        "about 20 minutes",
        "about an hour",
        "about an hour",
        "about 1½ hours",
        "about 30 hours",
        "about 3 days",
    ]
    clocks = await page.evaluate("async (all) => all.map((await import('/static/words.js')).clock)", [0, 65, 3725])
    assert clocks == ["0:00", "1:05", "1:02:05"]


async def test_the_sentence_of_state(stage: Stage) -> None:
    page = await stage.open()
    node: dict[str, Any] = {"helping": True, "helping_with": []}
    working = book("1", tasks={"total": 2, "in_progress": 1}, speed=10.0, percent=50.0, duration=3600.0)
    own, anna, ben = (worker(each, state="working") for each in (OWN, ANNA, BEN))
    cases: list[tuple[dict[str, Any], list[Any], list[Any], str]] = [
        (node, [], [], "Idle. Drop a book anywhere."),
        (node, [own], [working], "Working alone, done in about 3 minutes."),
        (node, [own, anna, ben], [working], "Working with 2 other PCs, done in about 3 minutes."),
        ({**node, "helping": False}, [anna], [working], "Paused here; one other PC works on, done in about 3 minutes."),
        ({**node, "helping": False}, [], [], "Paused. This PC does nothing until it may help again."),
        ({**node, "helping_with": [{"name": "Ben's PC", "title": "Emma"}]}, [], [], "Helping Ben's PC with Emma."),
        (node, [], [book("1", read_whole=False)], "Reading the audio."),
        (node, [], [book("1", paused=True)], "Paused: no book may go on."),
    ]
    say = "async ([node, workers, books]) => (await import('/static/words.js')).sentence(node, workers, books)"
    for status, workers, books, sentence in cases:
        assert await page.evaluate(say, [status, workers, books]) == sentence
