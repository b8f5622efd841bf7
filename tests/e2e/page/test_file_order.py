"""The files of a book on its page: in which order they are read, what was left out, and how a person changes it."""

from __future__ import annotations

from tests.e2e.page.test_accessible import violations
from tests.e2e.support.browsing import Stage, needs_browser
from tests.unit.web.fake_node import book

pytestmark = needs_browser

FILES = ["Prologue.mp3", "Chapter 1.mp3", "Epilogue.mp3"]
LEFT_OUT = [{"name": "Chapter 1 (1).mp3", "reason": "It has the same sound as Chapter 1.mp3."}]


async def test_the_order_is_shown_and_can_be_changed_by_keys(stage: Stage) -> None:
    stage.node.put_book(book("7", title="Emma", audio_files=FILES, left_out=LEFT_OUT, narrator="Ann Reader"))
    page = await stage.open()
    row = page.locator(".book", has_text="Emma")
    await row.get_by_role("button", name="Emma", exact=True).click()
    await row.get_by_text("In the order of their names.").wait_for()
    await row.get_by_text("Chapter 1 (1).mp3 is not read: It has the same sound as Chapter 1.mp3.").wait_for()
    await row.get_by_text("Ann Reader").wait_for()
    lines = row.locator(".file-order li")
    assert await lines.all_inner_texts() == FILES
    assert await violations(page) == []

    await row.get_by_role("button", name="Change the order").press("Enter")
    await row.get_by_role("button", name="Move Epilogue.mp3 up").press("Enter")
    assert [FILES[0], FILES[2], FILES[1]] == [await line.locator("span").inner_text() for line in await lines.all()]
    assert await row.get_by_role("button", name="Move Epilogue.mp3 up").evaluate("b => b === document.activeElement")
    assert await violations(page) == []
    await row.get_by_role("button", name="Start again in this order").click()
    await row.get_by_text("In the order that was chosen.").wait_for()
    assert await lines.all_inner_texts() == [FILES[0], FILES[2], FILES[1]]
    assert ("reorder", "7", [0, 2, 1]) in stage.node.calls
    assert stage.complaints == []


async def test_a_book_of_one_file_has_no_order(stage: Stage) -> None:
    stage.node.put_book(book("7", title="Emma"))
    page = await stage.open()
    row = page.locator(".book", has_text="Emma")
    await row.get_by_role("button", name="Emma", exact=True).click()
    await row.get_by_text("About this book").wait_for()
    assert await row.get_by_role("button", name="Change the order").is_hidden()
