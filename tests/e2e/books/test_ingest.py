"""The reader with its real child: what it tells of good books and bad ones."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from swarmstt.errors import EngineDiedError, InputError, TooLargeError
from swarmstt.speech.audio import flac
from swarmstt.speech.audio.audio_file import AudioFile
from swarmstt.speech.audio.book_files import content_hash, find_book
from swarmstt.speech.ingest import book_ingest
from swarmstt.speech.ingest.reader import (
    BookDescribed,
    BookEnded,
    BookReader,
    ChunkReady,
    GapFound,
    LanguageClips,
    Noted,
    ReadEvent,
    ReadLimits,
    ReadProgress,
    ReadRequest,
)
from tests.unit.speech.media import M4A, M4A_INDEX_FIRST, MP3, WAV, Format, voice, write, write_silent_video

pytestmark = pytest.mark.e2e

SAMPLE_RATE = 16_000
LONG_SECONDS = 60 * (book_ingest.MOST_CHUNKS_AHEAD + 4)
"""More minutes than a child reads ahead of who asks: it is there until they are asked for."""
FLAC = Format(codec="flac", container="flac", rate=SAMPLE_RATE, bit_rate=None)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def request_for(path: Path, spool: Path, *, have: frozenset[int] = frozenset(), clips: bool = False) -> ReadRequest:
    book = find_book(path)
    return ReadRequest(
        files=book.files,
        name=book.name,
        is_folder=book.is_folder,
        spool=spool,
        chunk_seconds=60,
        have=have,
        language_clips=clips,
    )


async def read(request: ReadRequest) -> list[ReadEvent]:
    async with BookReader(request) as reader:
        return [event async for event in reader]


async def end_at_first_chunk(reader: BookReader, number: int) -> None:
    async for event in reader:
        if isinstance(event, ChunkReady):
            os.kill(reader.pid, number)


def chunks_of(events: list[ReadEvent]) -> list[ChunkReady]:
    return [event for event in events if isinstance(event, ChunkReady)]


async def test_a_folder_whose_albums_differ_is_one_book_with_a_note(tmp_path: Path, spool: Path) -> None:
    (tmp_path / "Novels").mkdir()
    for number, album in enumerate(("Emma", "Emma", "Dracula")):
        write(tmp_path / "Novels" / f"{number}.mp3", voice(3 + number), MP3, tags={"album": album})
    notes = [event.text for event in await read(request_for(tmp_path / "Novels", spool)) if isinstance(event, Noted)]
    assert len(notes) == 1
    assert notes[0].startswith("Its files look like 2 books (Emma, Dracula)")


async def test_a_book_is_described_cut_and_ended(tmp_path: Path, spool: Path) -> None:
    marks = [("One", 0.0, 50.0), ("Two", 50.0, 100.0)]
    tags = {"title": "A Book", "artist": "A. Writer"}
    path = write(tmp_path / "book.m4b", voice(100), M4A, tags=tags, chapters=marks)
    events = await read(request_for(path, spool, clips=True))
    first, last = events[0], events[-1]
    assert isinstance(first, BookDescribed)
    assert (first.title, first.author, len(first.chapters)) == ("A Book", "A. Writer", 2)
    assert first.total_seconds == pytest.approx(100, abs=0.2)
    assert isinstance(last, BookEnded)
    assert [(chapter.title, chapter.start) for chapter in last.chapters] == [("One", 0.0), ("Two", 50.0)]
    assert any(isinstance(event, ReadProgress) for event in events)
    ready = chunks_of(events)
    with AudioFile(path) as file:
        whole = np.concatenate([block.samples for block in file.blocks()])
    joined = np.concatenate([flac.decode(each.path.read_bytes(), each.chunk.sample_count) for each in ready])
    assert np.array_equal(np.round(joined * 32768), whole)
    assert last.sample_count == len(whole)


async def test_clips_for_the_language_come_right_after_the_first_chunk(tmp_path: Path, spool: Path) -> None:
    for name, how in (("book.mp3", MP3), ("book.m4b", M4A)):
        events = await read(request_for(write(tmp_path / name, voice(130), how), spool, clips=True))
        kinds = [type(event) for event in events if not isinstance(event, ReadProgress)]
        assert kinds[1:3] == [ChunkReady, LanguageClips]
        clips = next(event.clips for event in events if isinstance(event, LanguageClips))
        assert len(clips) == 2
        for clip in clips:
            samples = flac.decode(clip.path.read_bytes(), clip.sample_count)
            assert clip.sample_count == 30 * SAMPLE_RATE
            assert np.abs(samples).max() > 0.2


async def test_a_folder_is_one_book_with_a_chapter_for_each_file(tmp_path: Path, spool: Path) -> None:
    folder = tmp_path / "My Book"
    folder.mkdir()
    for name in ("10 End.mp3", "2 Middle.mp3", "1 Start.mp3"):
        write(folder / name, voice(32), MP3, tags={"album": "The Album"})
    (folder / "cover.jpg").write_bytes(b"picture")
    events = await read(request_for(folder, spool))
    assert isinstance(events[0], BookDescribed)
    assert events[0].title == "The Album"
    last = events[-1]
    assert isinstance(last, BookEnded)
    assert [chapter.title for chapter in last.chapters] == ["1 Start", "2 Middle", "10 End"]
    assert last.chapters[-1].end == pytest.approx(96, abs=0.3)
    cuts = [each.chunk.end_sample / SAMPLE_RATE for each in chunks_of(events)]
    assert any(abs(cut - 32) < 1 for cut in cuts)


async def test_a_bad_file_of_a_folder_is_a_gap_and_not_the_end(tmp_path: Path, spool: Path) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    write(folder / "1.mp3", voice(10), MP3)
    (folder / "2.mp3").write_text("Not found. " * 500)
    (folder / "3.mp3").write_bytes(b"")
    write(folder / "4.mp3", voice(10), MP3)
    events = await read(request_for(folder, spool))
    gaps = [event for event in events if isinstance(event, GapFound)]
    assert [gap.reason.split(" ")[0] for gap in gaps] == ["2.mp3", "3.mp3"]
    assert all(gap.at_seconds == pytest.approx(10, abs=0.2) for gap in gaps)
    assert isinstance(events[-1], BookEnded)
    assert events[-1].sample_count / SAMPLE_RATE == pytest.approx(20, abs=0.3)


async def test_reading_again_gives_the_same_plan_and_writes_only_what_lacks(tmp_path: Path, spool: Path) -> None:
    path = write(tmp_path / "book.wav", voice(150), WAV)
    first = chunks_of(await read(request_for(path, spool)))
    digests = [hashlib.sha256(each.path.read_bytes()).digest() for each in first]
    for each in first:
        each.path.unlink()
    second = chunks_of(await read(request_for(path, spool, have=frozenset({0, 2}))))
    assert second == first
    assert [each.path.exists() for each in second] == [each.chunk.index not in (0, 2) for each in second]
    assert hashlib.sha256(second[1].path.read_bytes()).digest() == digests[1]


async def test_silence_has_chunks_and_no_clips(tmp_path: Path, spool: Path) -> None:
    path = write(tmp_path / "silence.wav", np.zeros(100 * SAMPLE_RATE, dtype=np.int16), WAV)
    events = await read(request_for(path, spool, clips=True))
    assert chunks_of(events)
    assert LanguageClips(clips=()) in events


async def test_a_file_that_was_cut_off_is_read_and_the_gap_told(tmp_path: Path, spool: Path) -> None:
    path = write(tmp_path / "book.m4a", voice(20), M4A_INDEX_FIRST)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    events = await read(request_for(path, spool))
    (gap,) = (event for event in events if isinstance(event, GapFound))
    assert gap.reason == "book.m4a is incomplete: its end is missing"
    assert gap.missing_seconds == pytest.approx(20 - gap.at_seconds, abs=0.5)


async def test_a_large_damaged_book_is_known_by_all_its_bytes(tmp_path: Path, spool: Path) -> None:
    """A mended copy may have the same fingerprint, which leaves some bytes out."""
    noise = np.random.default_rng(0).integers(-30_000, 30_000, 600 * SAMPLE_RATE, dtype=np.int16)
    path = write(tmp_path / "book.flac", noise, FLAC)
    assert path.stat().st_size > 17 * 2**20
    whole = (await read(request_for(path, spool)))[-1]
    assert isinstance(whole, BookEnded)
    assert (whole.sample_count, whole.content_hash) == (len(noise), None)
    with path.open("r+b") as file:
        file.seek(9 * 2**20)
        file.write(bytes(300_000))
    events = await read(request_for(path, spool))
    assert any(isinstance(event, GapFound) for event in events)
    assert isinstance(events[-1], BookEnded)
    assert events[-1].content_hash == content_hash((path,))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("page.mp3", "page.mp3 is a web page or text, not audio"),
        ("noise.mp3", "noise.mp3 can't be read as audio"),
        ("film.mp4", "film.mp4 has no sound in it"),
        ("cut.m4a", "cut.m4a is incomplete: its index is missing"),
        ("drm.m4b", "drm.m4b is copy-protected"),
        ("- it's Ünïcode \".mp3", "- it's Ünïcode \".mp3 can't be read as audio"),
    ],
)
async def test_what_cannot_be_read_is_told_in_one_line(tmp_path: Path, spool: Path, name: str, message: str) -> None:
    if sys.platform == "win32" and '"' in name:
        pytest.skip("Windows has no such names")
    path = tmp_path / name
    match name.split(".")[0]:
        case "page":
            path.write_text("<html>Not found</html>" * 1000)
        case "noise":
            path.write_bytes(np.random.default_rng(1).bytes(300_000))
        case "film":
            write_silent_video(path)
        case "cut":
            path.write_bytes(write(tmp_path / "whole.m4a", voice(3), M4A).read_bytes()[:9000])
        case "drm":
            path.write_bytes(write(tmp_path / "free.m4b", voice(1), M4A).read_bytes().replace(b"mp4a", b"drms", 1))
        case _:
            path.write_bytes(b"ab")
    with pytest.raises(InputError) as caught:
        await read(request_for(path, spool))
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message


async def test_a_file_that_went_away_is_told(tmp_path: Path, spool: Path) -> None:
    request = request_for(write(tmp_path / "book.mp3", voice(1), MP3), spool)
    (tmp_path / "book.mp3").unlink()
    with pytest.raises(InputError, match=r"^book\.mp3 does not exist any more"):
        await read(request)


async def test_a_spool_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "book.mp3", voice(1), MP3)
    with pytest.raises(TooLargeError, match=r"^book\.mp3 could not be stored"):
        await read(request_for(path, tmp_path / "nowhere"))


@pytest.fixture
def small_disk(spool: Path) -> Iterator[Path]:
    """The spool on a disk of four kilobytes."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(spool)], check=True)
    yield spool
    subprocess.run(["umount", str(spool)], check=True)


async def test_a_full_disk_is_told(tmp_path: Path, small_disk: Path) -> None:
    with pytest.raises(TooLargeError, match=r"^book\.mp3 does not fit: .* full; free some space"):
        await read(request_for(write(tmp_path / "book.mp3", voice(1), MP3), small_disk))


async def test_a_child_that_is_killed_can_be_started_again(tmp_path: Path, spool: Path) -> None:
    request = request_for(write(tmp_path / "book.wav", voice(LONG_SECONDS), WAV), spool)
    async with BookReader(request) as reader:
        with pytest.raises(EngineDiedError, match=r"^Reading book\.wav was cut short"):
            await end_at_first_chunk(reader, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    assert isinstance((await read(request))[-1], BookEnded)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
async def test_a_child_that_crashes_is_the_books_fault(tmp_path: Path, spool: Path) -> None:
    request = request_for(write(tmp_path / "book.wav", voice(LONG_SECONDS), WAV), spool)
    async with BookReader(request) as reader:
        with pytest.raises(InputError, match=r"^book\.wav could not be read: it crashes the decoder"):
            await end_at_first_chunk(reader, signal.SIGSEGV)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
async def test_a_child_that_is_stuck_is_given_up(tmp_path: Path, spool: Path) -> None:
    request = request_for(write(tmp_path / "book.mp3", voice(2), MP3), spool)
    async with BookReader(request, ReadLimits(silence_seconds=1.0)) as reader:
        os.kill(reader.pid, signal.SIGSTOP)
        with pytest.raises(InputError, match="took too long"):
            _ = [event async for event in reader]


async def test_a_child_that_takes_too_much_memory_is_given_up(tmp_path: Path, spool: Path) -> None:
    request = request_for(write(tmp_path / "book.mp3", voice(2), MP3), spool)
    async with BookReader(request, ReadLimits(memory_bytes=0)) as reader:
        if sys.platform != "win32":
            os.kill(reader.pid, signal.SIGSTOP)  # so that it is asked for its memory while it is silent
            with pytest.raises(InputError, match="too much memory"):
                _ = [event async for event in reader]


async def test_leaving_ends_the_child(tmp_path: Path, spool: Path) -> None:
    request = request_for(write(tmp_path / "book.wav", voice(150), WAV), spool)
    async with BookReader(request) as reader:
        pid = reader.pid

        async def consume() -> None:
            async for _ in reader:
                started.set()

        started = asyncio.Event()
        task = asyncio.create_task(consume())
        await started.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not psutil.pid_exists(pid)


class Channel:
    """The child's side of a channel whose node reads all and answers nothing more."""

    def __init__(self) -> None:
        self.chunk_count = 0

    def send(self, message: dict[str, object]) -> None:
        self.chunk_count += message["type"] == "chunk"

    def receive(self) -> None:
        return None


def read_here(path: Path, spool: Path, channel: Channel, **limits: int) -> None:
    """Reads in this process."""
    packed = {
        "files": [os.fsencode(path)],
        "name": path.name,
        "is_folder": False,
        "spool": os.fsencode(spool),
        "chunk_seconds": 30,
        "grain": "fine",
        "have": [],
        "language_clips": False,
    }
    book_ingest.BookIngest(channel, packed, **limits).run()  # type: ignore[arg-type]


def test_a_node_that_does_not_ask_stops_the_child(tmp_path: Path, spool: Path) -> None:
    channel = Channel()
    with pytest.raises(book_ingest.NodeGone):
        read_here(write(tmp_path / "book.wav", voice(150), WAV), spool, channel)
    assert channel.chunk_count == book_ingest.MOST_CHUNKS_AHEAD + 1


def test_a_book_without_end_is_refused(tmp_path: Path, spool: Path) -> None:
    with pytest.raises(InputError, match="longer than 200 hours"):
        read_here(write(tmp_path / "book.wav", voice(10), WAV), spool, Channel(), most_samples=3 * SAMPLE_RATE)
