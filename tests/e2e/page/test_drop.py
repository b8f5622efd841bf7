"""Books that come by the page: dropped, chosen, uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.support.browsing import DROP_FILES, DROP_FOLDER, Stage, eventually_true, needs_browser
from tests.support.waiting import eventually

pytestmark = needs_browser


async def test_dropping_a_file(stage: Stage) -> None:
    page = await stage.open()
    await page.get_by_text("Options for new books:").click()
    await page.get_by_label("Language").select_option("de")
    await page.get_by_label("Names and rare words").fill("Weena")
    await page.get_by_text("German, with names").wait_for()
    await page.evaluate(DROP_FILES, ["Emma.mp3"])
    await page.locator(".book", has_text="Emma").wait_for()
    await page.locator(".upload").wait_for(state="detached")
    assert await page.locator("#drop-veil").is_hidden()
    ((files, filename, options),) = [call[1:] for call in stage.node.calls if call[0] == "add_upload"]
    assert (files, filename) == ({"Emma.mp3": b"Emma.mp3"}, "Emma.mp3")
    assert (options.decode.language, options.decode.hotwords, options.model) == ("de", "Weena", None)
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
        "Dune.epub": b"/Dune/Dune.epub",
    }


async def test_dropping_audio_with_its_ebook(stage: Stage) -> None:
    page = await stage.open()
    await page.evaluate(DROP_FILES, ["Emma.mp3", "Jane Austen.epub"])
    await page.locator(".book", has_text="Emma").wait_for()
    ((files, filename),) = [call[1:3] for call in stage.node.calls if call[0] == "add_upload"]
    assert (list(files), filename) == (["Emma.mp3", "Jane Austen.epub"], "Emma.mp3")


async def test_files_that_look_like_several_books_are_asked_about(stage: Stage) -> None:
    stage.node.several = [
        {"title": title, "files": [f"{title}.mp3"]} for title in ("Dracula", "Emma", "The War of the Worlds")
    ]
    page = await stage.open()
    for answer, rows in (("Three books", 3), ("One book", 4)):
        await page.evaluate(DROP_FILES, ["Emma.mp3", "Dracula.mp3", "The War of the Worlds.mp3"])
        question = page.get_by_role("group", name="One book or three?")
        await question.get_by_text("Dracula, Emma and The War of the Worlds look like different books.").wait_for()
        await question.get_by_role("button", name=answer).click()
        await page.locator(".upload").wait_for(state="detached")
        await eventually_true(page, f"document.querySelectorAll('.book').length === {rows}")
    assert [call[1] for call in stage.node.calls if call[0] == "decide"] == [True, False]
    assert stage.complaints == []


async def test_a_book_that_was_there_before_says_so(stage: Stage) -> None:
    page = await stage.open()
    known = {"book_id": "00000001", "filename": "Emma.mp3", "known": True}
    await page.route("**/upload", lambda route: route.fulfill(status=201, json=known))
    await page.evaluate(DROP_FILES, ["Jane.mp3"])
    await page.get_by_text("Emma.mp3 was added before, so it is not transcribed again.").wait_for()
    await page.get_by_role("button", name="Dismiss").click()
    await page.locator(".upload").wait_for(state="detached")


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


async def test_what_is_no_audio_is_not_offered_to_be_tried_again(stage: Stage) -> None:
    page = await stage.open()
    refused = {"error": "notes.pdf has no audio in it."}
    await page.route("**/upload", lambda route: route.fulfill(status=400, json=refused))
    await page.evaluate(DROP_FILES, ["notes.pdf"])
    upload = page.locator(".upload")
    await upload.get_by_text("notes.pdf has no audio in it.").wait_for()
    assert await upload.get_by_role("button", name="Try again").is_hidden()
    await upload.get_by_role("button", name="Dismiss").click()
    await upload.wait_for(state="detached")


async def test_many_uploads_take_turns(stage: Stage) -> None:
    """A browser opens six connections to one address: the page needs some while books are on their way."""
    page = await stage.open()
    held: list[Any] = []

    async def hold(route: Any) -> None:
        held.append(route)

    await page.route("**/upload", hold)
    for name in ("Emma.mp3", "Dune.mp3", "Walden.mp3", "Moby.mp3"):
        await page.evaluate(DROP_FILES, [name])
    uploads = page.locator(".upload")
    await page.get_by_text("Moby.mp3 waits for its turn").wait_for()
    await eventually(lambda: len(held) == 2)
    await uploads.filter(has_text="Moby").get_by_role("button", name="Cancel").click()
    await uploads.filter(has_text="Moby").wait_for(state="detached")
    await held[0].abort()
    await uploads.filter(has_text="Emma").get_by_text("The upload was interrupted").wait_for()
    await eventually(lambda: len(held) == 3)
    await eventually_true(page, "!document.body.textContent.includes('waits for its turn')")
    for route in held[1:]:
        await route.fulfill(status=201, json={"book_id": "1", "filename": "1.mp3"})
    await eventually_true(page, "!document.body.textContent.includes('Adding ')")
    assert await uploads.count() == 1
