"""What cannot be transcribed: one line that says what and what to do, exit status 1, and all else goes on."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from swarmstt.phrases import NO_SPEECH
from tests.bench.wer import word_errors
from tests.e2e.support.home import FORMATS, Home
from tests.e2e.support.http_client import ask, multipart
from tests.e2e.support.processes import Ended, Running
from tests.e2e.support.voice import RATE, SENTENCES, Voice, first_part, record
from tests.e2e.support.waiting import eventually
from tests.unit.speech.media import M4A, M4A_INDEX_FIRST, WAV, write_silent_video

pytestmark = pytest.mark.e2e

ANDIE = Path(__file__).parents[4] / "shared" / "speech" / "de" / "andiefreude.mp3"

WITHOUT_ROOTS_RIGHTS = (
    sys.executable,
    "-c",
    "import ctypes, os, sys; libc = ctypes.CDLL(None, use_errno=True)\n"
    "assert all(libc.prctl(24, right, 0, 0, 0) == 0 for right in (1, 2)), 'rights cannot be dropped'\n"
    "os.execv(sys.argv[1], sys.argv[1:])",
)
"""Runs a program that file modes bind even if root starts it: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, taken
out of the bounding set (PR_CAPBSET_DROP is 24)."""


def bound_by_modes() -> Sequence[str]:
    """A wrapper for programs whom file modes bind, whoever runs the tests."""
    if sys.platform == "win32":
        pytest.skip("Windows has no file modes")
    if os.geteuid() != 0:
        return ()
    if sys.platform != "linux":
        pytest.skip("only Linux lets root give up its rights")
    return WITHOUT_ROOTS_RIGHTS


def on_a_disk_of(size: str, place: Path) -> Sequence[str]:
    """A wrapper for programs that see, at this place, a disk of that size. It goes away with the program."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("only Linux has disks that nobody else sees (unshare)")
    place.mkdir(parents=True)
    user = () if os.geteuid() == 0 else ("--map-root-user",)
    wrapper = ("unshare", *user, "--mount", "sh", "-c", 'mount -t tmpfs -o size="$0" none "$1" && shift && exec "$@"')
    wrapper = (*wrapper, size, str(place))
    if os.system(f"unshare {' '.join(user)} --mount mount -t tmpfs none {place} 2>/dev/null") != 0:
        pytest.skip("this system lets nobody mount a disk of one's own")
    return wrapper


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One command with a good book among all kinds of bad ones."""

    home: Home
    folder: Path
    ended: Ended


@pytest.fixture(scope="module")
def batch(new_home: Callable[[str], Home], voice: Voice) -> Batch:
    home = new_home("batch")
    folder = home.root / "in"
    good = record(folder / "good.mp3", voice.say(SENTENCES[0]))
    long = voice.say(*SENTENCES[1:7])
    (folder / "cut.mp3").write_bytes(first_part(record(folder / "whole.mp3", long).read_bytes(), 0.5))
    index_first = record(folder / "first.m4a", voice.say(*SENTENCES[2:7]), M4A_INDEX_FIRST).read_bytes()
    (folder / "cut.m4a").write_bytes(first_part(index_first, 0.5))
    (folder / "headless.m4a").write_bytes(first_part(record(folder / "last.m4a", long, M4A).read_bytes(), 0.5))
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "text.mp3").write_text("This is a text and no sound. " * 200, encoding="utf-8")
    write_silent_video(folder / "video.mp4")
    (folder / "audible.aax").write_bytes(audible(index_first))
    (folder / "renamed.m4b").write_bytes(audible(index_first))
    (folder / "nothing").mkdir()
    (folder / "nothing" / "cover.jpg").write_bytes(b"a picture")
    names = ("nowhere.mp3", "empty.mp3", "text.mp3", "cut.mp3", "cut.m4a", "headless.m4a")
    more = ("video.mp4", "audible.aax", "renamed.m4b", "nothing")
    return Batch(home=home, folder=folder, ended=home.transcribe(*(folder / name for name in (*names, *more)), good))


def audible(m4a: bytes) -> bytes:
    """A file as Audible marks it: its brand, and an audio entry of a kind of its own."""
    return m4a[:8] + b"aax " + m4a[12:].replace(b"mp4a", b"aavd", 1)


def test_nothing_worse_than_a_status(batch: Batch) -> None:
    batch.ended.assert_calm(1)
    assert all(len(line) < 400 for line in batch.ended.err.splitlines())


@pytest.mark.parametrize(
    ("name", "what", "what_to_do"),
    [
        ("nowhere.mp3", "does not exist", "check the path"),
        ("empty.mp3", "is empty", "copy or download it again"),
        ("text.mp3", "read as audio", "not an audio file"),
        ("headless.m4a", "its index is missing", "copy or download it again"),
        ("video.mp4", "no sound", ""),
        ("audible.aax", "copy-protected (DRM)", "use a copy without protection"),
        ("renamed.m4b", "copy-protected (DRM)", "use a copy without protection"),
        ("nothing", "no audio files in it", ""),
    ],
)
def test_one_line_about_each(batch: Batch, name: str, what: str, what_to_do: str) -> None:
    line = batch.ended.complaint_about(f"swarmstt: {name}")
    assert what in line
    assert what_to_do in line
    assert not list(batch.home.output.glob(f"{Path(name).stem}.*")) or Path(name).stem == "cut"


def test_the_other_books_go_on(batch: Batch) -> None:
    heard = batch.home.transcript("good")["full_text"]
    assert word_errors(SENTENCES[0], heard).percent < 20, heard


def test_nothing_half_written(batch: Batch) -> None:
    assert batch.home.leftovers() == []
    stems = {path.stem for path in batch.home.output.iterdir()}
    assert stems == {"good", "cut", "cut (2)"}
    assert len(list(batch.home.output.iterdir())) == 3 * len(FORMATS)
    assert {path.parent for path in batch.folder.rglob("*") if path.suffix == ".json"} == set()


@pytest.mark.parametrize(("name", "first"), [("cut.mp3", 1), ("cut.m4a", 2)])
def test_of_a_truncated_file_what_is_there_is_transcribed_and_the_gap_told(batch: Batch, name: str, first: int) -> None:
    assert "its end is missing" in batch.ended.complaint_about(f"swarmstt: {name} has a gap at")
    documents = [batch.home.transcript("cut"), batch.home.transcript("cut (2)")]
    document = next(each for each in documents if each["filename"] == name)
    assert len(document["gaps"]) == 1
    assert document["gaps"][0]["start"] == pytest.approx(document["duration"], abs=0.5)
    expected = " ".join(SENTENCES[first:7]).split()
    heard = document["full_text"]
    reference = " ".join(expected[: len(heard.split())])
    assert len(heard.split()) > 0.3 * len(expected)
    assert word_errors(reference, heard).percent < 25, heard


def test_the_database_holds_no_stuck_book(batch: Batch) -> None:
    """A second time the good book is known, and the bad ones are refused as before."""
    ended = batch.home.transcribe(batch.folder / "text.mp3", batch.folder / "good.mp3")
    ended.assert_calm(1)
    assert "good.mp3 was transcribed before" in ended.err
    assert "read as audio" in ended.complaint_about("swarmstt: text.mp3")


def test_no_right_to_read(home: Home, voice: Voice) -> None:
    wrapper = bound_by_modes()
    secret = record(home.root / "secret.mp3", voice.say(SENTENCES[3]))
    secret.chmod(0)
    locked = home.root / "locked"
    record(locked / "in.mp3", voice.say(SENTENCES[4]))
    locked.chmod(0)
    try:
        ended = home.transcribe(secret, locked, wrapper=wrapper)
    finally:
        locked.chmod(0o700)
    ended.assert_calm(1)
    for name in ("secret.mp3", "locked"):
        assert "may not be read: give yourself the right" in ended.complaint_about(name)
    assert not home.output.exists()


def test_no_right_to_write_the_output(home: Home, voice: Voice) -> None:
    wrapper = bound_by_modes()
    audio = record(home.root / "one.mp3", voice.say(SENTENCES[5]))
    home.output.mkdir(mode=0o500)
    ended = home.transcribe(audio, wrapper=wrapper)
    ended.assert_calm(1)
    assert "choose another folder with --output_dir" in ended.complaint_about(str(home.output))
    assert list(home.output.iterdir()) == []


def test_output_folder_is_a_file(visit: Home, voice: Voice) -> None:
    """Written elsewhere, the words are those that were decoded."""
    audio = record(visit.root / "one.mp3", voice.say(SENTENCES[5]))
    visit.output.write_text("a file", encoding="utf-8")
    ended = visit.transcribe(audio)
    ended.assert_calm(1)
    assert "choose another folder with --output_dir" in ended.complaint_about(str(visit.output))
    again = visit.transcribe(audio, "--output_dir", visit.root / "other")
    again.assert_calm(0)
    assert word_errors(SENTENCES[5], visit.transcript("one", visit.root / "other")["full_text"]).percent < 20


def test_no_room_to_write_the_output(home: Home, voice: Voice) -> None:
    """Some of the files fit on that disk, and not all: then none is left."""
    audio = record(home.root / "one.mp3", voice.say(*SENTENCES[5:8]))
    listing = home.root / "left.txt"
    wrapper = on_a_disk_of("8k", home.output)
    seen = ("sh", "-c", f'"$@"; code=$?; ls -A "{home.output}" >"{listing}"; exit $code', "sh")
    ended = home.transcribe(audio, "--word_timestamps", wrapper=(*wrapper, *seen))
    ended.assert_calm(1)
    assert "no room" in ended.complaint_about(str(home.output))
    assert listing.read_text(encoding="utf-8") == ""


def test_silence_is_an_empty_transcript(visit: Home) -> None:
    noise = np.random.default_rng(7).normal(size=20 * RATE) * 3
    hiss = record(visit.root / "hiss.wav", noise.astype(np.int16), WAV)
    silence = record(visit.root / "silence.wav", np.zeros(25 * RATE, dtype=np.int16), WAV)
    ended = visit.transcribe(hiss, silence)
    ended.assert_calm(0)
    for name, seconds in (("hiss", 20), ("silence", 25)):
        document = visit.transcript(name)
        assert (document["segments"], document["full_text"], document["gaps"]) == ([], "", [])
        assert document["duration"] == pytest.approx(seconds, abs=0.2)
        assert (visit.output / f"{name}.srt").read_text(encoding="utf-8") == ""
        assert (visit.output / f"{name}.txt").read_text(encoding="utf-8") == ""


def test_music_yields_no_words(visit: Home) -> None:
    """Chords, each of four strings that fade, as a piano might play them."""
    seconds = 40
    times = np.arange(seconds * RATE) / RATE
    root = np.array([261.6, 220.0, 174.6, 196.0])[(times // 2.0).astype(int) % 4]
    strings = np.sum([np.sin(2 * np.pi * root * part * times) for part in (1.0, 1.25, 1.5, 2.0)], axis=0)
    music = record(visit.root / "music.mp3", (strings * np.exp(-1.5 * (times % 2.0)) * 4000).astype(np.int16))
    ended = visit.transcribe(music)
    ended.assert_calm(0)
    document = visit.transcript("music")
    assert (document["segments"], document["full_text"], document["gaps"]) == ([], "", [])
    assert document["duration"] == pytest.approx(seconds, abs=0.2)
    assert document["notes"] == [NO_SPEECH]
    assert NO_SPEECH in ended.err


def claim_frames(mp3: bytes, factor: float) -> bytes:
    """The MP3 with another number of frames in its Xing header."""
    place = max(mp3.find(b"Xing"), mp3.find(b"Info")) + 8
    count = struct.unpack(">I", mp3[place : place + 4])[0]
    return mp3[:place] + struct.pack(">I", round(count * factor)) + mp3[place + 4 :]


def test_a_header_that_lies_about_the_duration(node: Running, shared_home: Home, voice: Voice) -> None:
    """The words are all there, whatever the header claims, and the duration is that of the sound."""
    spoken = voice.say(*SENTENCES[8:11])
    seconds = len(spoken) / RATE
    folder = shared_home.root / "liars"
    honest = record(folder / "honest.mp3", spoken).read_bytes()
    for name, factor in (("short", 0.4), ("long", 3.0)):
        (folder / f"{name}.mp3").write_bytes(claim_frames(honest, factor))
        view = node.wait_for_book(node.add(folder / f"{name}.mp3", output_dir=str(folder)))
        document = shared_home.transcript(name, folder)
        assert document["duration"] == view["duration"] == pytest.approx(seconds, abs=0.2)
        assert document["gaps"] == []
        assert word_errors(" ".join(SENTENCES[8:11]), document["full_text"]).percent < 20


@pytest.mark.skipif(not ANDIE.exists(), reason="the recordings of real readers are not here")
def test_a_real_header_that_lies(coordinator: Running) -> None:
    """It claims 244.5 s and holds 326.0 s."""
    book_id = coordinator.add(ANDIE)
    view = coordinator.wait_until_read(book_id)
    assert view["duration"] == pytest.approx(326.0, abs=0.5)
    assert view["gaps"] == []
    chunks = coordinator.get(f"/tasks?book_id={book_id}")
    assert (chunks[0]["start_time"], chunks[-1]["end_time"]) == (0, view["duration"])
    assert coordinator.ask(f"/books/{book_id}", "DELETE").status == 200


def odd_names() -> list[str]:
    """Of 255 bytes the longest; Windows forbids quotes, bars and stars."""
    anywhere = ["it's 100 % & $HOME;.mp3", "  Čeština 読書 🎧 e\u0301.mp3"]
    return (
        [*anywhere, "ä" * 200 + ".mp3"] if sys.platform == "win32" else [*anywhere, "ä" * 125 + "x.mp3", '"|*?\\.mp3']
    )


def test_odd_names(visit: Home, voice: Voice) -> None:
    folder = visit.root / "in"
    paths = [record(folder / f"{number}.mp3", voice.say(SENTENCES[number])) for number in range(len(odd_names()))]
    paths = [path.rename(folder / name) for path, name in zip(paths, odd_names(), strict=True)]
    dashed = record(folder / "plain.mp3", voice.say(SENTENCES[20])).rename(folder / "-leading.mp3")
    dotted = record(folder / "plain.mp3", voice.say(SENTENCES[21])).rename(folder / "--output_dir.mp3")
    command: tuple[str | Path, ...] = (
        "--output_dir",
        visit.output,
        *paths,
        f".{os.sep}{dotted.name}",
        "--",
        dashed.name,
    )
    ended = visit.transcribe(*command, cwd=folder)
    ended.assert_calm(0)
    assert visit.leftovers() == []
    documents = [visit.transcript(path.stem) for path in visit.output.glob("*.json")]
    heard = {document["filename"]: document["full_text"] for document in documents}
    assert set(heard) == {*odd_names(), "-leading.mp3", "--output_dir.mp3"}
    for number, name in enumerate(odd_names()):
        assert word_errors(SENTENCES[number], heard[name]).percent < 25, heard[name]
    assert len(list(visit.output.iterdir())) == len(heard) * len(FORMATS)


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text exist on Linux only")
def test_a_name_that_is_no_text(visit: Home, voice: Voice) -> None:
    audio = record(visit.root / "plain.mp3", voice.say(SENTENCES[22]))
    odd = os.fsdecode(os.fsencode(visit.root) + b"/caf\xe9.mp3")
    audio.rename(odd)
    ended = visit.transcribe(odd, "--output_format", "txt")
    ended.assert_calm(0)
    written = list(visit.output.iterdir())
    assert len(written) == 1
    assert word_errors(SENTENCES[22], written[0].read_text(encoding="utf-8")).percent < 25


def test_two_books_of_one_name_and_one_book_of_two_names(visit: Home, voice: Voice) -> None:
    first = record(visit.root / "a" / "book.mp3", voice.say(SENTENCES[6]))
    other = record(visit.root / "b" / "book.mp3", voice.say(SENTENCES[7]))
    copy = Path(shutil.copy(first, visit.root / "copy of book.mp3"))
    ended = visit.transcribe(first, other, copy)
    ended.assert_calm(0)
    heard = {path.stem: visit.transcript(path.stem)["full_text"] for path in visit.output.glob("*.json")}
    assert set(heard) == {"book", "book (2)"}
    for sentence in SENTENCES[6:8]:
        assert any(word_errors(sentence, text).percent < 25 for text in heard.values()), heard
    assert "copy of book.mp3 is the same book as book.mp3: it is transcribed once." in ended.err.splitlines()


@pytest.mark.parametrize(
    ("options", "code", "names"),
    [
        (("--model", "gigantic"), 2, ("'gigantic'", "base", "large-v3", "folder")),
        (("--model", "/no/such/model"), 1, ("/no/such/model", "folder")),
        (("--language", "klingon"), 2, ("'klingon'", "en or english")),
        (("--output_format", "doc"), 2, ("'doc'", "txt, vtt, srt, tsv, json", "all")),
        (("--chunk_seconds", "5"), 2, ("--chunk_seconds", "30", "1800")),
        (("--chunk_seconds", "nan"), 2, ("--chunk_seconds",)),
        (("--beam_size", "many"), 2, ("--beam_size", "whole number")),
        (("--word_timestamps=perhaps",), 2, ("--word_timestamps", "True or False")),
        (("--task", "sing"), 2, ("transcribe, translate",)),
        (("--device", "abacus"), 2, ("auto, cpu, cuda",)),
    ],
)
def test_options_that_make_no_sense(batch: Batch, options: tuple[str, ...], code: int, names: tuple[str, ...]) -> None:
    good = batch.folder / "whole.mp3"
    ended = batch.home.transcribe(*options, good, "--output_dir", batch.home.root / "none")
    ended.assert_calm(code)
    assert len(ended.err.splitlines()) == 1, ended
    assert all(name in ended.complaints[0] for name in names), ended
    assert not (batch.home.root / "none").exists()


def test_a_hub_that_never_answers_is_said(home: Home, voice: Voice) -> None:
    """A hub that takes the connection and never answers is the slowest of all: it is waited for once, and not asked
    again and again."""
    audio = record(home.root / "one.mp3", voice.say(SENTENCES[5]))
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ended = home.transcribe("--model", "small", audio, HF_ENDPOINT=endpoint, HF_HUB_OFFLINE="0")
        silent.settimeout(0)
        callers = 0
        with suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                callers += 1
    assert callers == 1
    ended.assert_calm(1)
    assert len(ended.err.splitlines()) == 1, ended
    assert "swarmstt[offline]" in ended.err
    assert not home.output.exists()


def test_a_taken_port(home: Home) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        ended = home.run("up", "--port", port)
    ended.assert_calm(1)
    assert "choose another with --port" in ended.complaint_about(port)


def uploads(home: Home) -> list[Path]:
    return list((home.data_dir / "uploads").iterdir())


def test_an_upload_cut_off_half_way(node: Running, shared_home: Home, voice: Voice) -> None:
    audio = record(shared_home.root / "half.mp3", voice.say(SENTENCES[9])).read_bytes()
    body, kind = multipart([("half.mp3", audio)])
    books, before = len(node.get("/books")), uploads(shared_home)
    with closing(node.begin_upload(f"Content-Type: {kind}", f"Content-Length: {len(body)}")) as connection:
        connection.sendall(body[: len(body) // 2])
        eventually(lambda: len(uploads(shared_home)) > len(before), "the upload to begin")
    eventually(lambda: uploads(shared_home) == before, "the half upload to be removed")
    assert len(node.get("/books")) == books
    assert "Traceback" not in node.err


def test_an_upload_whose_end_is_missing(node: Running, shared_home: Home, voice: Voice) -> None:
    audio = record(shared_home.root / "half.mp3", voice.say(SENTENCES[9])).read_bytes()
    body, kind = multipart([("half.mp3", audio)])
    before = uploads(shared_home)
    answer = ask(node.url + "/upload", "POST", body[: len(body) // 2], {"Content-Type": kind})
    assert (answer.status, answer.error) == (400, "The upload did not arrive whole; try again.")
    assert uploads(shared_home) == before


def test_an_upload_that_says_it_is_larger_than_the_disk(node: Running) -> None:
    kind = "Content-Type: multipart/form-data; boundary=x"
    with closing(node.begin_upload(kind, f"Content-Length: {10**16}")) as connection:
        connection.sendall(b"--x\r\n")
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 413 ")


def test_an_upload_that_fills_the_disk(home: Home) -> None:
    """It comes without a length; the disk has 14 MB beyond the reserve."""
    wrapper = on_a_disk_of("270m", home.data_dir)
    with home.up(wrapper=wrapper) as running:
        body, kind = multipart([("huge.mp3", bytes(40 * 2**20))])
        blocks = (body[start : start + 2**20] for start in range(0, len(body), 2**20))
        answer = send_blocks(running, list(blocks), kind)
        assert answer.startswith("HTTP/1.1 413 ")
        assert "free some disk space" in answer
        assert running.get("/books") == []
        inside = Path(f"/proc/{running.process.pid}/root") / home.data_dir.relative_to("/") / "uploads"
        assert eventually(lambda: list(inside.iterdir()) == [], "the upload to be removed")
        assert "Traceback" not in running.err


def send_blocks(running: Running, blocks: list[bytes], kind: str) -> str:
    """A POST in chunked encoding; the answer, which may come before all was sent."""
    with closing(running.begin_upload(f"Content-Type: {kind}", "Transfer-Encoding: chunked")) as connection:
        try:
            for block in blocks:
                connection.sendall(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        return connection.recv(4096).decode()
