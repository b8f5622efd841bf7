"""EPUBs of books: with sound, beside other files, and never over one that is not ours."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from swarmstt.core.books import BookOutput
from swarmstt.core.ebooks.order import EbookOrder, SoundSource
from swarmstt.errors import OutputError
from swarmstt.options import OutputOptions
from swarmstt.speech.ebooks.sound_files import prepared
from swarmstt.speech.ebooks.sounds import MP3, MP4
from swarmstt.speech.transcripts.epub_files import write_epub_file
from swarmstt.speech.transcripts.writer import ReadAlongOrder, Written, write_book
from tests.support.ebooks import paragraphs, write_epub
from tests.unit.speech import media
from tests.unit.speech.transcripts.test_writer import FACTS, outcomes

HEARD = (
    "Call me Ishmael. Some years ago, never mind how long,",
    "I thought I would sail about a little and see the see.",
)
PRINTED = (
    "“Call me Ishmael.” Some years ago — never mind how long —",
    "I thought I would sail about a little and see the sea.",
)


def test_a_file_that_is_not_ours_is_kept_and_our_own_replaced(tmp_path: Path) -> None:
    def write(path: Path, text: str = "ours") -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.comment = b"swarmstt a1"
            archive.writestr("text", text)

    (tmp_path / "book.epub").write_bytes(b"the publisher's")
    for text in ("first", "second"):
        made = write_epub_file(tmp_path, "book", b"swarmstt a1", lambda path, text=text: write(path, text))  # type: ignore[misc]
        assert made == tmp_path / "book (2).epub"
        with zipfile.ZipFile(made) as archive:
            assert archive.read("text").decode() == text
    assert write_epub_file(tmp_path, "book", b"swarmstt b2", write).name == "book (3).epub"
    assert (tmp_path / "book.epub").read_bytes() == b"the publisher's"
    assert len(list(tmp_path.iterdir())) == 3


def test_one_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    def fails(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="no room"):
        write_epub_file(tmp_path, "book", b"", fails)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("how", "kind"), [(media.MP3, MP3), (media.M4A, MP4)])
def test_what_readers_play_goes_in_as_it_is(tmp_path: Path, how: media.Format, kind: str) -> None:
    path = media.write(tmp_path / "a.audio", media.voice(3), how)
    [sound] = prepared([SoundSource(path=str(path), start=0.0, end=3.0)], tmp_path)
    assert (sound.path, sound.media_type, sound.start, sound.end) == (path, kind, 0.0, 3.0)


def test_other_sound_is_encoded_and_its_length_counted(tmp_path: Path) -> None:
    one = media.write(tmp_path / "a.wav", media.voice(3), media.WAV)
    other = media.write(tmp_path / "b.mp3", media.voice(2), media.MP3)
    first, second = prepared([SoundSource(path=str(one)), SoundSource(path=str(other))], tmp_path)
    assert (first.media_type, first.path.suffix, first.start) == (MP4, ".m4a", 0.0)
    assert first.end == second.start == pytest.approx(3.0)
    assert second.end == pytest.approx(5.0, abs=0.1)
    [again] = prepared([SoundSource(path=str(first.path), start=0.0, end=3.0)], tmp_path / "none")
    assert again.path == first.path


async def written(tmp_path: Path, printed: tuple[str, ...], options: OutputOptions) -> Written:
    audio = media.write(tmp_path / "a.mp3", media.voice(20), media.MP3)
    epub = write_epub(
        tmp_path / "in.epub", [("One", paragraphs(*printed)), ("Two", paragraphs("Not read, all of it."))]
    )
    own = BookOutput(folder=str(tmp_path / "own"), name="transcript", formats=("json", "epub"), options=options)
    wished = BookOutput(folder=str(tmp_path / "out"), name="book", formats=("json", "epub"), options=options)
    along = ReadAlongOrder(
        ebook=EbookOrder(path=str(epub), name="moby.epub"), sounds=(SoundSource(path=str(audio), start=0.0, end=20.0),)
    )
    return await write_book(FACTS, outcomes(*HEARD), (own, wished), along)


@pytest.mark.parametrize("keep_heard", [False, True])
async def test_a_transcript_takes_the_words_of_its_ebook(tmp_path: Path, keep_heard: bool) -> None:
    found = await written(tmp_path, PRINTED, OutputOptions(keep_heard=keep_heard))
    document = json.loads((tmp_path / "out" / "book.json").read_text(encoding="utf-8"))
    text = " ".join(HEARD if keep_heard else PRINTED)
    assert document["full_text"] == text
    assert [each.get("text_from") for each in document["segments"]].count("ebook") == (0 if keep_heard else 4)
    assert document["alignment"]["name"] == "moby.epub"
    assert found.ebook is not None
    assert found.ebook.report is not None
    assert [each.found for each in found.ebook.report.documents] == [pytest.approx(1.0, abs=0.1), 0.0]
    with zipfile.ZipFile(tmp_path / "out" / "book.epub") as epub:
        marked = re.findall(r'<span id="heard-\d+">(.*?)</span>', epub.read("OEBPS/ch01.xhtml").decode())
        assert marked[0] == "“Call me Ishmael.”"
        assert epub.read("OEBPS/sound/0001.mp3") == (tmp_path / "a.mp3").read_bytes()
        assert epub.comment == b"swarmstt a1b2c3d4"
    with zipfile.ZipFile(tmp_path / "own" / "transcript.epub") as epub:
        assert not [name for name in epub.namelist() if name.endswith(".mp3")]


@pytest.mark.parametrize("has_sound", [True, False])
async def test_an_epub_may_mark_words_and_without_sound_nothing(tmp_path: Path, has_sound: bool) -> None:
    await written(tmp_path, PRINTED, OutputOptions(epub_marks="word", epub_sound=has_sound))
    with zipfile.ZipFile(tmp_path / "out" / "book.epub") as epub:
        marked = re.findall(r'<span id="heard-\d+">(.*?)</span>', epub.read("OEBPS/ch01.xhtml").decode())
        assert " ".join(marked[:3]) == ("Call me Ishmael" if has_sound else "")
        assert [name for name in epub.namelist() if name.endswith(".mp3")] == ["OEBPS/sound/0001.mp3"] * has_sound


async def test_another_book_is_said_and_costs_nothing_else(tmp_path: Path) -> None:
    found = await written(tmp_path, ("Here stands something else by far, of people nobody has met.",), OutputOptions())
    assert found.ebook is not None
    assert "not the text of this recording" in str(found.ebook.trouble)
    document = json.loads((tmp_path / "out" / "book.json").read_text(encoding="utf-8"))
    assert document["full_text"] == " ".join(HEARD)
    with zipfile.ZipFile(tmp_path / "out" / "book.epub") as epub:  # of the transcript then
        assert "Ishmael" in epub.read("EPUB/0001.xhtml").decode()


async def test_sound_that_is_gone_is_one_line(tmp_path: Path) -> None:
    along = ReadAlongOrder(sounds=(SoundSource(path=str(tmp_path / "gone.mp3"), start=0.0, end=20.0),))
    output = BookOutput(folder=str(tmp_path / "out"), name="book", formats=("json", "epub"))
    found = await write_book(FACTS, outcomes(*HEARD), (output, output), along)
    assert [path.name for path in found.files[1]] == ["book.json"]
    assert found.trouble == ("book.epub was not written: gone.mp3 does not exist any more.",)
