"""`swarmstt up` and the commands that talk to the node that runs."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from swarmstt.node.data_dir import Folders, running_node
from tests.bench.wer import word_errors
from tests.e2e.support.home import FORMATS, Home, model_folder
from tests.e2e.support.http_client import ask
from tests.e2e.support.processes import Running
from tests.e2e.support.stored_chunks import stored_chunks
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def helping(node: Running) -> Iterator[Running]:
    """The shared node, which helps again afterwards."""
    yield node
    assert node.ask("/resume", "POST").status == 200


def test_up_prints_where_its_page_is_and_the_page_answers(node: Running, shared_home: Home) -> None:
    assert node.url.startswith("http://127.0.0.1:")
    assert f"Transcripts:  {shared_home.output}" in node.out
    eventually(lambda: "The shared PC is up" in node.err, "the log line")
    page = node.ask("/")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    status = node.get("/status")
    assert {"node", "books", "tasks", "workers", "peers", "version"} <= set(status)
    assert status["node"]["name"] == "The shared PC"
    assert set(status["tasks"]) >= {"total", "completed", "in_progress", "pending", "failed", "percent"}


def test_status_as_text_and_as_json(node: Running, shared_home: Home) -> None:
    text = shared_home.run("status")
    text.assert_calm(0)
    assert text.out.startswith("The shared PC: ")
    told = shared_home.run("status", "--json")
    told.assert_calm(0)
    assert set(json.loads(told.out)) == set(node.get("/status"))


def test_add_returns_and_the_node_does_it(node: Running, shared_home: Home, voice: Voice) -> None:
    audio = record(shared_home.root / "in" / "added.mp3", voice.say(*SENTENCES[3:5]))
    ended = shared_home.run("add", audio)
    ended.assert_calm(0)
    book_id = ended.out.split()[-1]
    assert ended.out.startswith("added.mp3: added as ")
    view = node.wait_for_book(book_id)
    assert {file["path"] for file in view["files"]} == {str(shared_home.output / f"added.{each}") for each in FORMATS}
    heard = shared_home.transcript("added")["full_text"]
    assert word_errors(" ".join(SENTENCES[3:5]), heard).percent < 20, heard
    again = shared_home.run("add", audio, shared_home.root / "nowhere.mp3")
    again.assert_calm(1)
    assert book_id in again.out
    assert "before" in again.out
    assert "does not exist" in again.complaint_about("nowhere.mp3")


def test_transcribe_hands_over_to_the_node_that_runs(node: Running, visit: Home, voice: Voice) -> None:
    audio = record(visit.root / "handed.mp3", voice.say(SENTENCES[19]))
    ended = visit.transcribe(audio, "--output_format", "txt")
    ended.assert_calm(0)
    assert node.url in ended.err
    assert ended.out.splitlines() == [str(visit.output / "handed.txt")]
    heard = (visit.output / "handed.txt").read_text(encoding="utf-8")
    assert word_errors(SENTENCES[19], heard).percent < 20
    assert "handed.mp3" in [book["filename"] for book in node.get("/books")]


def test_a_node_that_comes_takes_the_work_of_a_command_that_goes_on_waiting(home: Home, voice: Voice) -> None:
    audio = record(home.root / "long.mp3", voice.say(*SENTENCES[:12], pause_seconds=4.0))
    command = home.command(
        "transcribe", "--model", model_folder(), "--chunk_seconds", "30", "--output_dir", home.output, audio
    )
    with home.started(command) as transcribing:
        own = eventually(lambda: running_node(Folders(home.data_dir)), "the command's own node", pause_seconds=0.01)
        assert own.gives_way
        transcribing.url = own.url
        assert transcribing.ask("/pause", "POST").status == 200  # or it could be done before anybody comes
        eventually(lambda: transcribing.get("/books"), "its book")
        with home.up() as node:
            assert node.process.pid != own.pid
            assert [book["filename"] for book in node.get("/books")] == ["long.mp3"]
            assert node.ask("/resume", "POST").status == 200
            transcribing.process.wait(timeout=PATIENCE_SECONDS)
            ended = transcribing.ended(0.0)
            ended.assert_calm(0)
            assert "was started on this PC; it goes on with this work" in ended.err
            assert str(home.output / "long.txt") in ended.out
            assert node.get("/books")[0]["state"] == "done"


def test_pause_and_resume(helping: Running, shared_home: Home, voice: Voice) -> None:
    shared_home.run("pause").assert_calm(0)
    assert shared_home.run("status").out.startswith("The shared PC: Paused. ")
    book_id = helping.add(record(shared_home.root / "in" / "paused.mp3", voice.say(SENTENCES[17])))
    helping.wait_until_read(book_id)
    assert helping.get(f"/books/{book_id}")["tasks"]["pending"] == 1
    assert helping.get("/status")["node"]["helping"] is False
    shared_home.run("resume").assert_calm(0)
    helping.wait_for_book(book_id)
    assert not shared_home.run("status").out.startswith("The shared PC: Paused. ")


def test_a_fast_guest_that_is_gone_is_not_waited_for(helping: Running, shared_home: Home, voice: Voice) -> None:
    """It did one chunk in no time and asks for no other: this PC does the rest, though it is slower by far."""
    assert helping.ask("/pause", "POST").status == 200
    audio = record(shared_home.root / "in" / "guest.mp3", voice.say(*SENTENCES[9:18]))
    book_id = helping.add(audio, language="en", chunk_seconds=30)
    helping.wait_until_read(book_id)
    assert helping.get(f"/books/{book_id}")["tasks"]["pending"] >= 2
    task = helping.get("/tasks/next?worker_id=hare")["task"]
    transcript = {"language": "en", "duration": 1.0, "segments": [{"start": 0, "end": 1, "text": "Hare was here."}]}
    done = {"task_id": task["id"], "worker_id": "hare", "transcript": transcript, "processing_time": 0.001}
    assert helping.ask("/tasks/complete", "POST", done).status == 200
    assert helping.ask("/resume", "POST").status == 200
    helping.wait_for_book(book_id)
    assert shared_home.transcript("guest")["full_text"].startswith("Hare was here. ")


def test_a_second_node_on_the_same_folder_is_told_who_has_it(node: Running, shared_home: Home) -> None:
    ended = shared_home.run("up", "--port", "0")
    ended.assert_calm(1)
    line = ended.complaint_about(str(shared_home.data_dir))
    assert str(node.process.pid) in line
    assert node.url in line
    assert "--data_dir" in line


@pytest.mark.parametrize("command", ["status", "peers", "pause", "resume", "door", "invite", "programs", "add"])
def test_commands_without_a_node_say_how_to_start_one(home: Home, command: str) -> None:
    ended = home.run(command, *(["x.mp3"] if command == "add" else []))
    ended.assert_calm(1)
    assert ended.complaints == ["swarmstt: No node runs on this PC; start one with `swarmstt up`."]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_sigterm_ends_it_like_ctrl_c(home: Home) -> None:
    with home.up() as running:
        running.process.terminate()
        assert running.process.wait(timeout=120) == 0
        assert "was asked to end" in running.err
    assert not (home.data_dir / "running.json").exists()


@pytest.mark.parametrize(
    "by_signal",
    [False, pytest.param(True, marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM"))],
)
def test_one_that_is_to_be_restarted_loses_nothing_of_what_is_in_hand(
    home: Home, voice: Voice, by_signal: bool
) -> None:
    """As after an upgrade: what is stored stays, and the rest goes on later. How much it ends first is for the unit
    tests of the helper to say: a slow PC ends nothing in the time that it has."""
    audio = record(home.root / "long.mp3", voice.say(*SENTENCES))
    with home.up("--slots", "1", SWARMSTT_STOP_SECONDS="90") as running:
        book_id = running.add(audio, output_dir=str(home.output), chunk_seconds=30)
        running.wait_until_read(book_id)
        eventually(
            lambda: (running.hold_engines() and running.get("/status")["tasks"]["in_progress"]) or is_done(running),
            "a chunk is in hand and goes on no further, unless this PC was quicker",
            pause_seconds=0.02,
        )
        before = running.get("/status")["tasks"]
        children = running.children()
        if by_signal:
            running.process.terminate()
        else:
            assert running.ask("/shutdown", "POST", {"finish": True}).status == 200
            eventually(lambda: "ends after what it is transcribing" in running.err, "it says so")
        running.let_engines_go_on()
        assert running.process.wait(timeout=240) == 0
        assert psutil.wait_procs(children, timeout=120)[1] == []
        assert "Traceback" not in running.err
    done = stored_chunks(home.data_dir)
    assert len(done.results) >= before["completed"]
    with home.up() as running:
        assert running.wait_for_book(book_id)["tasks"]["completed"] == before["total"]
    leases = stored_chunks(home.data_dir).leases
    assert {chunk: leases[chunk] for chunk in done.results} == {chunk: done.leases[chunk] for chunk in done.results}


def is_done(running: Running) -> bool:
    """Whether all that the node has to transcribe is."""
    tasks = running.get("/status")["tasks"]
    return bool(tasks["completed"] == tasks["total"])


def test_a_place_where_nobody_answers_is_named(home: Home) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        place = f"127.0.0.1:{listening.getsockname()[1]}"
    with home.up("--peer", place) as running:
        eventually(
            lambda: f"Nobody answers at {place}. It is tried again and again." in running.err, "the line about it"
        )


def states(running: Running) -> tuple[str, str]:
    """What the node says of itself, and of itself as one that decodes."""
    status = running.get("/status")
    return status["node"]["state"], next(each["state"] for each in status["workers"] if each["kind"] == "own")


def test_ctrl_c_ends_it_at_once_and_loses_nothing(home: Home, voice: Voice) -> None:
    """In the middle of a book: at once, even if what decodes hangs, no process is left behind, and it goes on later."""
    audio = record(home.root / "long.mp3", voice.say(*SENTENCES))
    with home.up("--slots", "1") as running:
        assert states(running) == ("idle", "idle")
        book_id = running.add(audio, output_dir=str(home.output), chunk_seconds=30)
        eventually(lambda: running.get("/status")["tasks"]["completed"], "the first chunk", pause_seconds=0.02)
        assert running.hold_engines()
        children = running.children()
        before = running.get("/status")["tasks"]
        assert before["completed"] < before["total"]
        running.interrupt()
        assert running.process.wait(timeout=120) == 0
        assert psutil.wait_procs(children, timeout=120)[1] == []
        assert "Traceback" not in running.err
    done = stored_chunks(home.data_dir)
    assert len(done.results) == before["completed"], "it did not wait for the end of a chunk"
    assert not home.output.exists()
    assert not (home.data_dir / "running.json").exists()
    with home.up() as running:
        view = running.wait_for_book(book_id)
        assert view["tasks"]["completed"] == view["tasks"]["total"] > len(done.results)
    leases = stored_chunks(home.data_dir).leases
    assert {chunk: leases[chunk] for chunk in done.results} == {chunk: done.leases[chunk] for chunk in done.results}
    heard = home.transcript("long")["full_text"]
    assert word_errors(" ".join(SENTENCES), heard).percent < 20, heard


def test_ctrl_c_ends_transcribe_and_the_same_command_goes_on(home: Home, voice: Voice) -> None:
    audio = record(home.root / "long.mp3", voice.say(*SENTENCES))
    command = home.command("transcribe", *home.transcribe_options(()), "--chunk_seconds", "30", "--slots", "1", audio)
    with home.started(command) as running:
        url = eventually(lambda: announced(home), "its address")
        eventually(lambda: ask(f"{url}/status").json["tasks"]["completed"], "the first chunk", pause_seconds=0.02)
        children = running.children()
        running.interrupt()
        assert running.process.wait(timeout=120) == 1
        assert psutil.wait_procs(children, timeout=120)[1] == []
        ended = running.ended()
    assert "Traceback" not in ended.err
    assert "goes on from there" in ended.err
    assert ended.out == ""
    done = stored_chunks(home.data_dir)
    again = home.transcribe("--chunk_seconds", "30", audio)
    again.assert_calm(0)
    assert "long.mp3 was added before" in again.err
    leases = stored_chunks(home.data_dir).leases
    assert {chunk: leases[chunk] for chunk in done.results} == {chunk: done.leases[chunk] for chunk in done.results}


def announced(home: Home) -> str:
    """Where the node of this home listens."""
    try:
        return str(json.loads((home.data_dir / "running.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError):
        return ""


def test_two_commands_at_once(home: Home, voice: Voice) -> None:
    """The second is done by the node of the first, and goes on by itself when that ends."""
    short = record(home.root / "short.mp3", voice.say(*SENTENCES[18:24]))
    long = record(home.root / "long.mp3", voice.say(*SENTENCES[1:10]))
    with home.started(home.command("transcribe", *home.transcribe_options(()), short)) as first:
        url = eventually(lambda: announced(home), "the first command's node", pause_seconds=0.01)
        assert ask(f"{url}/pause", "POST").status == 200
        command = home.command("transcribe", *home.transcribe_options(()), "--chunk_seconds", "30", long)
        with home.started(command) as running:
            eventually(
                lambda: any(book["filename"] == "long.mp3" for book in ask(f"{url}/books").json), "the second's book"
            )
            assert ask(f"{url}/resume", "POST").status == 200
            assert first.process.wait(timeout=120) == 0
            running.process.wait(timeout=120)
            second = running.ended()
    second.assert_calm(0)
    assert "The node on this PC transcribes it" in second.err
    assert word_errors(" ".join(SENTENCES[1:10]), home.transcript("long")["full_text"]).percent < 20
    assert home.transcript("short")["full_text"]


def test_a_model_that_cannot_be_loaded_harms_its_own_book_only(home: Home, voice: Voice) -> None:
    broken = home.root / "broken"
    broken.mkdir()
    for name, content in (("config.json", "{}"), ("model.bin", "x"), ("tokenizer.json", "{}"), ("vocabulary.txt", "a")):
        (broken / name).write_text(content, encoding="utf-8")
    bad = home.transcribe("--model", broken, record(home.root / "bad.mp3", voice.say(SENTENCES[0])))
    assert bad.code == 1
    assert bad.err.splitlines()[-1] == "bad.mp3 stays among this PC's books, and goes on once that is mended."
    home.transcribe(record(home.root / "good.mp3", voice.say(SENTENCES[1]))).assert_calm(0)
