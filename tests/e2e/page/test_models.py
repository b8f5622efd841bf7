"""The page compares models, fetches them and removes them, and has the best one that is in time chosen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.page.test_accessible import violations
from tests.e2e.support.browsing import Answers, Stage, needs_browser, with_answers
from tests.unit.web.fake_node import book

pytestmark = needs_browser

GONE: dict[str, Any] = {"english_only": False, "here": False, "removable": False, "fetching": None, "trouble": None}
TINY = {**GONE, "name": "tiny", "size_bytes": 76 * 10**6, "quality": "rough", "seconds": 2400}
SMALL = {**GONE, "name": "small", "size_bytes": 484 * 10**6, "quality": "good", "seconds": 5 * 3600}
HERE = {"here": True, "removable": True}


def listed(*models: dict[str, Any], seconds: float = 36_000.0) -> tuple[int, Any]:
    return 200, {"models": list(models), "audio_seconds": seconds, "model": "base"}


CUT_BUTTONS = """() => [...document.querySelectorAll("#models button")]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
async def test_models(stage: Stage, scheme: str, width: int) -> None:
    page = await stage.open(color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 900})
    answers = Answers()
    answers.by_row["GET", "/models"] = listed(
        {**TINY, **HERE},
        {**SMALL, "trouble": "The model hub cannot be reached."},
        {**SMALL, **HERE, "name": "distil-medium.en", "quality": "very good", "english_only": True},
    )
    await with_answers(page, answers)
    await page.get_by_text("Options for new books:").click()
    await page.get_by_role("button", name="Compare models").click()
    dialog = page.get_by_role("dialog", name="Models")
    await dialog.get_by_text("for a book of 10 h").wait_for()
    await dialog.get_by_text("rough · about 40 minutes · 76 MB · on this PC").wait_for()
    await dialog.get_by_text("The model hub cannot be reached.").wait_for()
    assert await violations(page) == []
    assert await page.evaluate(CUT_BUTTONS) == [], "buttons do not have room for their words"
    assert await dialog.evaluate("(each) => each.scrollWidth <= each.clientWidth")
    answers.by_row["GET", "/models"] = listed({**TINY, **HERE}, {**SMALL, "fetching": 40})
    await dialog.get_by_role("button", name="Download small").click()
    await dialog.get_by_text("40 % of 484 MB").wait_for()
    assert ("POST", "/models", {"model": "small"}) in answers.asked
    answers.by_row["GET", "/models"] = listed({**TINY, **HERE}, {**SMALL, **HERE})
    await dialog.get_by_role("button", name="Remove small from this PC").wait_for()
    answers.by_row["DELETE", "/models/tiny"] = (409, {"error": "The model tiny is in use now."})
    await dialog.get_by_role("button", name="Remove tiny from this PC").click()
    await dialog.get_by_text("The model tiny is in use now.").wait_for()
    await dialog.get_by_role("button", name="Use small for new books").click()
    assert await page.locator("#options-chosen").inner_text() == "small"
    await page.get_by_role("button", name="Compare models").click()
    await dialog.get_by_role("button", name="Best that finishes by tomorrow").click()
    assert await dialog.is_hidden()
    assert await page.locator("#options-chosen").inner_text() == "the best model that is done by tomorrow"
    assert await page.get_by_label("Model", exact=True).input_value() == "auto"


async def test_the_times_for_a_book(stage: Stage) -> None:
    sentence = "The model small was chosen: expected to take about 5 hours (asked for: at most 12 hours)."
    stage.node.known_books["1"] = book("1", model="small", model_choice=sentence)
    page = await stage.open()
    answers = Answers()
    answers.by_row["GET", "/models?book_id=1"] = listed(TINY, SMALL, seconds=3600.0)
    await with_answers(page, answers)
    await page.locator(".book .title").click()
    await page.get_by_text(sentence).wait_for()
    await page.locator(".details").get_by_role("button", name="Compare models").click()
    await page.get_by_text("Times are for this book of 1 h").wait_for()


async def test_a_book_is_transcribed_again_with_another_model(stage: Stage) -> None:
    stage.node.known_books["1"] = book("1", title="Emma", model="small")
    page = await stage.open()
    answers = Answers()
    answers.by_row["GET", "/models?book_id=1"] = listed({**TINY, **HERE}, {**SMALL, **HERE}, {**SMALL, "name": "turbo"})
    answers.by_row["POST", "/books/1/again"] = (400, {"error": "Emma does not exist any more."})
    await with_answers(page, answers)
    await page.locator(".book .title").click()
    await page.locator(".details").get_by_role("button", name="Compare models").click()
    dialog = page.get_by_role("dialog", name="Models")
    again = dialog.get_by_role("button", name="Transcribe this book again with")
    await again.wait_for()  # not with the one it has, nor with one that is not here
    await again.click()
    await dialog.get_by_text("Emma does not exist any more.").wait_for()
    answers.by_row["POST", "/books/1/again"] = (201, {"book_id": "2", "filename": "Emma", "known": False})
    await again.click()
    await dialog.wait_for(state="hidden")
    assert answers.asked.count(("POST", "/books/1/again", {"model": "tiny"})) == 2
