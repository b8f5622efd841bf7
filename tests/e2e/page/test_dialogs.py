"""The dialogs of the page: adding and removing PCs, settings, invitations; what a node lacks is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.browsing import SETTINGS, Answers, DoorNode, Stage, eventually_true, needs_browser, with_answers
from tests.unit.web.fake_node import ANNA, OWN, worker

pytestmark = needs_browser

JOINING = {
    "node_id": ANNA,
    "name": "Anna's laptop",
    "words": ["lamp", "river", "stone", "owl"],
    "state": "waiting",
    "seen": False,
}


@pytest.fixture
def answers() -> Answers:
    return Answers()


def changes(answers: Answers) -> list[tuple[str, str, Any]]:
    """What was asked besides what a dialog shows, for which it may ask late."""
    return [each for each in answers.asked if each[0] != "GET"]


async def test_adding_a_pc(stage: Stage, answers: Answers, tmp_path: Path) -> None:
    node = DoorNode(tmp_path)
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open()
    await with_answers(page, answers)
    await page.get_by_role("button", name="Add a PC").click()
    await eventually_true(page, "document.querySelector('#door').open")
    await answers.until_asked(("POST", "/door", None))
    node.door = {**node.door, "open": True, "seconds_left": 595, "joining": [JOINING], "advice": "Look closely."}
    node.tell_node()
    dialog = page.get_by_role("dialog", name="Add a PC")
    await dialog.get_by_text("lamp · river · stone · owl").wait_for()
    await dialog.get_by_text("Waiting for PCs: 9:5").wait_for()
    await dialog.get_by_text("Look closely.").wait_for()
    node.door = {**node.door, "joining": [{**JOINING, "state": "joined"}]}
    node.tell_node()
    await dialog.get_by_text("has joined").wait_for()
    await dialog.get_by_role("button", name="Close the door").click()
    await answers.until_asked(("POST", "/door", None), ("DELETE", "/door", None))
    await page.keyboard.press("Escape")
    assert await dialog.is_hidden()
    assert await page.locator("#advice-text").inner_text() == "Look closely."


async def test_the_words_are_on_the_card_until_they_are_seen(stage: Stage, answers: Answers, tmp_path: Path) -> None:
    """And the open door is said with its countdown; to look at either opens nothing."""
    node = DoorNode(tmp_path)
    stage.node = node
    await stage.stop()
    await stage.start()
    joined = {**JOINING, "state": "joined"}
    node.door = {**node.door, "open": True, "seconds_left": 595, "joining": [joined]}
    node.peers = [{"node_id": ANNA, "name": "Anna's laptop", "address": None, "state": "linked", "reason": None}]
    page = await stage.open()
    await with_answers(page, answers)
    card = page.locator(".card", has_text="Anna's laptop")
    await card.get_by_text("lamp · river · stone · owl").wait_for()
    await page.get_by_text("New PCs of this network can join for 9:5").wait_for()
    assert await page.get_by_text("Then press Add a PC here").is_hidden()
    await page.locator("#open-door").get_by_role("button", name="Close the door").click()
    await card.get_by_role("button", name="They match").click()
    await answers.until_asked(("DELETE", "/door", None), ("POST", f"/peers/{ANNA}/seen", None))
    node.door = {**node.door, "open": False, "seconds_left": 0, "joining": [{**joined, "seen": True}]}
    node.tell_node()
    await page.locator("#open-door").wait_for(state="hidden")
    assert await card.get_by_text("lamp · river").is_hidden()
    await card.get_by_role("button", name="Show the four words").click()
    await card.get_by_text("lamp · river · stone · owl").wait_for()
    assert len(answers.asked) == 2, "looking at them asked for something"


async def test_removing_a_pc(stage: Stage, answers: Answers, tmp_path: Path) -> None:
    node = DoorNode(tmp_path)
    node.workers = [worker(OWN), worker(ANNA)]
    peer: dict[str, Any] = {"node_id": ANNA, "name": "Anna's laptop", "address": None, "state": "linked", "met": True}
    peer["reason"] = None
    others: list[dict[str, Any]] = [
        {**peer, "node_id": "d" * 64, "name": "Dora's PC", "let_in": []},
        {**peer, "node_id": "e" * 64, "name": "PC eeeeeeee", "state": "away", "let_in": [], "met": False},
    ]
    node.peers = [{**peer, "let_in": [each["node_id"] for each in others]}, *others]
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
    assert [await card.get_by_label(name).is_checked() for name in ("Dora's PC", "PC eeeeeeee")] == [True, False]
    await card.get_by_role("button", name="Remove", exact=True).click()
    await card.get_by_text("Anna's laptop is gone already.").wait_for()
    removal = "DELETE", f"/peers/{ANNA}", {"stays": ["d" * 64]}
    assert answers.asked == [removal]
    assert await page.get_by_role("button", name="Remove this PC").count() == 3
    await card.get_by_role("button", name="Remove this PC").click()
    await card.get_by_role("button", name="Have all others join again").click()
    await answers.until_asked(removal, ("POST", "/swarm", None))


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
    await eventually_true(page, "document.querySelector('#door-trouble').hidden")
    await answers.until_asked(("POST", "/door", None), ("DELETE", "/door", None))
    node.door = {
        **node.door,
        "alone": True,
        "removed": False,
        "declined": True,
        "advice": "Another PC is on your network.",
    }
    node.tell_node()
    await advice.get_by_text("Another PC is on your network.").wait_for()
    assert await advice.get_by_role("button").count() == 0
    assert await advice.evaluate("each => each.classList.contains('calm')")
    assert stage.complaints == []


async def test_a_pc_takes_a_new_identity_by_a_click(stage: Stage, answers: Answers, tmp_path: Path) -> None:
    node = DoorNode(tmp_path)
    twin = "Another PC (10.0.0.2:8765) has the same identity as this one."
    node.node = {**node.node, "twin": twin, "troubles": [twin, "The disk is full."]}
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open()
    await with_answers(page, answers)
    await page.get_by_role("alert").get_by_text(twin).wait_for()
    assert await page.locator("#troubles").inner_text() == "The disk is full."
    answers.by_row["POST", "/identity"] = (409, {"error": "The disk is full, too."})
    await page.get_by_role("button", name="New identity").click()
    await page.get_by_text("The disk is full, too.").wait_for()
    asked = "POST", "/identity", None
    assert answers.asked == [asked]
    node.node = {**node.node, "twin": None, "troubles": []}
    node.door = {**node.door, "barred": True, "advice": "“Dora” says that this PC was removed from its swarm."}
    node.tell_node()
    advice = page.locator("#swarm-advice")
    await advice.get_by_role("button", name="New identity").click()
    await answers.until_asked(asked, asked)
    assert await advice.get_by_role("button").count() == 1
    assert await page.locator("#twin").is_hidden()


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
    await answers.until_asked(("POST", "/door", None))


async def test_one_that_is_alone_can_be_added_where_another_is_said_to_be_near(
    stage: Stage, answers: Answers, tmp_path: Path
) -> None:
    node = DoorNode(tmp_path)
    node.door = {
        **node.door,
        "alone": True,
        "advice": "Another PC is on your network. If it is yours, click Add a PC here and there.",
    }
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open()
    await with_answers(page, answers)
    advice = page.locator("#swarm-advice")
    await advice.get_by_role("button", name="Add a PC").click()
    await answers.until_asked(("POST", "/door", None))
    said = "2 tries to join were broken off. Compare the four words on both PCs."
    node.door = {**node.door, "open": True, "seconds_left": 500, "advice": said}
    node.tell_node()
    await page.get_by_role("dialog", name="Add a PC").get_by_text(said).wait_for()
    assert await advice.get_by_role("button").count() == 0, "it is open"


async def test_pausing_for_an_hour(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    card = page.locator(".card", has_text="(this PC)")
    await card.get_by_role("button", name="Pause", exact=True).click()
    await card.get_by_role("button", name="For an hour").click()
    await card.get_by_role("button", name="For an hour").wait_for(state="hidden")
    await eventually_true(page, "document.activeElement.textContent === 'Pause'")
    await answers.until_asked(("POST", "/pause", {"seconds": 3600}))


async def test_settings_send_only_what_changed(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    answers.by_row["GET", "/settings"] = (200, SETTINGS)
    answers.by_row["GET", "/invitations"] = (404, {"error": "There is nothing here."})
    await page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Settings")
    await dialog.get_by_label("Name of this PC").fill("Study")
    await dialog.get_by_label("This PC helps others").select_option("hours")
    await dialog.get_by_label("From").fill("20:30")
    await dialog.get_by_label("Folders that are watched").fill("/one\n\n /two ")
    await dialog.get_by_label("Parallel parts").fill("3")
    await dialog.get_by_label("Memory for transcribing").fill("1.5")
    changes = {
        "name": "Study",
        "slots": 3,
        "memory_gb": 1.5,
        "drop_folders": ["/one", "/two"],
        "help_when": "hours",
        "help_from": "20:30",
    }
    answers.by_row["PATCH", "/settings"] = (400, {"error": "There is no folder /two."})
    await dialog.get_by_role("button", name="Save").click()
    await dialog.get_by_text("There is no folder /two.").wait_for()
    answers.by_row["PATCH", "/settings"] = (200, {**SETTINGS, **changes, "restart": ["slots", "memory_gb"]})
    await dialog.get_by_role("button", name="Save").click()
    await dialog.get_by_text("Saved. Start swarmstt again for the parallel parts, the memory.").wait_for()
    assert [asked for asked in answers.asked if asked[0] == "PATCH"] == [("PATCH", "/settings", changes)] * 2
    assert await dialog.get_by_text("Invitations").is_hidden()


async def test_a_setting_that_is_no_number_is_said_and_takes_no_limit_away(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    settings = {**SETTINGS, "slots": 2, "memory_gb": 4.25}
    answers.by_row["GET", "/settings"] = (200, settings)
    answers.by_row["GET", "/invitations"] = (404, {"error": "There is nothing here."})
    await page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Settings")
    save, trouble = dialog.get_by_role("button", name="Save"), page.locator("#settings-trouble")
    for label, field, text, right, words in (
        ("Memory for transcribing", "memory_gb", "1.5e", "1.5", "Memory must be a number, such as 1.5."),
        ("Parallel parts", "slots", "-", "3", "Parallel parts must be a whole number, such as 2."),
    ):
        answers.asked.clear()
        where = dialog.get_by_label(label)
        await where.clear()
        await where.press_sequentially(text)
        await save.click()
        await trouble.get_by_text(words).wait_for()
        assert await where.evaluate("each => each === document.activeElement")
        assert await dialog.get_by_text("Saved.").count() == 0
        assert changes(answers) == []
        await where.clear()
        await where.fill(right)
        settings = {**settings, field: float(right) if "." in right else int(right)}
        answers.by_row["PATCH", "/settings"] = (200, settings)
        await save.click()
        await dialog.get_by_text("Saved.").wait_for()
        assert await trouble.is_hidden()
        assert changes(answers) == [("PATCH", "/settings", {field: settings[field]})]
    # Empty on purpose is something else, and what the browser holds for too exact is for the node to judge.
    answers.asked.clear()
    await dialog.get_by_label("Parallel parts").clear()
    await dialog.get_by_label("Memory for transcribing").fill("4.25")
    await save.click()
    await dialog.get_by_text("Saved.").wait_for()
    assert changes(answers) == [("PATCH", "/settings", {"slots": None, "memory_gb": 4.25})]


async def test_a_setting_that_must_not_be_empty_is_said_in_the_words_of_the_page(
    stage: Stage, answers: Answers
) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    answers.by_row["GET", "/settings"] = (200, {**SETTINGS, "help_when": "idle"})
    answers.by_row["GET", "/invitations"] = (404, {"error": "There is nothing here."})
    await page.get_by_role("button", name="Settings").click()
    dialog, trouble = page.get_by_role("dialog", name="Settings"), page.locator("#settings-trouble")
    when = dialog.get_by_label("This PC helps others")
    answers.asked.clear()
    for chosen, label, right, words in (
        ("idle", "Name of this PC", "Desk PC", "Give this PC a name, such as Study."),
        ("idle", "Model for new books", "base", "The model must be a name, such as base."),
        ("idle", "Minutes until it counts as unused", "10", "Minutes must be a whole number, such as 10."),
        ("hours", "From", "22:00", "From must be a time, such as 22:00."),
        ("hours", "Until", "06:00", "Until must be a time, such as 06:00."),
    ):
        await when.select_option(chosen)
        where = dialog.get_by_label(label, exact=True)
        for nothing in ("", " ") if label.startswith(("Name", "Model")) else ("",):
            await where.fill(nothing)
            await dialog.get_by_role("button", name="Save").click()
            await trouble.get_by_text(words).wait_for()
            assert await where.evaluate("each => each === document.activeElement")
        await where.fill(right)
    assert changes(answers) == []


async def test_invitations(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    answers.by_row["GET", "/settings"] = (404, {"error": "There is nothing here."})
    moments = {
        "created_at": "2024-01-15T10:00:00+00:00",
        "last_used_at": None,
        "expires_at": "2024-02-14T10:00:00+00:00",
    }
    ben = {"invitation_id": "7", "name": "Ben", **moments, "expired": False, "plain": False}
    old = {"invitation_id": "6", "name": "Joe", **moments, "expired": True, "plain": True}
    void = {**ben, "invitation_id": "5", "name": "Ida", "of_old_identity": True}
    answers.by_row["GET", "/invitations"] = (200, {"invitations": [ben, old, void], "url_base": None, "open": True})
    answers.by_row["POST", "/invitations"] = (
        201,
        {**ben, "invitation_id": "8", "name": "Eve", "url": "https://desk/join/x"},
    )
    await page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Settings")
    await dialog.get_by_text("expires on 14 Feb 2024").wait_for()
    await dialog.get_by_text("expired on 14 Feb 2024, over plain HTTP").wait_for()
    await dialog.get_by_label("Who is the invitation for?").fill("Eve")
    await dialog.get_by_label("days").fill("0")
    await dialog.get_by_role("button", name="Invite").click()
    await dialog.get_by_text("The days must be a whole number").wait_for()
    await dialog.get_by_label("days").fill("7")
    await dialog.get_by_label("Over plain HTTP").check()
    await dialog.get_by_role("button", name="Invite").click()
    await dialog.get_by_label("Address of the invitation").wait_for()
    assert await dialog.get_by_label("Address of the invitation").input_value() == "https://desk/join/x"
    await dialog.get_by_text("It expires on 14 Feb 2024.").wait_for()
    await dialog.get_by_role("button", name="Revoke the invitation of Ben").click()
    rows: tuple[Any, ...] = (
        ("POST", "/invitations", {"name": "Eve", "days": 7, "plain": True}),
        ("DELETE", "/invitations/7", None),
    )
    await answers.until_asked(*rows, but=("GET",))
    await dialog.get_by_text("not used yet, no longer valid, since this PC has a new identity").wait_for()
    assert await dialog.get_by_role("button", name="Make a new invitation").count() == 1
    await dialog.get_by_role("button", name="Make a new invitation for Ida").click()
    rows += (("POST", "/invitations", {"name": "Ida"}), ("DELETE", "/invitations/5", None))
    await answers.until_asked(*rows, but=("GET",))
    assert await dialog.get_by_role("button", name="Save").is_hidden()


async def test_programs(stage: Stage, answers: Answers) -> None:
    page = await stage.open()
    await with_answers(page, answers)
    for row in ("/settings", "/invitations"):
        answers.by_row["GET", row] = (404, {"error": "There is nothing here."})
    moments = {"created_at": "2024-01-15T10:00:00+00:00", "last_used_at": None}
    bazarr = {"program_id": "7", "name": "Bazarr", **moments, "origins": ["http://pc:6767"], "unfinished": 2}
    answers.by_row["GET", "/programs"] = (200, {"programs": [bazarr], "open": True, "announced": True})
    answers.by_row["POST", "/programs"] = (201, {"url": "http://desk:8000/programs/x/v1"})
    await page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Settings")
    await dialog.get_by_text("not used yet, 2 in work, for http://pc:6767").wait_for()
    await dialog.get_by_text("announced on this network (mDNS)").wait_for()
    await dialog.get_by_label("What is the program called?").fill("Obsidian")
    await dialog.get_by_label("Web pages that may ask").fill("app://obsidian.md")
    await dialog.get_by_role("button", name="Let in").click()
    await dialog.get_by_label("Address for the program").wait_for()
    assert await dialog.get_by_label("Address for the program").input_value() == "http://desk:8000/programs/x/v1"
    await dialog.get_by_role("button", name="Revoke the address of Bazarr").click()
    made = {"name": "Obsidian", "origins": ["app://obsidian.md"]}
    await answers.until_asked(("POST", "/programs", made), ("DELETE", "/programs/7", None), but=("GET",))


async def test_what_is_done_for_programs_has_a_line(stage: Stage) -> None:
    page = await stage.open()
    assert await page.locator("#for-programs").is_hidden()
    stage.node.programs = "2 recordings for Bazarr are being transcribed."
    stage.node.tell_node()
    await page.get_by_text("2 recordings for Bazarr are being transcribed.").wait_for()
