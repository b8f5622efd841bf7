"""Chapters and names of a book that is done, as a person changes them on its page."""

from __future__ import annotations

from typing import Any

from swarmstt.core.edits import WantedChapter
from tests.e2e.page.test_accessible import violations
from tests.e2e.support.browsing import Stage, needs_browser
from tests.support.waiting import eventually
from tests.unit.web.fake_node import book

pytestmark = needs_browser


def chapter(title: str, start: float, end: float, **fields: Any) -> dict[str, Any]:
    return {"title": title, "start": start, "end": end, "source": "found", "certainty": 0.8, **fields}


CHAPTERS = [chapter("Chapter one", 0.0, 1800.25), chapter("Chapter too", 1800.25, 3600.0)]
NAMES = [
    {"name": "Armstrong", "count": 41, "others": [{"name": "Armstein", "count": 3, "places": [62.0, 3000.4, 3100.0]}]},
    {"name": "Weena", "count": 9, "others": [{"name": "Wiena", "count": 7, "places": [1.0, 2.0]}]},
]
NOTE = "Spelled differently: Armstrong 41, Armstein 3 (1:02)."


async def opened(stage: Stage, **fields: Any) -> Any:
    """The row of a book that is done, opened."""
    stage.node.put_book(book("7", title="Emma", state="done", percent=100.0, **fields))
    page = await stage.open()
    row = page.locator(".book", has_text="Emma")
    await row.get_by_role("button", name="Emma", exact=True).click()
    await row.get_by_text("About this book").wait_for()
    return row


def asked(stage: Stage, what: str) -> list[Any]:
    return [call[2] for call in stage.node.calls if call[0] == what]


async def test_chapters_are_changed_added_and_removed(stage: Stage) -> None:
    row = await opened(stage, chapters=CHAPTERS)
    lines = row.locator(".chapters li")
    assert await lines.all_inner_texts() == [
        "0:00\nChapter one\nfound, 80\u00a0% sure",
        "30:00\nChapter too\nfound, 80\u00a0% sure",
    ]
    assert await lines.nth(1).get_by_role("link").get_attribute("href") == "/read/7#t=1800.3"
    assert await row.get_by_role("button", name="Discard my changes").is_hidden()

    await row.get_by_role("button", name="Edit chapters").press("Enter")
    await lines.nth(1).get_by_label("Title").fill("Chapter two")
    await row.get_by_role("button", name="Add a chapter").press("Enter")
    assert await violations(row.page) == []
    await row.get_by_role("button", name="Save").click()
    await row.get_by_text("Write each time like 1:02:03.").wait_for()
    await lines.nth(2).get_by_label("Begins at").fill("45:10.5")
    await row.get_by_role("button", name="Save").click()
    await row.get_by_text("Give each chapter a title.").wait_for()
    await lines.nth(2).get_by_label("Title").fill("Chapter three")
    await row.get_by_role("button", name="Remove Chapter one").click()
    await row.get_by_role("button", name="Save").click()
    await row.get_by_role("button", name="Edit chapters").wait_for()
    two = WantedChapter(title="Chapter two", start=1800.25)
    assert asked(stage, "set_chapters") == [[two, WantedChapter(title="Chapter three", start=2710.5)]]
    await row.get_by_text("Chapter three").wait_for()
    assert await lines.all_inner_texts() == ["30:00\nChapter two\nchanged here", "45:11\nChapter three\nchanged here"]

    await row.get_by_role("button", name="Edit chapters").click()
    await row.get_by_role("button", name="Discard my changes").click()
    await eventually(lambda: asked(stage, "set_chapters")[1:] == [None])
    await row.get_by_text("No chapters were found.").wait_for()
    assert stage.complaints == []


async def test_what_the_node_refuses_is_said_and_nothing_is_lost(stage: Stage) -> None:
    row = await opened(stage, chapters=CHAPTERS)
    await row.get_by_role("button", name="Edit chapters").click()
    await row.get_by_label("Begins at").nth(1).fill("2:00:00")
    await row.get_by_role("button", name="Save").click()
    await row.get_by_text("Chapter too would begin after the end of the book").wait_for()
    stage.node.put_book({**stage.node.known_books["7"], "notes": ["Something else changed."]})
    await row.get_by_text("Something else changed.").wait_for()
    assert await row.get_by_label("Begins at").nth(1).input_value() == "2:00:00"
    await row.get_by_role("button", name="Cancel").click()
    assert await row.locator(".chapters li").count() == 2


async def test_a_book_that_is_not_done_has_neither(stage: Stage) -> None:
    stage.node.put_book(book("7", title="Emma", chapters=CHAPTERS))
    page = await stage.open()
    row = page.locator(".book", has_text="Emma")
    await row.get_by_role("button", name="Emma", exact=True).click()
    await row.get_by_text("About this book").wait_for()
    assert await row.get_by_role("button", name="Edit chapters").is_hidden()
    assert await row.get_by_role("heading", name="Names").is_hidden()


async def test_a_name_is_set_right_by_one_click_and_back(stage: Stage) -> None:
    row = await opened(stage, names=NAMES, notes=[NOTE, "Another note."])
    await row.get_by_text("Armstrong 41, Armstein 3 (1:02, 50:00, 51:40)").wait_for()
    await row.get_by_text("Weena 9, Wiena 7 (0:01, 0:02 …)").wait_for()
    assert await row.get_by_role("link", name="50:00").get_attribute("href") == "/read/7#t=3000.4"
    assert await row.locator(".notes li", has_text="Spelled").count() == 0
    assert await violations(row.page) == []

    await row.get_by_role("button", name="Use Armstrong").click()
    await row.get_by_text("“Armstein” is replaced with “Armstrong”.").wait_for()
    await row.get_by_role("button", name="Use Wiena").click()
    await row.get_by_text("“Weena” is replaced with “Wiena”.").wait_for()
    await row.get_by_role("button", name="Undo Armstein").click()
    await row.get_by_text("“Armstein” is replaced with “Armstrong”.").wait_for(state="detached")
    both = {"Armstein": "Armstrong", "Weena": "Wiena"}
    assert asked(stage, "set_respellings") == [{"Armstein": "Armstrong"}, both, {"Weena": "Wiena"}]
    assert stage.complaints == []


async def test_two_quick_clicks_both_count(stage: Stage) -> None:
    row = await opened(stage, names=NAMES)
    await row.get_by_role("button", name="Use Armstrong").wait_for()
    await row.evaluate(
        """row => {
            const named = (name) => [...row.querySelectorAll("button")].find((each) => each.textContent === name);
            const both = ["Use Armstrong", "Use Weena"].map(named);
            for (const each of both) each.click();
        }"""
    )
    both = {"Armstein": "Armstrong", "Wiena": "Weena"}
    await eventually(lambda: both in asked(stage, "set_respellings"))
    assert stage.complaints == []
