"""Nothing that a person gave vanishes: five books at once, three that came together, and a hole in the audio, on the
pages of real nodes."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import numpy as np

from tests.e2e.support.browsing import eventually_true, needs_browser
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import RATE, SENTENCES, Voice, record
from tests.unit.speech.media import MP3, WAV, voice, write

pytestmark = needs_browser

DROP_ALL = """(files) => {
  const data = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, {type: "audio/mpeg"}));
  }
  for (const type of ["dragenter", "dragover", "drop"]) {
    window.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}"""
MISSING_SECONDS = 49
ITS_END_IS_WARM = """[...document.querySelectorAll(".book")]
  .filter((book) => book.querySelector(".title").textContent === "The Hole")
  .map((book) => book.querySelector(".timeline canvas"))
  .map((canvas) => canvas.getContext("2d").getImageData(canvas.width - 2, 9, 1, 1).data)
  .some((colour) => colour.slice(0, 3).join() === "176,63,0")"""


async def page_of(browser: Any, node: Running) -> Any:
    page = await browser.new_page()
    page.set_default_timeout(120_000)
    await page.goto(node.url)
    await page.get_by_text("(this PC)").wait_for()
    return page


def as_dropped(folder: Path, names: list[str], first: int) -> list[list[str]]:
    sounds = [write(folder / name, voice(first + number), MP3).read_bytes() for number, name in enumerate(names)]
    return [[name, base64.b64encode(sound).decode()] for name, sound in zip(names, sounds, strict=True)]


async def test_five_books_at_once_and_three_together(coordinator: Running, whole_browser: Any, tmp_path: Path) -> None:
    page = await page_of(whole_browser, coordinator)
    names = [f"{title}.mp3" for title in ("Persuasion", "Walden", "Ulysses", "Candide", "Kim")]
    for file in await asyncio.to_thread(as_dropped, tmp_path, names, 51):
        await page.evaluate(DROP_ALL, [file])
    for name in names:
        await page.locator(".book", has_text=name.removesuffix(".mp3")).wait_for()
    await eventually_true(page, "document.querySelectorAll('.upload').length === 0")

    together = ["Middlemarch.mp3", "Frankenstein.mp3", "Treasure Island.mp3"]
    await page.evaluate(DROP_ALL, await asyncio.to_thread(as_dropped, tmp_path, together, 61))
    question = page.get_by_role("group", name="One book or three?")
    await question.get_by_text("Frankenstein, Middlemarch and Treasure Island").wait_for()
    await question.get_by_role("button", name="Three books").click()
    for name in together:
        await page.locator(".book", has_text=name.removesuffix(".mp3")).wait_for()


def with_a_hole(path: Path, spoken: Any) -> Path:
    """A recording whose end was lost: its header counts more than is there."""
    whole = np.concatenate([spoken, np.zeros(MISSING_SECONDS * RATE, dtype=spoken.dtype)])
    content = record(path, whole, WAV).read_bytes()
    left = len(content) * len(spoken) // len(whole)
    path.write_bytes(content[: left - left % 4])
    return path


async def test_a_hole_in_the_audio_is_seen(node: Running, voice: Voice, whole_browser: Any, tmp_path: Path) -> None:
    spoken = await asyncio.to_thread(voice.say, *SENTENCES[4:6])
    audio = await asyncio.to_thread(with_a_hole, tmp_path / "The Hole.wav", spoken)
    book_id = await asyncio.to_thread(node.add, audio)
    page = await page_of(whole_browser, node)
    row = page.locator(".book", has_text="The Hole")
    await row.get_by_text("Done, with gaps").wait_for()
    most_percent = 100 * len(spoken) // (len(spoken) + MISSING_SECONDS * RATE)
    assert int((await row.locator(".percent").inner_text()).removesuffix("\u00a0%")) <= most_percent
    await eventually_true(page, ITS_END_IS_WARM)
    assert "something is missing in one place" in (await row.get_by_role("img").get_attribute("aria-label"))
    await row.get_by_role("link", name="Read The Hole").click()
    line = f"[{MISSING_SECONDS} seconds are missing here]"
    await page.locator(".gap", has_text=line).wait_for()
    for format_ in ("txt", "srt", "vtt"):
        answer = await asyncio.to_thread(node.ask, f"/results/{book_id}?format={format_}")
        assert line in answer.body.decode(), format_
