"""The sheets of the page: adding and removing PCs, settings, invitations; what a node lacks is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.browsing import SETTINGS, Answers, DoorNode, Stage, needs_browser, until_true, with_answers
from tests.unit.web.fake_node import ANNA, OWN, worker

pytestmark = needs_browser

JOINING = {
    "node_id": ANNA,
    "name": "Anna's laptop",
    "words": ["lamp", "river", "stone", "owl"],
    "state": "waiting",
}


@pytest.fixture
def answers() -> Answers:
    return Answers()


async def test_adding_a_pc(stage: Stage, answers: Answers, tmp_path: Path) -> None:
    node = DoorNode(tmp_path)
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open()
    await with_answers(page, answers)
    await page.get_by_role("button", name="Add a PC").click()
    await until_true(page, "document.querySelector('#door').open")
    await answers.until_asked(page, ("POST", "/door", None))
    node.door = {**node.door, "open": True, "seconds_left": 595, "joining": [JOINING], "advice": "Look closely."}
    node.tell_node()
    sheet = page.get_by_role("dialog", name="Add a PC")
    await sheet.get_by_text("lamp · river · stone · owl").wait_for()
    await sheet.get_by_text("Waiting for PCs: 9:5").wait_for()
    await sheet.get_by_text("Look closely.").wait_for()
    node.door = {**node.door, "joining": [{**JOINING, "state": "joined"}]}
    node.tell_node()
    await sheet.get_by_text("has joined").wait_for()
    await sheet.get_by_role("button", name="Let nobody in any more").click()
    await answers.until_asked(page, ("POST", "/door", None), ("DELETE", "/door", None))
    await page.keyboard.press("Escape")
    assert await sheet.is_hidden()
    assert await page.locator("#advice-text").inner_text() == "Look closely."


async def test_removing_a_pc(stage: Stage, answers: Answers, tmp_path: Path) -> None:
    node = DoorNode(tmp_path)
    node.workers = [worker(OWN), worker(ANNA)]
    peer = {"node_id": ANNA, "name": "Anna's laptop", "address": None, "state": "linked", "reason": None}
    node.peers = [peer]
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open()
    await with_answers(page, answers)
    answers.by_row["DELETE", f"/peers/{ANNA}"] = (409, {"error": "Anna's laptop is gone already."})
    card = page.locator(".card", has_text="Anna's laptop")
    await card.get_by_role("button", name="Remove this PC").click()
    await card.get_by_role("button", name="Keep").click()
    await card.get_by_role("button", name="Remove this PC").click()
    await card.get_by_role("button", name="Remove", exact=True).click()
    await card.get_by_text("Anna's laptop is gone already.").wait_for()
    assert answers.asked == [("DELETE", f"/peers/{ANNA}", None)]
    assert await page.get_by_role("button", name="Remove this PC").count() == 1


async def test_a_pc_that_was_removed_is_told_so_and_can_join_again_or_stay_alone(
    stage: Stage, answers: Answers, tmp_path: Path
) -> None:
    node = DoorNode(tmp_path)
    node.workers = [worker(OWN), worker(ANNA, state="away")]
    node.peers = [{"node_id": ANNA, "name": "Anna's laptop", "address": None, "state": "away", "reason": None}]
    node.door = {**node.door, "alone": False, "removed": True, "advice": "This PC was removed."}
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open()
    await with_answers(page, answers)
    advice = page.locator("#swarm-advice")
    await advice.get_by_text("This PC was removed.").wait_for()
    assert await page.get_by_role("button", name="Remove this PC").count() == 0
    await advice.get_by_role("button", name="Add a PC").click()
    await page.get_by_role("dialog", name="Add a PC").wait_for()
    await page.keyboard.press("Escape")
    await advice.get_by_role("button", name="Stay alone").click()
    await until_true(page, "document.querySelector('#door-trouble').hidden")
    await answers.until_asked(page, ("POST", "/door", None), ("DELETE", "/door", None))
    node.door = {**node.door, "alone": True, "removed": False, "declined": True, "advice": "Another PC is near."}
    node.tell_node()
    await advice.get_by_text("Another PC is near.").wait_for()
    assert await advice.get_by_role("button").count() == 0
    assert await advice.evaluate("each => each.classList.contains('calm')")
    assert stage.complaints == []


async def test_who_waits_at_the_door_can_be_let_in_where_it_is_said(
    stage: Stage, answers: Answers, tmp_path: Path
) -> None:
    node = DoorNode(tmp_path)
    node.door = {**node.door, "joining": [JOINING], "advice": "Anna's laptop would like to join."}
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open()
    await with_answers(page, answers)
    await page.locator("#swarm-advice").get_by_role("button", name="Add a PC").click()
    await page.get_by_role("dialog", name="Add a PC").get_by_text("lamp · river · stone · owl").wait_for()
    await answers.until_asked(page, ("POST", "/door", None))


async def test_pausing_for_an_hour(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    card = page.locator(".card", has_text="(this PC)")
    await card.get_by_role("button", name="Pause", exact=True).click()
    await card.get_by_role("button", name="For an hour").click()
    await card.get_by_role("button", name="For an hour").wait_for(state="hidden")
    await until_true(page, "document.activeElement.textContent === 'Pause'")
    await answers.until_asked(page, ("POST", "/pause", {"seconds": 3600}))


async def test_settings_send_only_what_changed(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    answers.by_row["GET", "/settings"] = (200, SETTINGS)
    answers.by_row["GET", "/invitations"] = (404, {"error": "There is nothing here."})
    await page.get_by_role("button", name="Settings").click()
    sheet = page.get_by_role("dialog", name="Settings")
    await sheet.get_by_label("Name of this PC").fill("Study")
    await sheet.get_by_label("This PC helps others").select_option("hours")
    await sheet.get_by_label("From").fill("20:30")
    await sheet.get_by_label("Folders that are watched").fill("/one\n\n /two ")
    await sheet.get_by_label("Parts at once").fill("3")
    await sheet.get_by_label("Memory for decoding").fill("1.5")
    changes = {
        "name": "Study",
        "slots": 3,
        "memory_gb": 1.5,
        "drop_folders": ["/one", "/two"],
        "help_when": "hours",
        "help_from": "20:30",
    }
    answers.by_row["PATCH", "/settings"] = (400, {"error": "There is no folder /two."})
    await sheet.get_by_role("button", name="Save").click()
    await sheet.get_by_text("There is no folder /two.").wait_for()
    answers.by_row["PATCH", "/settings"] = (200, {**SETTINGS, **changes, "restart": ["slots", "memory_gb"]})
    await sheet.get_by_role("button", name="Save").click()
    await sheet.get_by_text("Saved. Start swarmstt again for the parts at once, the memory.").wait_for()
    assert [asked for asked in answers.asked if asked[0] == "PATCH"] == [("PATCH", "/settings", changes)] * 2
    assert await sheet.get_by_text("Invitations").is_hidden()


async def test_a_setting_that_is_no_number_is_said_and_takes_no_limit_away(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    settings = {**SETTINGS, "slots": 2, "memory_gb": 4.25}
    answers.by_row["GET", "/settings"] = (200, settings)
    answers.by_row["GET", "/invitations"] = (404, {"error": "There is nothing here."})
    await page.get_by_role("button", name="Settings").click()
    sheet = page.get_by_role("dialog", name="Settings")
    save, trouble = sheet.get_by_role("button", name="Save"), page.locator("#settings-trouble")
    for label, field, text, right, words in (
        ("Memory for decoding", "memory_gb", "1.5e", "1.5", "Memory must be a number, such as 1.5."),
        ("Parts at once", "slots", "-", "3", "Parts at once must be a whole number, such as 2."),
    ):
        answers.asked.clear()
        where = sheet.get_by_label(label)
        await where.clear()
        await where.press_sequentially(text)
        await save.click()
        await trouble.get_by_text(words).wait_for()
        assert await where.evaluate("each => each === document.activeElement")
        assert await sheet.get_by_text("Saved.").count() == 0
        assert answers.asked == []
        await where.clear()
        await where.fill(right)
        settings = {**settings, field: float(right) if "." in right else int(right)}
        answers.by_row["PATCH", "/settings"] = (200, settings)
        await save.click()
        await sheet.get_by_text("Saved.").wait_for()
        assert await trouble.is_hidden()
        assert answers.asked == [("PATCH", "/settings", {field: settings[field]})]
    # Empty on purpose is something else, and what the browser holds for too exact is for the node to judge.
    answers.asked.clear()
    await sheet.get_by_label("Parts at once").clear()
    await sheet.get_by_label("Memory for decoding").fill("4.25")
    await save.click()
    await sheet.get_by_text("Saved.").wait_for()
    assert answers.asked == [("PATCH", "/settings", {"slots": None, "memory_gb": 4.25})]


async def test_a_setting_that_must_not_be_empty_is_said_in_the_words_of_the_page(
    stage: Stage, answers: Answers
) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    answers.by_row["GET", "/settings"] = (200, {**SETTINGS, "help_when": "idle"})
    answers.by_row["GET", "/invitations"] = (404, {"error": "There is nothing here."})
    await page.get_by_role("button", name="Settings").click()
    sheet, trouble = page.get_by_role("dialog", name="Settings"), page.locator("#settings-trouble")
    when = sheet.get_by_label("This PC helps others")
    answers.asked.clear()
    for chosen, label, right, words in (
        ("idle", "Name of this PC", "Desk PC", "The name of this PC must be some text, such as Study."),
        ("idle", "Model for new books", "base", "The model must be a name, such as base."),
        ("idle", "Minutes until it counts as unused", "10", "Minutes must be a whole number, such as 10."),
        ("hours", "From", "22:00", "From must be a time, such as 22:00."),
        ("hours", "Until", "06:00", "Until must be a time, such as 06:00."),
    ):
        await when.select_option(chosen)
        where = sheet.get_by_label(label, exact=True)
        for nothing in ("", " ") if label.startswith(("Name", "Model")) else ("",):
            await where.fill(nothing)
            await sheet.get_by_role("button", name="Save").click()
            await trouble.get_by_text(words).wait_for()
            assert await where.evaluate("each => each === document.activeElement")
        await where.fill(right)
    assert answers.asked == []


async def test_invitations(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    answers.by_row["GET", "/settings"] = (404, {"error": "There is nothing here."})
    invitation = {"invitation_id": "7", "name": "Ben", "created_at": "2024-01-15T10:00:00+00:00", "last_used_at": None}
    answers.by_row["GET", "/invitations"] = (200, {"invitations": [invitation], "url_base": None, "open": True})
    answers.by_row["POST", "/invitations"] = (201, {"invitation_id": "8", "name": "Eve", "url": "http://desk/join/x"})
    await page.get_by_role("button", name="Settings").click()
    sheet = page.get_by_role("dialog", name="Settings")
    await sheet.get_by_label("Who is the invitation for?").fill("Eve")
    await sheet.get_by_role("button", name="Invite").click()
    await sheet.get_by_label("Address of the invitation").wait_for()
    assert await sheet.get_by_label("Address of the invitation").input_value() == "http://desk/join/x"
    await sheet.get_by_role("button", name="Take back the invitation of Ben").click()
    rows = ("POST", "/invitations", {"name": "Eve"}), ("DELETE", "/invitations/7", None)
    await answers.until_asked(page, *rows, but=("GET",))
    assert await sheet.get_by_role("button", name="Save").is_hidden()
