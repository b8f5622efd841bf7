"""The reader in a real browser: with a real node from the drop to the spoken word, and with one that is staged."""

from __future__ import annotations

import asyncio
import base64
import re
import wave
from pathlib import Path
from typing import Any

from tests.e2e.support.browsing import Stage, eventually_true, needs_browser, read, staged
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.unit.speech.media import WAV
from tests.unit.web.fake_node import task

pytestmark = needs_browser

DROP_BYTES = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, {type: "audio/wav"}));
  for (const type of ["dragenter", "dragover", "drop"]) {
    window.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}"""
SPOKEN = "[...(CSS.highlights.get('spoken') ?? [])].map(String).join()"
NOW = "document.getElementById('audio').currentTime"
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


async def test_from_the_drop_to_the_spoken_word(
    node: Running, voice: Voice, whole_browser: Any, tmp_path: Path
) -> None:
    audio = record(tmp_path / "The Boat.wav", voice.say(*SENTENCES[9:13]), WAV)
    page = await whole_browser.new_page()
    page.set_default_timeout(120_000)
    await page.goto(node.url)
    await page.get_by_text("(this PC)").wait_for()
    content = await asyncio.to_thread(audio.read_bytes)
    await page.evaluate(DROP_BYTES, [audio.name, base64.b64encode(content).decode()])
    row = page.locator(".book", has_text="The Boat")
    await row.get_by_text("100\u00a0%").wait_for()
    await row.get_by_role("link", name="Read The Boat").click()
    await page.get_by_role("heading", name="The Boat").wait_for()
    await page.locator(".passage p", has_text="boat").first.wait_for()

    await page.get_by_role("button", name="Play").click()
    await eventually_true(page, f"{NOW} > 0.2 && {SPOKEN} !== ''")
    await page.get_by_role("button", name="Pause").click()
    last = page.locator(".passage p").last
    size = await last.bounding_box()
    await last.click(position={"x": 90, "y": size["height"] / 2})
    await eventually_true(page, f"{NOW} > 8 && {SPOKEN} !== ''")
    assert re.search(r"#t=\d+\.\d$", page.url)
    await page.get_by_label("Search in this book").fill("DOG")
    await eventually_true(page, "/^1 of [1-9]$/.test(document.getElementById('found').textContent)")
    assert await page.evaluate("String([...CSS.highlights.get('hit')][0]).toLowerCase()") == "dog"
    await page.goto(f"{page.url.split('#')[0]}#t=4.0")
    await page.reload()
    await eventually_true(page, f"{NOW} >= 4 && {NOW} < 5")


def test_the_audio_and_who_may_have_it(node: Running, shared_home: Home, voice: Voice) -> None:
    folder = shared_home.root / "in" / "heard"
    audio = record(folder / "Heard.wav", voice.say(SENTENCES[5]), WAV)
    (folder / "Heard.wav.gz").write_bytes(b"a packed twin that is none of the book's")
    (folder / "secret.wav").write_bytes(b"not the book's")
    book_id = node.add(audio)
    node.wait_for_book(book_id)
    address, content = f"/books/{book_id}/audio", audio.read_bytes()
    whole = node.ask(address, Accept_Encoding="gzip, br")
    assert (whole.status, whole.headers["Content-Type"], whole.body) == (200, "audio/wav", content)
    part = node.ask(address, Range="bytes=100-199")
    assert (part.status, part.body) == (206, content[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(content)}"
    for wrong in ("?part=1", "?part=-1", "?part=../secret.wav", "?part=%2e%2e", "?part=9999999"):
        assert node.ask(address + wrong).error
    text = node.get(f"/books/{book_id}/text")
    assert text["audio"] == [{"url": address, "start": 0.0, "end": text["duration"]}]
    assert text["done_until"] == [[0.0, text["duration"]]]
    assert text["segments"][0]["words"][0].keys() == {"start", "end", "word"}
    assert node.get(f"/books/{book_id}/text?from=1000")["segments"] == []
    assert "number of seconds" in node.ask(f"/books/{book_id}/text?from=nan").error
    for path in (address, f"/books/{book_id}/text", f"/read/{book_id}"):
        assert node.ask(path, Host="evil.example").status == 403
        assert node.ask(path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    audio.unlink()
    assert "no longer there" in node.ask(address).error
    assert "no longer there" in node.get(f"/books/{book_id}/text")["audio_trouble"]
    assert node.ask("/books/nothing/text").status == 404


async def test_an_unfinished_book_fills_in(stage: Stage) -> None:
    reader, page = await staged(stage)
    await read(stage, page)
    await page.get_by_text("One. Two.").wait_for()
    await page.get_by_text("5:00 to 15:00 waits for its turn.").wait_for()
    await page.get_by_text("15:00 to 20:00 could not be transcribed and is left out.").wait_for()
    stage.node.put_task(task("1", 1, "in_progress", progress=0.5))
    await page.get_by_text("5:00 to 10:00 is being transcribed, 50\u00a0%.").wait_for()
    reader.statuses[1] = "completed"
    stage.node.put_task(task("1", 1, "completed"))
    await page.get_by_text("Three.").wait_for()
    await page.get_by_text("10:00 to 15:00 waits for its turn.").wait_for()
    reader.statuses[2] = "completed"
    await stage.stop()
    await page.get_by_text("Can't reach swarmstt. Start it from the tray or with `swarmstt up`.").wait_for()
    stage.node.known_books["1"]["tasks"]["completed"] = 3
    await stage.start()
    await page.get_by_text("Four.").wait_for()
    assert await page.get_by_text("reach swarmstt. Start").count() == 0


async def test_a_paragraph_goes_on_over_parts_and_a_hole_is_seen(stage: Stage) -> None:
    reader, page = await staged(stage)
    reader.statuses = ["completed"] * 4
    reader.said = ["He went", "to the sea.", "He came", "back."]
    reader.goes_on = {1, 3}
    gap = {"start": 620.0, "end": 620.0, "reason": "damaged", "text": "49 seconds are missing here"}
    reader.facts = {**reader.facts, "gaps": [gap]}
    await read(stage, page)
    lines = page.locator(".passage p")
    expected = ["He went to the sea.", "He came", "[49 seconds are missing here]", "back."]
    reader.goes_on = {1}
    assert [text.partition("\n")[2] or text for text in await lines.all_inner_texts()] == expected
    assert await page.locator(".gap").count() == 1


async def test_a_line_has_about_66_characters(stage: Stage) -> None:
    reader, page = await staged(stage, viewport={"width": 1280, "height": 900})
    reader.said[0] = " ".join(SENTENCES)
    await read(stage, page)
    paragraph = page.locator(".passage p").first
    lines = await paragraph.evaluate(
        """each => {
          const range = document.createRange();
          range.selectNodeContents(each.lastChild);
          return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
        }"""
    )
    characters = len(" ".join(SENTENCES)) / lines
    assert 56 < characters < 74


async def test_text_stays_text_and_fits(stage: Stage) -> None:
    reader, page = await staged(stage, viewport={"width": 340, "height": 700}, color_scheme="dark")
    reader.facts = {
        **reader.facts,
        "title": EVIL,
        "author": EVIL,
        "chapters": [
            {"title": EVIL, "start": 0.0, "end": 600.0},
            {"title": "The second", "start": 600.0, "end": 1200.0},
        ],
    }
    reader.said[0] = EVIL
    reader.trouble = EVIL
    await read(stage, page)
    assert await page.locator("main img, main script").count() == 0
    assert await page.get_by_role("heading", name=EVIL).count() == 2
    assert await page.locator("#troubles").inner_text() == EVIL
    assert await page.locator("#player").is_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 340
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(21, 23, 26)"
    assert stage.complaints == []


def silence(path: Path) -> Path:
    """Twenty minutes of it."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * (8000 * 1200))
    return path


async def test_the_page_follows_the_voice_until_the_reader_scrolls(stage: Stage, tmp_path: Path) -> None:
    reader, page = await staged(stage, viewport={"width": 900, "height": 500})
    reader.statuses = ["completed"] * 4
    reader.said = [" ".join(f"word{n}." for n in range(place * 280, place * 280 + 280)) for place in range(4)]
    reader.file = await asyncio.to_thread(silence, tmp_path / "silence.wav")
    reader.audio = [{"url": "/books/1/audio", "start": 0.0, "end": 1200.0}]
    await read(stage, page, "/read/1#t=1000")
    await eventually_true(page, f"{NOW} >= 1000 && scrollY > 500")
    await eventually_true(page, f"{SPOKEN} === 'word939.'")
    button = page.get_by_role("button", name="Back to the voice")
    assert await button.is_hidden()
    await page.mouse.move(400, 250)
    await page.mouse.wheel(0, -5000)
    await button.click()
    await eventually_true(page, "scrollY > 500")
    await button.wait_for(state="hidden")
    await page.get_by_label("Place in the book").focus()
    await page.keyboard.press("Home")
    await eventually_true(page, f"{NOW} < 2 && scrollY < 300")
    reader.file = None
    await page.reload()
    await page.get_by_text("The audio is no longer there.").wait_for()
