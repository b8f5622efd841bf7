"""Whatever is wrong with an ebook, the transcript is written, and a person is told."""

from __future__ import annotations

import asyncio
import os
import sys
import wave
import zipfile
from pathlib import Path

import psutil
import pytest

from swarmstt.core.books import SAMPLE_RATE, BookOutput
from swarmstt.core.ebooks.order import EbookOrder, SoundSource, most_seconds
from swarmstt.errors import EngineDiedError
from swarmstt.options import OutputOptions
from swarmstt.speech.process.child import ChildProcess
from swarmstt.speech.process.memory_limit import ADDRESS_SPACE_BYTES
from swarmstt.speech.transcripts import read_along
from swarmstt.speech.transcripts.child import Notes, WriteOrder, _write
from swarmstt.speech.transcripts.read_along import ReadAlongBook
from swarmstt.speech.transcripts.writer import ReadAlongOrder, Written, write_book
from tests.support.ebooks import paragraphs, write_epub
from tests.unit.speech import media
from tests.unit.speech.transcripts.test_epub_files import HEARD, PRINTED
from tests.unit.speech.transcripts.test_more_formats import DOCUMENT
from tests.unit.speech.transcripts.test_writer import FACTS, outcomes


def with_changed(path: Path, name: str, before: str, after: str, *, at_top: bool = False) -> Path:
    """The ebook, with another text in one of its files; `at_top`: without a folder for its texts."""
    changed = path.with_name("changed.epub")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for each in old.namelist():
            content = old.read(each)
            if each == name:
                assert before.encode() in content
                content = content.replace(before.encode(), after.encode())
            if at_top:
                each, content = each.replace("OEBPS/", ""), content.replace(b"OEBPS/", b"")
            new.writestr(each, content)
    return changed


async def written(tmp_path: Path, ebook: Path) -> Written:
    audio = media.write(tmp_path / "a.mp3", media.voice(20), media.MP3)
    own = BookOutput(folder=str(tmp_path / "own"), name="transcript", formats=("json",), options=OutputOptions())
    wished = BookOutput(folder=str(tmp_path / "out"), name="book", formats=("txt", "epub"), options=OutputOptions())
    sound = SoundSource(path=str(audio), start=0.0, end=20.0)
    along = ReadAlongOrder(ebook=EbookOrder(path=str(ebook), name="moby.epub"), sounds=(sound,))
    return await write_book(FACTS, outcomes(*HEARD), (own, wished), along)


async def test_an_ebook_without_metadata_costs_only_the_ebook(tmp_path: Path) -> None:
    ebook = write_epub(tmp_path / "in.epub", [("One", paragraphs(*PRINTED))])
    ebook = with_changed(ebook, "OEBPS/content.opf", "metadata", "other")
    found = await written(tmp_path, ebook)
    assert [path.name for path in found.files[1]] == ["book.txt"]
    assert found.trouble == (
        "The ebook could not be made: it has no metadata, or no list of files. "
        "Repair moby.epub with an editor of ebooks, or use another.",
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["book.txt"]


async def test_contents_that_lead_nowhere_cost_only_the_ebook(tmp_path: Path) -> None:
    ebook = write_epub(tmp_path / "in.epub", [("One", paragraphs(*PRINTED))], old=True)
    ebook = with_changed(ebook, "OEBPS/toc.ncx", 'src="ch01.xhtml"', 'src="%23a"', at_top=True)
    found = await written(tmp_path, ebook)
    assert [path.name for path in found.files[1]] == ["book.txt"]
    [sentence] = found.trouble
    assert sentence.startswith("The ebook could not be made: ")


@pytest.mark.parametrize("error", [MemoryError(), ValueError("no path"), RecursionError()])
def test_what_goes_wrong_in_the_alignment_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    ebook = write_epub(tmp_path / "in.epub", [("One", paragraphs(*PRINTED))])
    order = EbookOrder(path=str(ebook), name="moby.epub")
    monkeypatch.setattr(read_along, "aligned", fails)
    book = ReadAlongBook(DOCUMENT, order, "en")
    assert book.told is not None
    assert str(book.told.trouble).startswith("The ebook could not be made: ")
    assert book.document(OutputOptions())["segments"] == DOCUMENT["segments"]
    monkeypatch.setattr(ReadAlongBook, "write_epub", fails)
    own = BookOutput(folder=str(tmp_path / "own"), name="transcript", formats=())
    output = BookOutput(folder=str(tmp_path / "out"), name="book", formats=("txt", "epub"))
    notes = Notes()
    write_order = WriteOrder(facts=FACTS, outputs=(own, output), ebook=order)
    assert _write(book, write_order, output, None, notes) == [str(tmp_path / "out" / "book.txt")]
    [sentence] = notes.epub
    assert sentence.startswith("The ebook could not be made: ")


@pytest.mark.skipif(sys.platform != "linux", reason="a process can be asked for its limit on Linux only")
async def test_the_writer_has_a_limit_on_its_memory() -> None:
    child = await ChildProcess.start("writer")
    try:
        process = psutil.Process(child.pid)
        while process.rlimit(psutil.RLIMIT_AS)[0] != ADDRESS_SPACE_BYTES:
            assert child.exit_code is None
            await asyncio.sleep(0.05)
    finally:
        await child.kill()


def long_sound(path: Path) -> Path:
    """An hour of silence, which is encoded again; it takes no room on disk."""
    seconds, header_bytes = 3600, 44
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(b"")
    size_bytes = seconds * SAMPLE_RATE * 2
    header = bytearray(path.read_bytes())
    header[4:8] = (header_bytes - 8 + size_bytes).to_bytes(4, "little")
    header[40:44] = size_bytes.to_bytes(4, "little")
    path.write_bytes(header)
    os.truncate(path, header_bytes + size_bytes)
    return path


async def test_a_writer_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    sound = SoundSource(path=str(long_sound(tmp_path / "long.wav")), start=0.0, end=3600.0)
    out = tmp_path / "out"
    own = BookOutput(folder=str(tmp_path / "own"), name="transcript", formats=("json",))
    output = BookOutput(folder=str(out), name="book", formats=("epub",))
    writing = asyncio.create_task(write_book(FACTS, outcomes(*HEARD), (own, output), ReadAlongOrder(sounds=(sound,))))
    while not list(out.glob(".swarmstt-*/*.m4a")):
        assert not writing.done()
        await asyncio.sleep(0.01)
    writing.cancel()
    await asyncio.wait({writing})
    assert writing.cancelled()
    assert list(out.iterdir()) == []


async def test_an_ebook_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    own = BookOutput(folder=str(tmp_path / "own"), name="transcript", formats=("json",))
    ebook = write_epub(tmp_path / "in.epub", [("One", paragraphs(*PRINTED))])
    along = ReadAlongOrder(ebook=EbookOrder(path=str(ebook), name="moby.epub"))
    sizes = []

    def at_once(size_bytes: int) -> float:
        sizes.append(size_bytes)
        return 0.0

    with pytest.raises(EngineDiedError, match="use another ebook"):
        await write_book(FACTS, outcomes(*HEARD), (own, own), along, most_seconds=at_once)
    assert sizes == [ebook.stat().st_size]
    await write_book(FACTS, outcomes(*HEARD), (own, own), most_seconds=at_once)  # without one there is time


def test_more_sound_gives_more_time() -> None:
    assert most_seconds(0) == 900.0
    assert most_seconds(300_000_000) == 3900.0
