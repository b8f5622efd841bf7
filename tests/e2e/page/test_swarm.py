"""The page of real nodes in a real browser: PCs that are added, removed, paused and lost, a book of two PCs, and a node
that is killed or hangs before the eyes of its person."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.support.browsing import needs_browser
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.stored_chunks import stored_chunks
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = [*needs_browser, pytest.mark.slow]

PATIENCE_MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory, voice: Voice) -> Path:
    """Two minutes, in chunks of half a minute."""
    return record(tmp_path_factory.mktemp("book") / "The Keeper.mp3", voice.say(*SENTENCES[:8], pause_seconds=11.0))


async def page_of(browser: Any, node: Running) -> Any:
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    await page.goto(node.url)
    await page.get_by_text("(this PC)").wait_for()
    return page


def card(page: Any, name: str) -> Any:
    return page.locator(".card", has=page.get_by_role("heading", name=name, exact=True))


async def test_a_pc_joins_is_removed_and_joins_again(whole_browser: Any, tmp_path: Path) -> None:
    with ExitStack() as stack:
        anna = stack.enter_context(Home(tmp_path / "anna").up("--name", "Anna", "--no_helping"))
        address = eventually(lambda: anna.get("/status")["node"]["swarm_address"], "the address of Anna's PC")
        ben = stack.enter_context(Home(tmp_path / "ben").up("--name", "Ben", "--no_helping", "--peer", address))
        at_anna, at_ben = await page_of(whole_browser, anna), await page_of(whole_browser, ben)

        await card(at_anna, "Ben").get_by_text("It is set not to transcribe.").wait_for()
        cards = [card(at_anna, "Ben"), card(at_ben, "Anna")]
        words = [await each.locator(".four-words").inner_text() for each in cards]
        assert words[0] == words[1]
        assert len(words[0].split(" · ")) == 4
        for each in cards:
            await each.get_by_role("button", name="They match").click()
            await each.get_by_role("button", name="Show the four words").wait_for()
        await at_ben.get_by_text("New PCs of this network can join").wait_for()  # as at each first start
        await at_ben.locator("#open-door").get_by_role("button", name="Close the door").click()
        for page in (at_anna, at_ben):
            await page.locator("#open-door").wait_for(state="hidden")

        await card(at_anna, "Ben").get_by_role("button", name="Remove this PC").click()
        await card(at_anna, "Ben").get_by_role("button", name="Remove", exact=True).click()
        await card(at_anna, "Ben").wait_for(state="detached")
        advice = at_ben.locator("#swarm-advice")
        await advice.get_by_text("This PC was removed from its swarm by another PC").wait_for()
        await card(at_ben, "Anna").wait_for(state="detached")
        assert await at_ben.locator(".card").count() == 1
        assert await at_ben.get_by_role("button", name="Remove this PC").count() == 0
        assert [node.get("/door")["joining"] for node in (anna, ben)] == [[], []]  # nobody "has joined" any more

        await advice.get_by_role("button", name="Add a PC").click()
        await at_anna.locator("#add-pc").click()
        await card(at_anna, "Ben").wait_for()
        await card(at_ben, "Anna").wait_for()
        await advice.wait_for(state="hidden")

        await at_anna.keyboard.press("Escape")
        await card(at_anna, "Ben").get_by_role("button", name="Remove this PC").click()
        await card(at_anna, "Ben").get_by_role("button", name="Remove", exact=True).click()
        await advice.get_by_text("This PC was removed from its swarm by another PC").wait_for()
        await at_ben.keyboard.press("Escape")
        await advice.get_by_role("button", name="Stay alone").click()
        await advice.get_by_text("This PC was removed").wait_for(state="detached")
        door = ben.get("/door")
        assert (door["removed"], door["declined"], door["open"], door["alone"]) == (False, True, False, True)
        assert ben.get("/status")["peers"] == []


async def test_a_book_that_two_pcs_share(whole_browser: Any, tmp_path: Path, audio: Path) -> None:
    with ExitStack() as stack:
        home = Home(tmp_path / "anna")
        anna = stack.enter_context(home.up("--slots", "1", "--name", "Anna", SWARMSTT_OUTPUT_DIR=str(home.output)))
        address = eventually(lambda: anna.get("/status")["node"]["swarm_address"], "the address of Anna's PC")
        ben_home = Home(tmp_path / "ben")
        ben_options = "--name", "Ben", "--slots", "1", "--peer", address
        with ben_home.up(*ben_options) as ben:
            at_anna, at_ben = await page_of(whole_browser, anna), await page_of(whole_browser, ben)
            await card(at_anna, "Ben").get_by_text("Ready").wait_for()

            await card(at_ben, "Ben (this PC)").get_by_role("button", name="Pause").click()
            await card(at_ben, "Ben (this PC)").get_by_role("button", name="Until I resume").click()
            await card(at_anna, "Ben").get_by_text("Paused").wait_for()
            await card(at_ben, "Ben (this PC)").get_by_role("button", name="Resume", exact=True).click()
            await card(at_anna, "Ben").get_by_text("Ready").wait_for()

            home.output.write_text("in the way", encoding="utf-8")  # the transcript cannot be written
            for node in (anna, ben):  # or the book could be done before anybody has clicked
                assert node.ask("/pause", "POST", {}).status == 200
            anna.add(audio, chunk_seconds=30)
            row = at_anna.locator(".book")
            await row.get_by_role("button", name="Pause The Keeper").click()
            await row.get_by_role("button", name="Resume The Keeper").click()
            assert ben.ask("/resume", "POST").status == 200
            await at_ben.get_by_text("Helping Anna with The Keeper.").wait_for()
            assert anna.ask("/resume", "POST").status == 200
            await row.get_by_role("button", name="Try again").wait_for()
            home.output.unlink()
            await row.get_by_role("button", name="Try again").click()
            await row.get_by_text("100\u00a0%").wait_for()
            await row.get_by_role("button", name="The Keeper", exact=True).click()
            await row.get_by_role("cell", name="Ben").wait_for()
            timeline = row.get_by_role("slider")
            await timeline.focus()
            await at_anna.keyboard.press("ArrowRight")
            await at_anna.keyboard.press("Enter")
            await row.locator(".part-text", has_text="lighthouse").wait_for()

        await card(at_anna, "Ben").get_by_text("Away").wait_for()
        with ben_home.up(*ben_options):
            await card(at_anna, "Ben").get_by_text("Ready").wait_for()
            assert await card(at_anna, "Ben").locator(".trouble").is_hidden()


async def test_memory_that_is_set_bounds_the_parts_at_once(whole_browser: Any, tmp_path: Path) -> None:
    """Less than two parts need: the person's PC does one at a time, and goes back to two when memory is free again."""
    with Home(tmp_path / "anna").up("--slots", "2", "--name", "Anna", "--no_discovery") as anna:
        eventually(partial(has_slots, anna, 2), "two slots")
        page = await page_of(whole_browser, anna)
        await page.get_by_role("button", name="Settings").click()
        dialog = page.get_by_role("dialog", name="Settings")
        for memory_gb, slots in (("0.1", 1), ("", 2)):
            await dialog.get_by_label("Memory for transcribing").fill(memory_gb)
            await dialog.get_by_role("button", name="Save").click()
            eventually(partial(has_slots, anna, slots), f"{slots} slots")
            await dialog.get_by_text("Saved.").wait_for()


def has_slots(node: Running, number: int) -> bool:
    """Whether the node's own helper offers so many."""
    return any(each["slots"] == number for each in node.get("/status")["workers"] if each["kind"] == "own")


NO_ANSWER = "Can't reach swarmstt. Start it from the tray or with `swarmstt up`."


async def until_it_works(page: Any, node: Running) -> None:
    """Gives nothing to do; returns with a part of a book done, another in work that will not be done now, and the page
    showing so."""

    def works() -> bool:
        tasks = node.get("/status")["tasks"]
        return bool(tasks["completed"] and tasks["in_progress"] and node.hold_engines())

    await asyncio.to_thread(eventually, works, "a part done and another in work", pause_seconds=0.02)
    await page.locator(".book", has_text="The Keeper").locator(".percent", has_text="%").wait_for()


async def assert_read_to_its_end(page: Any) -> None:
    """The page, of its own accord, shows the book done, and its reader all of the text."""
    row = page.locator(".book", has_text="The Keeper")
    await row.get_by_text("100\u00a0%").wait_for()
    assert await page.get_by_text(NO_ANSWER).count() == 0
    await row.get_by_role("link", name="Read The Keeper").click()
    for word in ("lighthouse", "sister", "bottom"):  # of the first part, one in the middle, and the last
        await page.locator(".passage p", has_text=word).first.wait_for()
    assert await page.get_by_text("could not be transcribed").count() == 0


async def test_a_node_killed_while_its_page_is_open(whole_browser: Any, home: Home, audio: Path) -> None:
    with home.up("--slots", "1") as node:
        page = await page_of(whole_browser, node)
        node.add(audio, chunk_seconds=30, output_dir=str(home.output))
        await until_it_works(page, node)
        node.children()
        node.process.kill()
        await page.get_by_text(NO_ANSWER).wait_for()
        await page.locator(".book", has_text="The Keeper").wait_for()  # what was known is still there to see
    done = len(stored_chunks(home.data_dir).results)
    with home.up("--slots", "1", "--port", node.url.rpartition(":")[2]) as again:
        assert again.url == node.url
        await page.get_by_text(NO_ANSWER).wait_for(state="hidden")
        await assert_read_to_its_end(page)
        assert len(stored_chunks(home.data_dir).results) > done, "it was done before it was killed: nothing was tested"


async def test_a_node_that_hangs_while_its_page_is_open(whole_browser: Any, home: Home, audio: Path) -> None:
    with home.up("--slots", "1") as node:
        page = await page_of(whole_browser, node)
        node.add(audio, chunk_seconds=30, output_dir=str(home.output))
        await until_it_works(page, node)
        processes = [psutil.Process(node.process.pid), *node.children()]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        await page.get_by_text(NO_ANSWER).wait_for()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        await page.get_by_text(NO_ANSWER).wait_for(state="hidden")
        await assert_read_to_its_end(page)
