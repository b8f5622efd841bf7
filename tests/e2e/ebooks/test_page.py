"""A book gets its ebook, chapters and names on the page of a real node: in a real browser, with real Whisper."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from tests.e2e.page.test_out_of_sight import DROP_ALL, page_of
from tests.e2e.support.browsing import needs_browser
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.support.ebooks import paragraphs, write_epub
from tests.support.waiting import eventually
from tests.unit.speech.ebooks.test_reading import encryption

pytestmark = needs_browser

LOCKED = {"META-INF/encryption.xml": encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")}


def ebook_of(path: Path, said: tuple[str, ...], **more: Any) -> Path:
    """An ebook with a title page that nobody reads, and these sentences in one chapter."""
    return write_epub(path, [("Title", "<p>All rights reserved.</p>"), ("Storm", paragraphs(*said))], **more)


async def drop(page: Any, *paths: Path) -> None:
    contents = [await asyncio.to_thread(path.read_bytes) for path in paths]
    files = [[path.name, base64.b64encode(each).decode()] for path, each in zip(paths, contents, strict=True)]
    await page.evaluate(DROP_ALL, files)


async def opened(page: Any, title: str) -> Any:
    """The row of a book once it is done, opened."""
    row = page.locator(".book", has_text=title)
    await row.get_by_role("link", name="TXT").wait_for()
    await row.get_by_role("button", name=title, exact=True).click()
    return row


FETCH = """async (path) => {
  const answer = await fetch(path);
  const letters = Array.from(new Uint8Array(await answer.arrayBuffer()), (byte) => String.fromCharCode(byte));
  return [answer.headers.get("Content-Type"), btoa(letters.join(""))];
}"""


async def asked(page: Any, path: str) -> Any:
    """What the node answers the page: what JSON says, or bytes."""
    kind, content = await page.evaluate(FETCH, path)
    found = base64.b64decode(content)
    return json.loads(found) if "application/json" in kind else found


async def has_chapters(page: Any, book_id: str, wanted: list[tuple[str, float, str]]) -> bool:
    """Says if the transcript has these; while it is being written, the node answers how far that is."""
    chapters = (await asked(page, f"/results/{book_id}")).get("chapters", ())
    return [(each["title"], each["start"], each["source"]) for each in chapters] == wanted


async def test_audio_is_dropped_with_its_ebook(node: Running, whole_browser: Any, voice: Voice, tmp_path: Path) -> None:
    said = SENTENCES[:4]
    audio = await asyncio.to_thread(lambda: record(tmp_path / "lamp.mp3", voice.say(*said, pause_seconds=1.1)))
    page = await page_of(whole_browser, node)
    await drop(page, audio, ebook_of(tmp_path / "The Lamp.epub", said))
    row = await opened(page, "lamp")
    await row.get_by_text("The Lamp.epub: 100\u00a0% of what was heard is in it.").wait_for()
    await row.get_by_text("one text of 2 not read:").wait_for()
    link = await row.get_by_role("link", name="Ebook (EPUB)").get_attribute("href")
    with zipfile.ZipFile(io.BytesIO(await asked(page, link))) as epub:
        names = epub.namelist()
    assert any(name.endswith(".smil") for name in names)
    assert any(name.endswith(".mp3") for name in names)
    await page.close()


async def test_an_ebook_and_chapters_are_given_later_and_nothing_is_transcribed_again(
    node: Running, whole_browser: Any, voice: Voice, tmp_path: Path
) -> None:
    said = SENTENCES[4:8]
    audio = await asyncio.to_thread(lambda: record(tmp_path / "sister.mp3", voice.say(*said, pause_seconds=1.2)))
    page = await page_of(whole_browser, node)
    await drop(page, audio)
    row = await opened(page, "sister")
    book_id = await row.get_by_role("link", name="Read").get_attribute("href")
    book_id = book_id.rpartition("/")[2]
    before = await asked(page, f"/tasks?book_id={book_id}")

    choose = row.get_by_label("An ebook (EPUB)")
    await choose.set_input_files(str(ebook_of(tmp_path / "locked.epub", said, more=LOCKED)))
    await row.get_by_text("locked.epub is copy-protected (DRM)").wait_for()
    renamed = tuple(each.replace("sister", "Sister Mary") for each in said)
    await choose.set_input_files(str(ebook_of(tmp_path / "Sister.epub", renamed)))
    await row.get_by_text("of what was heard is in it.").wait_for()
    document = await asked(page, f"/results/{book_id}")
    assert document["full_text"] == " ".join(renamed)

    await row.get_by_role("button", name="Edit chapters").click()
    for place, (time, title) in enumerate((("0:00", "Letters"), ("0:05.5", "The price of bread"))):
        await row.get_by_role("button", name="Add a chapter").click()
        await row.get_by_label("Begins at").nth(place).fill(time)
        await row.get_by_label("Title").nth(place).fill(title)
    await row.get_by_role("button", name="Save").click()
    chapters = [("Letters", 0.0, "edited"), ("The price of bread", 5.5, "edited")]
    await eventually(lambda: has_chapters(page, book_id, chapters), "the chapters to be written", pause_seconds=0.2)
    assert b"title=The price of bread" in await asked(page, f"/results/{book_id}?format=ffmetadata")
    assert await asked(page, f"/tasks?book_id={book_id}") == before

    await row.get_by_role("link", name="Read").click()
    listed = page.get_by_label("Chapter", exact=True).locator("option")
    await listed.nth(1).wait_for(state="attached")
    assert await listed.all_inner_texts() == ["Letters", "The price of bread"]
    await page.close()
