"""The page in a real browser, before a fake node that is served for real."""

from __future__ import annotations

import pytest

from tests.e2e.support.browsing import Stage, eventually_true, fill, needs_browser
from tests.unit.web.fake_node import ANNA, OWN, book, task, worker

pytestmark = needs_browser


async def test_empty_states_teach(stage: Stage) -> None:
    page = await stage.open()
    await page.get_by_text("Idle. Drop a book anywhere.").wait_for()
    await page.get_by_text("Drop a book anywhere on this page").wait_for()
    await page.get_by_text("This PC works alone").wait_for()
    assert "/home/ada/Audiobooks" in await page.locator("#no-books").inner_text()
    await page.get_by_text("Then press Add a PC here.").wait_for()
    assert stage.complaints == []


async def test_a_book_in_every_state(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    row = page.locator(".book")
    await page.get_by_text("Working with one other PC").wait_for()
    await row.get_by_text("About 14 minutes · 9 × realtime").wait_for()
    await row.get_by_text("One part could not be transcribed and is left out.").wait_for()
    label = "2 of 6 parts done, 1 being transcribed, 1 could not be transcribed."
    await row.get_by_role("img", name=label).wait_for()
    await page.get_by_text("Transcribing one part of The Time Machine").wait_for()

    await row.get_by_role("button", name="The Time Machine", exact=True).click()
    timeline = row.get_by_role("slider")
    await timeline.focus()
    told = []
    for _ in range(6):
        await page.keyboard.press("ArrowRight")
        told.append(await timeline.get_attribute("aria-valuetext"))
    assert told[0] == "Part 1, 0:00 to 5:00, Chapter I\nDesk PC did it in 0:12"
    assert told[2].endswith("Could not be transcribed: Nobody could decode it.")
    assert told[3] == "Part 4, 15:00 to 20:00, Chapter II\nBen's PC is transcribing it, 40\u00a0%"
    assert told[5].endswith("Waiting")
    await row.get_by_role("cell", name="Anna's laptop").wait_for()
    await row.get_by_text("10:00 to 15:00: Nobody could decode it.").wait_for()
    assert stage.complaints == []


async def test_a_book_without_its_ebook_is_not_said_to_be_done(stage: Stage) -> None:
    ebook = {"name": "a.epub", "trouble": None, "report": None}
    gap = {"start": 1.0, "end": 2.0, "reason": "It is damaged."}
    stage.node.put_book(book("1", title="Emma", state="done", ebook=ebook))
    damaged = {**ebook, "trouble": "a.epub is damaged."}
    stage.node.put_book(book("2", title="Lear", state="done", ebook=damaged, gaps=[gap]))
    page = await stage.open()
    emma, lear = (page.locator(".book", has_text=title) for title in ("Emma", "Lear"))
    await emma.get_by_text("Done", exact=True).wait_for()
    await lear.get_by_text("Written without its ebook").wait_for()
    assert await lear.get_by_text("Done", exact=True).count() == 0
    await lear.get_by_text("if you can. a.epub is damaged.").wait_for()
    assert await emma.locator(".row-trouble").is_hidden()


async def test_the_folder_of_a_book_is_shown(stage: Stage) -> None:
    files = [{"format": "txt", "path": "/home/ada/Books/Emma.txt"}]
    stage.node.put_book(book("1", title="Emma", state="done", files=files))
    page = await stage.open()
    await page.locator(".book .title").click()
    await page.get_by_role("button", name="Show in folder").click()
    await page.route("**/books/1/show", lambda route: route.fulfill(status=409, json={"error": "There is no screen."}))
    await page.get_by_role("button", name="Show in folder").click()
    await page.get_by_text("There is no screen.").wait_for()
    assert ("show_folder", "1") in stage.node.calls


@pytest.mark.parametrize("width", [360, 821, 900, 1280])
async def test_an_open_book_is_no_wider_than_its_place(stage: Stage, width: int) -> None:
    fill(stage.node)
    page = await stage.open(viewport={"width": width, "height": 900})
    await page.locator(".book .title").click()
    await page.get_by_role("cell", name="Anna's laptop").wait_for()
    too_wide = """[...document.querySelectorAll(".details, .details section")]
      .filter((each) => each.scrollWidth > each.clientWidth).length"""
    assert await page.evaluate(too_wide) == 0


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
    node.tell(
        {"type": "told", "text": "Anna's laptop went away; its part goes to this PC.", "at": "", "worker_id": None}
    )
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
    await row.get_by_role("button", name="Resume The Time Machine").click()
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
    assert calls == ["set_paused", "set_paused", "retry", "remove"]


async def test_an_action_that_fails_says_so_in_its_place(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    await page.route("**/books/1/pause", lambda route: route.abort())
    row = page.locator(".book")
    await row.get_by_role("button", name="Pause The Time Machine").click()
    await row.get_by_text("Can't reach swarmstt.").wait_for()


async def test_pausing_this_pc(stage: Stage) -> None:
    page = await stage.open()
    card = page.locator(".card", has_text="(this PC)")
    await card.get_by_role("button", name="Pause", exact=True).click()
    await card.get_by_role("button", name="Do not pause").click()
    await card.get_by_role("button", name="Pause", exact=True).click()
    await card.get_by_role("button", name="Until I resume").click()
    await page.get_by_text("Paused. This PC is not transcribing.").wait_for()
    await card.get_by_role("button", name="Resume", exact=True).click()
    await page.get_by_text("Idle. Drop a book anywhere.").wait_for()


async def test_a_model_that_comes_is_told_on_the_card_of_this_pc(stage: Stage) -> None:
    page = await stage.open()
    coming = page.locator(".card", has_text="(this PC)").get_by_text("Getting the model")
    assert await coming.count() == 0
    for percent in (0, 40):
        stage.node.node["fetching"] = f"Getting the model base from Anna's laptop, {percent}\u00a0%."
        stage.node.tell_node()
        await page.get_by_text(f"Getting the model base from Anna's laptop, {percent}\u00a0%.").wait_for()
    stage.node.node["fetching"] = None
    stage.node.tell_node()
    await coming.wait_for(state="detached")
    assert stage.complaints == []


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
    await page.locator(".downloads a").last.wait_for()
    assert await page.locator(".downloads a").all_inner_texts() == ["Text", "Subtitles (SRT)", "All data (JSON)"]


async def test_a_node_that_goes_and_comes_back(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    await page.locator(".book").wait_for()
    await stage.stop()
    await page.get_by_text("Can't reach swarmstt. Start it from the tray or with `swarmstt up`.").wait_for()
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
    await page.get_by_text("Options for new books:").click()
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
    assert await page.locator("main img:not(.cover), main script").count() == 0
    assert await page.locator(".book .title").inner_text() == evil
    assert stage.complaints == []


async def test_what_failed_in_the_drop_folder_is_seen(stage: Stage) -> None:
    folder = {"path": "/books", "present": True, "waiting": 0, "reason": None, "refused": ["bad.mp3 is not audio."]}
    stage.node.node["drop_folders"] = [folder]  # type: ignore[list-item]
    page = await stage.open()
    await page.locator("#refused").get_by_text("bad.mp3 is not audio. It is in /books.").wait_for()
    stage.node.node["drop_folders"] = []
    stage.node.tell_node()
    await page.locator("#refused").wait_for(state="hidden")


NOTIFY = """
  window.said = [];
  window.Notification = class {
    constructor(title, { body }) { window.said.push(body); }
    static permission = "default";
    static async requestPermission() { return (Notification.permission = "granted"); }
  };
"""


async def test_a_person_who_asked_is_notified_of_a_book_that_is_done_and_of_trouble(stage: Stage) -> None:
    stage.node.put_book(book("1", title="Emma", state="merging"))
    window = await stage.window()
    await window.add_init_script(NOTIFY)
    await window.goto(f"http://127.0.0.1:{stage.port}/")
    await window.get_by_text("(this PC)").wait_for()
    await window.get_by_role("button", name="Settings").click()
    await window.get_by_role("button", name="Notify me when a book is done").click()
    await window.get_by_role("button", name="Stop notifying me").wait_for()
    stage.node.put_book(book("1", title="Emma", state="done", percent=100.0))
    await eventually_true(window, "window.said.join() === 'Emma is ready to read.'")
    stage.node.node["troubles"] = ["The disk is full."]
    stage.node.tell_node()
    await eventually_true(window, "window.said.at(-1) === 'The disk is full.'")


async def test_a_book_is_put_before_the_others_and_hundreds_of_parts_are_painted(stage: Stage) -> None:
    stage.node.put_book(book("1", title="Emma"))
    stage.node.put_book(book("2", title="Dune", duration=150_000.0, percent=60.0))
    for index in range(500):
        status = "completed" if index < 300 else "failed" if index == 300 else "pending"
        stage.node.put_task(task("2", index, status, worker_id=OWN if index < 300 else None))
    page = await stage.open()
    row = page.locator(".book", has_text="Dune")
    await row.get_by_role("button", name="Dune", exact=True).click()
    await row.get_by_role("button", name="Do this first").click()
    await row.get_by_role("button", name="It comes first now").wait_for()
    assert ("prioritise", "2") in stage.node.calls
    colours = await page.evaluate(
        """() => {
          const canvas = document.querySelector(".timeline.large canvas");
          const row = canvas.getContext("2d").getImageData(0, 2, canvas.width, 1).data;
          const found = new Set();
          for (let at = 0; at < row.length; at += 4) found.add(row.slice(at, at + 3).join());
          return found.size;
        }"""
    )
    assert colours >= 4, "done, missing, waiting and what parts the cells"
    assert stage.complaints == []


async def test_a_node_that_is_gone_is_said_by_title_and_cards(stage: Stage) -> None:
    page = await stage.open()
    await stage.stop()
    await eventually_true(page, "document.title === 'Not running · swarmstt'")
    await page.locator(".card").get_by_text("swarmstt is not running here").wait_for()
    await stage.start()
    await page.locator(".card").get_by_text("Ready").wait_for()
    await eventually_true(page, "document.title === 'Desk PC · swarmstt'")
