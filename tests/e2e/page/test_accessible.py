"""The page for people who hear it, or use keys only: axe-core finds nothing, in light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.browsing import (
    SETTINGS,
    Answers,
    DoorNode,
    Stage,
    fill,
    needs_browser,
    read,
    staged,
    with_answers,
)
from tests.unit.web.fake_node import ANNA, OWN, book, cluster, worker

pytestmark = needs_browser

DOOR = {"open": True, "seconds_left": 300, "advice": "Anna's laptop would like to join."}
JOINING = {
    "node_id": ANNA,
    "name": "Anna's laptop",
    "words": ["lamp", "river", "stone", "owl"],
    "state": "joined",
    "seen": False,
}


async def violations(page: Any) -> list[str]:
    """What axe-core finds wrong, each with the elements that it is about."""
    from axe_playwright_python.async_playwright import Axe

    results = await Axe().run(page)
    assert len(results.response["passes"]) > 10  # it did look
    return [
        f"{found['impact']}: {found['help']}: {node['html'][:160]}"
        for found in results.response["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page(stage: Stage, tmp_path: Path, scheme: str, width: int) -> None:
    node = DoorNode(tmp_path)
    fill(node)
    long = {"state": "done", "percent": 100.0, "files": [{"format": "txt", "path": "/out/Emma.txt"}]}
    node.known_books["2"] = book("2", title="Emma", author="Jane Austen", **long)
    node.known_books["3"] = book("3", state="failed", reason="The file is damaged.", title="Dune")
    node.known_books["4"] = book("4", paused=True, title="Walden")
    node.workers += [worker("1234/eve", name="Eve", kind="guest", invitation="Eve", state="away", reason="It is away.")]
    node.workers.append(cluster())
    node.peers = [{"node_id": ANNA, "name": "Anna's laptop", "address": None, "state": "linked", "reason": None}]
    node.node["troubles"] = ["The drop folder is gone."]
    node.door = {**node.door, **DOOR, "joining": [JOINING]}
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open(color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    assert await violations(page) == []
    await page.get_by_text("Options for new books:").click()
    for title in await page.locator(".book .title").all():
        await title.click()
    await page.get_by_role("slider").first.focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Remove this book").first.click()
    await page.locator(".card", has_text="Anna's laptop").get_by_role("button", name="Remove this PC").click()
    assert await violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_dialogs(stage: Stage, tmp_path: Path, scheme: str) -> None:
    node = DoorNode(tmp_path)
    node.workers = [worker(OWN)]
    node.door = {**node.door, **DOOR, "joining": [JOINING]}
    stage.node = node
    await stage.stop()
    await stage.start()
    page = await stage.open(color_scheme=scheme, reduced_motion="reduce")
    answers = Answers()
    answers.by_row["GET", "/settings"] = (200, {**SETTINGS, "help_when": "hours"})
    moments = {
        "created_at": "2024-01-15T10:00:00+00:00",
        "last_used_at": None,
        "expires_at": "2024-02-14T10:00:00+00:00",
    }
    invitation = {"invitation_id": "7", "name": "Eve", **moments, "expired": True, "plain": True}
    answers.by_row["GET", "/invitations"] = (200, {"invitations": [invitation]})
    program: dict[str, Any] = {"program_id": "7", "name": "Bazarr", **moments, "origins": [], "unfinished": 1}
    answers.by_row["GET", "/programs"] = (200, {"programs": [program], "announced": True})
    answers.by_row["POST", "/programs"] = (200, {"url": "http://192.168.1.7:8000/programs/abc/v1"})
    answers.by_row["POST", "/invitations"] = (200, {**moments, "url": "https://192.168.1.7:8765/join/abc"})
    await with_answers(page, answers)
    await page.locator("#add-pc").click()
    await page.get_by_text("lamp · river · stone · owl").wait_for()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.locator("#open-settings").click()
    await page.get_by_role("button", name="Invite").click()
    await page.get_by_role("button", name="Let in").click()
    await page.get_by_label("Address for the program").wait_for()
    await page.get_by_text("Send it to your friend").wait_for()
    assert await violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_reader(stage: Stage, scheme: str, width: int) -> None:
    _, page = await staged(stage, color_scheme=scheme, viewport={"width": width, "height": 900})
    await read(stage, page)
    await page.get_by_label("Search in this book").fill("two")
    await page.get_by_text("1 of 1").wait_for()
    assert await violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_licences(stage: Stage, scheme: str) -> None:
    page = await stage.open(color_scheme=scheme)
    await page.get_by_role("link", name="Licences").click()
    await page.get_by_role("heading", name="Licences").wait_for()
    assert await violations(page) == []


async def test_the_page_can_be_used_with_keys_alone(stage: Stage) -> None:
    fill(stage.node)
    page = await stage.open()
    reached = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        name = await page.evaluate(
            "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"
        )
        if name in reached:
            break
        reached.append(name)
    assert {"Settings", "Choose files", "Choose a folder", "The Time Machine"} <= set(reached)
    assert {"Pause The Time Machine", "Read The Time Machine", "Try again", "Pause"} <= set(reached)
