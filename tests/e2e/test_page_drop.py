"""Books that come by the page: dropped, chosen, uploaded."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.browsing import DROP_FILES, DROP_FOLDER, Stage, needs_browser

pytestmark = needs_browser


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
