"""The HTTP API of a real node, row by row."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgpack
import pytest
import soundfile

from tests.bench.wer import word_errors
from tests.e2e.support.home import FORMATS, Home
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import RATE, SENTENCES, Voice, record
from tests.e2e.support.waiting import eventually

pytestmark = pytest.mark.e2e

SAID = "What the guest understood."


class Guest:
    """A worker as they were written years ago: it registers, asks, fetches, decodes in silence, and delivers."""

    def __init__(self, running: Running, worker_id: str) -> None:
        self._running = running
        self._worker_id = worker_id

    def register(self) -> None:
        body = {"worker_id": self._worker_id, "hostname": "old-laptop"}
        assert self._running.ask("/workers/register", "POST", body).status == 200

    def next(self) -> Any:
        return self._running.get(f"/tasks/next?worker_id={self._worker_id}")["task"]

    def audio(self, task: dict[str, Any]) -> tuple[Any, int]:
        """Samples and rate of a chunk."""
        answer = self._running.ask(f"/chunks/{task['chunk_path'].rsplit('/')[-1]}")
        assert answer.status == 200, answer
        samples, rate = soundfile.read(io.BytesIO(answer.body), dtype="int16")
        return samples, rate

    def complete(self, task: dict[str, Any], segments: list[dict[str, Any]], **more: Any) -> int:
        transcript = {"language": "en", "duration": 10.0, "segments": segments, **more}
        body = {"task_id": task["id"], "worker_id": self._worker_id, "transcript": transcript, "processing_time": 1.5}
        return self._running.ask("/tasks/complete", "POST", body).status


def segment(start: float, end: float, text: str = SAID) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text}


@pytest.fixture
def add(coordinator: Running, voice: Voice, tmp_path: Path) -> Callable[..., str]:
    """Gives the coordinating node a book of its own, read to its end; its id."""

    def give(name: str, *sentences: int, **options: Any) -> str:
        audio = record(tmp_path / "in" / f"{name}.mp3", voice.say(*(SENTENCES[each] for each in sentences)))
        book_id = coordinator.add(audio, output_dir=str(tmp_path / "out"), language="en", **options)
        coordinator.wait_until_read(book_id)
        return book_id

    return give


@pytest.fixture(autouse=True)
def idle_coordinator(request: pytest.FixtureRequest) -> Any:
    """Takes books away, those of other files before and the test's own after it, so that a guest gets chunks of its own
    book."""
    uses_it = "coordinator" in request.fixturenames or "add" in request.fixturenames
    if uses_it:
        take_books_away(request.getfixturevalue("coordinator"))
    yield
    if uses_it:
        take_books_away(request.getfixturevalue("coordinator"))


def take_books_away(coordinator: Running) -> None:
    for book in coordinator.get("/books"):
        assert coordinator.ask(f"/books/{book['book_id']}", "DELETE").status == 200
    eventually(lambda: coordinator.get("/tasks") == [], "nothing to do")


def test_a_guest_like_years_ago_does_a_whole_book(
    coordinator: Running, add: Callable[..., str], tmp_path: Path
) -> None:
    book_id = add("guests", 0, 1, 2, 3, 4, 5, 6, 7, chunk_seconds=30)
    guest = Guest(coordinator, "guest-1")
    guest.register()
    rows = coordinator.get(f"/tasks?book_id={book_id}")
    assert [row["chunk_id"] for row in rows] == list(range(len(rows)))
    assert len(rows) >= 2
    said = []
    for expected in rows:
        task = guest.next()
        assert (task["id"], task["status"], task["worker_id"]) == (expected["id"], "in_progress", "guest-1")
        assert task["original_filename"] == "guests.mp3"
        samples, rate = guest.audio(task)
        assert rate == 16_000
        assert len(samples) / rate == pytest.approx(task["end_time"] - task["start_time"], abs=0.001)
        text = f"Part {task['chunk_id']}."
        assert guest.complete(task, [segment(1.0, 2.5, text)], duration=len(samples) / rate) == 200
        assert guest.complete(task, [segment(1.0, 2.5, text)], duration=len(samples) / rate) == 200
        said.append((round(task["start_time"] + 1.0, 3), round(task["start_time"] + 2.5, 3), text))
    assert guest.next() is None
    view = coordinator.wait_for_book(book_id)
    assert view["tasks"] == {**view["tasks"], "completed": len(rows), "pending": 0, "percent": 100.0}
    document = coordinator.get(f"/results/{book_id}")
    assert [(each["start"], each["end"], each["text"]) for each in document["segments"]] == said
    assert (document["total_chunks"], document["gaps"]) == (len(rows), [])
    assert (tmp_path / "out" / "guests.json").exists()
    done = coordinator.get(f"/tasks?book_id={book_id}")
    assert {row["status"] for row in done} == {"completed"}
    assert {row["worker_id"] for row in done} == {"guest-1"}
    assert all(row["processing_time"] == 1.5 and row["leased_at"] <= row["ended_at"] for row in done)


def test_results_in_all_formats(coordinator: Running, add: Callable[..., str], tmp_path: Path) -> None:
    book_id = add("formats", 8)
    guest = Guest(coordinator, "guest-2")
    assert guest.complete(guest.next(), [segment(0.5, 3.0)]) == 200
    coordinator.wait_for_book(book_id)
    for kind in FORMATS:
        answer = coordinator.ask(f"/results/{book_id}?format={kind}")
        assert answer.status == 200
        assert SAID in answer.body.decode()
        if kind != "json":
            assert answer.body == (tmp_path / "out" / f"formats.{kind}").read_bytes()
    bad = coordinator.ask(f"/results/{book_id}?format=docx")
    assert bad.status == 400
    assert "srt" in bad.error
    assert coordinator.ask(f"/books/{book_id}/pause", "POST").status == 200
    assert coordinator.get(f"/books/{book_id}")["paused"] is False, "there is nothing to pause"


def test_what_is_unknown_or_unfinished(coordinator: Running, add: Callable[..., str]) -> None:
    book_id = add("unfinished", 9)
    unfinished = coordinator.ask(f"/results/{book_id}")
    assert unfinished.status == 409
    assert unfinished.json["progress"]["percent"] == 0
    assert "0.0 %" in unfinished.error or "0 %" in unfinished.error
    paths = ("/results/00000000", "/books/00000000", "/chunks/00000000-0.flac", "/tasks?book_id=00000000", "/nothing")
    for path in paths:
        answer = coordinator.ask(path)
        assert (path, answer.status) == (path, 404)
        assert answer.error
    for path, method in (("/books/00000000", "DELETE"), ("/books/00000000/pause", "POST"), ("/books/0/retry", "POST")):
        assert (path, coordinator.ask(path, method).status) == (path, 404)
    wrong = coordinator.ask("/status", "DELETE")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")


@pytest.mark.parametrize(
    "path", ["/chunks/..%2f..%2fswarmstt.sqlite", "/chunks/..", "/results/..%2f..", "/static/..%2f..%2fapp.py"]
)
def test_no_path_leads_out(coordinator: Running, path: str) -> None:
    assert coordinator.ask(path).status in (400, 404)


def test_a_guest_that_talks_nonsense(coordinator: Running, add: Callable[..., str]) -> None:
    book_id = add("nonsense", 10)
    guest = Guest(coordinator, "guest-3")
    task = guest.next()
    assert Guest(coordinator, "stranger").complete(task, [segment(0, 1)]) == 409
    assert guest.complete({"id": f"{book_id}-99"}, [segment(0, 1)]) == 404
    for body in ({}, {"task_id": task["id"]}, {"task_id": task["id"], "worker_id": "guest-3", "transcript": "text"}):
        assert coordinator.ask("/tasks/complete", "POST", body).status == 400
    assert coordinator.ask("/tasks/complete", "POST", b"{", Content_Type="application/json").status == 400
    assert coordinator.ask("/tasks/next").status == 400
    # Times far outside the chunk: refused, and the chunk is given out again.
    assert guest.complete(task, [segment(0.0, 9999.0)]) == 400
    assert coordinator.get(f"/books/{book_id}")["tasks"]["completed"] == 0
    again = eventually(Guest(coordinator, "guest-4").next, "the chunk once more")
    assert again["id"] == task["id"]
    assert Guest(coordinator, "guest-4").complete(again, []) == 200
    assert coordinator.wait_for_book(book_id)["gaps"] == []


def test_heartbeats_and_progress(coordinator: Running, add: Callable[..., str]) -> None:
    book_id = add("progress", 11)
    task = Guest(coordinator, "guest-5").next()
    assert coordinator.ask("/workers/guest-5/heartbeat", "POST").status == 200
    assert coordinator.ask("/workers/never-seen/heartbeat", "POST").status == 200

    async def tell() -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{coordinator.url}/ws/worker/guest-5") as socket,
        ):
            await socket.send_json({"type": "progress", "task_id": task["id"], "progress": 0.25})
            await socket.send_str("nonsense")
            return await socket.receive_json(timeout=120)

    answer = asyncio.run(tell())
    assert answer["type"] == "error"
    row = eventually(lambda: next((r for r in coordinator.get("/tasks") if r["progress"]), None), "the progress")
    assert (row["id"], row["progress"], row["status"]) == (task["id"], 0.25, "in_progress")
    assert coordinator.get(f"/books/{book_id}")["percent"] == pytest.approx(25, abs=0.1)


def test_the_speed_counts_from_the_begin_of_the_work_though_nobody_looked(
    coordinator: Running, add: Callable[..., str]
) -> None:
    book_id = add("unseen", 21)
    task = Guest(coordinator, "guest-9").next()

    async def tell() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{coordinator.url}/ws/worker/guest-9") as socket,
        ):
            await socket.send_json({"type": "progress", "task_id": task["id"], "progress": 0.5})
            await socket.send_str("nonsense")
            await socket.receive_json(timeout=120)  # what came before is heard too

    asyncio.run(tell())
    view = eventually(lambda: (book := coordinator.get(f"/books/{book_id}"))["speed"] and book, "the speed")
    assert view["speed"] > 0
    assert view["remaining_seconds"] is not None


def test_a_paused_book_gives_no_chunks(coordinator: Running, add: Callable[..., str]) -> None:
    book_id = add("paused", 12)
    guest = Guest(coordinator, "guest-6")
    assert coordinator.ask(f"/books/{book_id}/pause", "POST").status == 200
    assert coordinator.get(f"/books/{book_id}")["paused"] is True
    assert guest.next() is None
    assert coordinator.ask(f"/books/{book_id}/resume", "POST").status == 200
    assert guest.next()["book_id"] == book_id


def test_a_removed_book_is_gone_and_its_guest_told(coordinator: Running, add: Callable[..., str]) -> None:
    book_id = add("removed", 13)
    guest = Guest(coordinator, "guest-7")
    task = guest.next()
    assert coordinator.ask(f"/books/{book_id}", "DELETE").status == 200
    assert coordinator.ask(f"/books/{book_id}").status == 404
    assert coordinator.ask(f"/results/{book_id}").status == 404
    assert coordinator.get("/tasks") == []
    assert guest.complete(task, [segment(0, 1)]) == 404
    assert guest.next() is None
    assert coordinator.ask(f"/books/{book_id}", "DELETE").status == 404


def test_retry_reads_a_book_again_that_failed(home: Home, voice: Voice) -> None:
    place = record(home.root / "mended.mp3", voice.say(SENTENCES[14]))
    spool = home.data_dir / "spool"
    home.data_dir.mkdir()
    spool.write_text("a file where the folder for audio should be", encoding="utf-8")
    with home.up("--no_helping") as running:
        book_id = running.add(place, output_dir=str(home.output), language="en")
        view = running.wait_for_book(book_id, "failed")
        assert "cannot be used" in view["reason"]
        failed = running.ask(f"/results/{book_id}")
        assert failed.status == 409
        assert "mended.mp3" in failed.error
        spool.unlink()
        assert running.ask(f"/books/{book_id}/retry", "POST").status == 200
        running.wait_until_read(book_id)


def test_what_is_no_audio_is_refused_at_once_and_nothing_is_kept(coordinator: Running, tmp_path: Path) -> None:
    text = b"This is no sound. " * 500
    before = [book["book_id"] for book in coordinator.get("/books")]
    answer = coordinator.upload(("text.mp3", text), language="en")
    assert answer.status == 400
    assert answer.error.startswith("text.mp3 can't be read as audio")
    several = coordinator.upload(("Book/1.mp3", text), ("Book/2.mp3", text), language="en")
    assert several.status == 400
    assert several.error.startswith("1.mp3 can't be read as audio")
    (tmp_path / "text.mp3").write_bytes(text)
    added = coordinator.ask("/books", "POST", {"paths": [str(tmp_path / "text.mp3")]})
    assert added.status == 400
    assert added.error.startswith("text.mp3 can't be read as audio")
    assert [book["book_id"] for book in coordinator.get("/books")] == before


def test_what_is_cut_off_or_damaged_is_taken(coordinator: Running, voice: Voice, tmp_path: Path) -> None:
    whole = record(tmp_path / "whole.mp3", voice.say(*SENTENCES[10:13])).read_bytes()
    third = len(whole) // 3
    damaged = whole[:third] + bytes(third) + whole[2 * third :]
    for name, content in (("cut.mp3", whole[: 2 * third]), ("damaged.mp3", damaged)):
        answer = coordinator.upload((name, content), language="en")
        assert answer.status == 201, answer
        assert coordinator.wait_until_read(answer.json["book_id"])["read_whole"]


def test_upload_of_one_file(node: Running, shared_home: Home, voice: Voice, tmp_path: Path) -> None:
    audio = record(tmp_path / "one.mp3", voice.say(SENTENCES[15])).read_bytes()
    answer = node.upload(("über öl.mp3", audio), language="en", output_format="txt,json")
    assert answer.status == 201
    assert answer.json["filename"] == "über öl.mp3"
    assert re.fullmatch(r"[0-9a-f]+", answer.json["book_id"])
    view = node.wait_for_book(answer.json["book_id"])
    assert [file["format"] for file in view["files"]] == ["json", "txt"]
    heard = node.get(f"/results/{answer.json['book_id']}")
    assert word_errors(SENTENCES[15], heard["full_text"]).percent < 20, heard
    assert (shared_home.output / "über öl.txt").exists()
    assert node.upload(("again.mp3", audio), language="en").json["known"] is True


def test_upload_of_several_files_is_one_book_in_natural_order(
    coordinator: Running, voice: Voice, tmp_path: Path
) -> None:
    lengths = {}
    files = []
    for name, sentence in (("10.mp3", 16), ("2.mp3", 17), ("1.mp3", 18)):
        spoken = voice.say(SENTENCES[sentence])
        lengths[name] = len(spoken) / RATE
        files.append((f"A Book/{name}", record(tmp_path / name, spoken).read_bytes()))
    answer = coordinator.upload(*files, language="en")
    assert (answer.status, answer.json["filename"]) == (201, "A Book")
    view = coordinator.wait_until_read(answer.json["book_id"])
    assert view["duration"] == pytest.approx(sum(lengths.values()), abs=0.3)
    spans = [each["end"] - each["start"] for each in view["chapters"]]
    assert spans == pytest.approx([lengths["1.mp3"], lengths["2.mp3"], lengths["10.mp3"]], abs=0.2)


def test_a_folder_with_one_file_keeps_its_name(coordinator: Running, voice: Voice, tmp_path: Path) -> None:
    """Its name has no suffix that could be cut off."""
    audio = record(tmp_path / "1.mp3", voice.say(SENTENCES[19])).read_bytes()
    name = "J.R.R. Tolkien - The Hobbit"
    answer = coordinator.upload((f"{name}/1.mp3", audio), language="en", output_dir=str(tmp_path / "out"))
    book_id = answer.json["book_id"]
    view = coordinator.wait_until_read(book_id)
    assert (view["filename"], view["title"]) == (name, name)
    guest = Guest(coordinator, "guest-of-tolkien")
    assert guest.complete(guest.next(), [segment(0.5, 1.0)]) == 200
    coordinator.wait_for_book(book_id)
    assert (tmp_path / "out" / f"{name}.txt").exists()


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"no_such_option": "1"}, 400), ({"language": "klingon"}, 400), ({"chunk_seconds": "1"}, 400)],
)
def test_uploads_with_options_that_make_no_sense(coordinator: Running, fields: dict[str, str], status: int) -> None:
    answer = coordinator.upload(("x.mp3", b"sound" * 100), **fields)
    assert answer.status == status
    assert next(iter(fields.values())) in answer.error or next(iter(fields)) in answer.error
    assert coordinator.get("/books") == []


def test_uploads_of_nothing(coordinator: Running) -> None:
    assert coordinator.upload().status == 400
    assert coordinator.upload(("empty.mp3", b"")).status == 400
    assert coordinator.ask("/upload", "POST", b"bytes", Content_Type="audio/mpeg").status == 400
    assert coordinator.get("/books") == []


def test_msgpack_where_the_request_asks_for_it(coordinator: Running, add: Callable[..., str]) -> None:
    add("packed", 19)
    plain, packed = coordinator.ask("/tasks"), coordinator.ask("/tasks", Accept="application/msgpack")
    assert packed.headers["Content-Type"] == "application/msgpack"
    assert msgpack.unpackb(packed.body) == plain.json
    error = coordinator.ask("/books/00000000", Accept="application/msgpack")
    assert error.status == 404
    assert msgpack.unpackb(error.body)["error"]


@pytest.mark.parametrize("path", ["/", "/status", "/tasks", "/tasks/next?worker_id=x", "/books"])
def test_another_host_is_refused(coordinator: Running, path: str) -> None:
    answer = coordinator.ask(path, Host="evil.example")
    assert answer.status == 403
    assert answer.error


def test_another_page_is_refused(coordinator: Running) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert coordinator.ask("/pause", "POST", **headers).status == 403
    assert coordinator.ask("/status", Sec_Fetch_Site="cross-site").status == 403
    assert coordinator.ask("/status", Sec_Fetch_Site="same-origin").status == 200


async def test_the_dashboard_hears_a_snapshot_and_then_changes(
    coordinator: Running, voice: Voice, tmp_path: Path
) -> None:
    audio = record(tmp_path / "live.mp3", voice.say(SENTENCES[20]))
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{coordinator.url}/ws/dashboard") as socket:
        snapshot = await socket.receive_json(timeout=120)
        assert snapshot["type"] == "snapshot"
        assert {"node", "books", "tasks", "workers", "peers", "version"} <= set(snapshot)
        assert snapshot["books"] == []
        book_id = await asyncio.to_thread(coordinator.add, audio, output_dir=str(tmp_path), language="en")
        changes = await changes_until(socket, lambda change: change["type"] == "task")
        assert {change["book"]["book_id"] for change in changes if change["type"] == "book"} == {book_id}
        assert {change["task"]["book_id"] for change in changes if change["type"] == "task"} == {book_id}
        guest = Guest(coordinator, "guest-8")
        task = await asyncio.to_thread(guest.next)
        assert await asyncio.to_thread(guest.complete, task, [segment(0, 1)]) == 200
        done = await changes_until(socket, lambda c: c["type"] == "book" and c["book"]["state"] == "done")
        assert any(change["type"] == "task" and change["task"]["status"] == "completed" for change in done)
        assert await asyncio.to_thread(lambda: coordinator.ask(f"/books/{book_id}", "DELETE").status) == 200
        await changes_until(socket, lambda c: c["type"] == "removed" and c["book_id"] == book_id)


async def changes_until(
    socket: aiohttp.ClientWebSocketResponse[Any], wanted: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """The changes up to the first that is wanted, and those that were told with it: of two things that changed at
    once, either may come first."""
    heard: list[dict[str, Any]] = []
    while not any(wanted(change) for change in heard):
        message = await socket.receive_json(timeout=120)
        heard += message.get("changes", ())
    return heard
