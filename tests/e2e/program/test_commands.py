"""Commands of the program as a person meets them: `doctor`, fetching a model, Ctrl-C, plain terminals."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.e2e


def test_doctor_decodes_the_sample_and_names_the_folders(home: Home) -> None:
    ended = home.run("doctor", "--model", model_folder(), "--port", "0", "--no_discovery")
    ended.assert_calm(0)
    assert "the sample's words are heard" in ended.out
    assert str(home.data_dir) in ended.out
    assert "FAIL" not in ended.out


def test_doctor_says_what_fails(home: Home) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        ended = home.run("doctor", "--model", home.root / "none", "--port", port, "--no_discovery")
    ended.assert_calm(1)
    failed = [line.split()[1] for line in ended.out.splitlines() if line.startswith("FAIL")]
    assert failed == ["Ports", "Model", "Transcribing"]


@pytest.fixture
def slow_hub() -> Iterator[tuple[str, threading.Event]]:
    """A hub whose model never comes to its end; the event tells that its first bytes went out."""
    begun = threading.Event()
    listing = b'{"sha": "abc", "siblings": [{"rfilename": "model.bin", "size": 99000000}]}'

    def serve(server: socket.socket, connections: list[socket.socket]) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connections.append(connection)
            if b"/api/models/" in connection.recv(4096):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(listing) + listing)
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n" + bytes(2**20))
                begun.set()

    connections: list[socket.socket] = []
    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(server, connections))
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", begun
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()
    for each in connections:
        each.close()


@pytest.mark.parametrize("command", ["transcribe", "models"])
def test_a_fetch_is_shown_and_ended_by_ctrl_c(
    home: Home, voice: Voice, slow_hub: tuple[str, threading.Event], command: str
) -> None:
    endpoint, begun = slow_hub
    audio = record(home.root / "one.mp3", voice.say(SENTENCES[5]))
    arguments = ("--model", "owner/mine", audio) if command == "transcribe" else ("fetch", "owner/mine")
    environment = {"HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0"}
    with home.started(home.command(command, *arguments), environment=environment) as running:
        eventually(begun.is_set, "the fetch to begin")
        eventually(lambda: "model owner/mine: " in running.err, "the line about it")
        running.interrupt()
        running.process.wait(120)
        ended = running.ended()
    ended.assert_calm(1)
    assert "Stopped." in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_no_room_for_what_is_printed_is_one_line(home: Home) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            home.command("models"),
            stdout=full,
            stderr=subprocess.PIPE,
            env=home.environment(),
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    line = b"swarmstt: There is no room left where this command writes or prints: make some, and try again.\n"
    assert (ended.returncode, ended.stderr) == (1, line)


def test_ctrl_c_leaves_the_book_to_the_node_that_has_it(node: Running, shared_home: Home, voice: Voice) -> None:
    audio = record(shared_home.root / "left-to-it.mp3", voice.say(*SENTENCES[:10]))
    assert node.ask("/pause", "POST").status == 200  # or it could be done before the command is told to end
    command = shared_home.command("transcribe", "--model", model_folder(), "--threads", "3", "--chunk_seconds", "30")
    with shared_home.started([*command, "--output_dir", str(shared_home.output), str(audio)]) as running:
        eventually(
            lambda: any(book["filename"] == "left-to-it.mp3" for book in node.get("/books")), "the book to be taken"
        )
        running.interrupt()
        running.process.wait(120)
        ended = running.ended()
    ended.assert_calm(1)
    assert "--threads: give those to `swarmstt up`" in ended.err
    assert "the node goes on" in ended.err
    assert node.ask("/resume", "POST").status == 200
    [book] = [book for book in node.get("/books") if book["filename"] == "left-to-it.mp3"]
    node.wait_for_book(book["book_id"])


def test_a_terminal_of_ascii_letters(home: Home) -> None:
    folder = home.root / "Čeština"
    folder.mkdir()
    ended = home.run("transcribe", folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    ended.assert_calm(1)
    assert "\\u010ce\\u0161tina has no audio files" in ended.err


def test_peers_as_json(node: Running, visit: Home) -> None:
    peers = visit.run("peers", "--json")
    peers.assert_calm(0)
    assert json.loads(peers.out) == node.get("/status")["peers"]


def test_the_door_of_the_running_node_opens_for_ten_minutes(node: Running, visit: Home) -> None:
    opened = visit.run("door")
    opened.assert_calm(0)
    assert "open for 10 minutes" in opened.out
    assert 0 < node.get("/door")["seconds_left"] <= 600
    visit.run("door", "--shut").assert_calm(0)
    assert node.get("/door")["open"] is False


def test_up_prints_its_addresses_and_the_drop_folder(node: Running, shared_home: Home) -> None:
    said = dict(line.split(":", 1) for line in node.out.splitlines() if ":" in line)
    assert said["Page"].strip() == node.url
    assert said["This PC"].strip() == node.get("/status")["node"]["swarm_address"]
    assert said["Drop folder"].strip() == str(shared_home.drop)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with pipes")
def test_who_stops_to_read_is_no_error(node: Running, visit: Home) -> None:
    command = shlex.join(visit.command("status", "--json"))
    ended = subprocess.run(
        ["sh", "-c", f"{{ {command}; echo $? >status; }} | true"],
        cwd=visit.root,
        env=visit.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    assert (visit.root / "status").read_text().strip() == "0"


@pytest.mark.parametrize(
    ("arguments", "code", "words"), [(("fetch",), 2, "models fetch NAME"), (("fetch", "nope"), 2, "one of: base")]
)
def test_models_says_what_it_lacks(home: Home, arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = home.run("models", *arguments)
    ended.assert_calm(code)
    [line] = ended.complaints
    assert words in line


def test_help_without_an_invitation_says_where_help_is(home: Home) -> None:
    ended = home.run("help")
    ended.assert_calm(2)
    [line] = ended.complaints
    assert "swarmstt --help" in line


@pytest.mark.parametrize("verbose", [False, True])
def test_a_traceback_comes_with_verbose_only(home: Home, verbose: bool) -> None:
    ended = home.run("status", *(["--verbose"] if verbose else []))
    assert ended.code == 1
    assert ("Traceback" in ended.err) is verbose
    assert ended.complaints == ["swarmstt: No node runs on this PC; start one with `swarmstt up`."]


@pytest.fixture
def short_book(visit: Home, voice: Voice, request: pytest.FixtureRequest) -> Path:
    """A book of one sentence."""
    [sentence] = request.param
    return record(visit.root / "short.mp3", voice.say(sentence))


def arguments_of(command: str, home: Home, book: Path) -> list[str | Path]:
    """What makes a command short."""
    short: dict[str, list[str | Path]] = {
        "transcribe": [book, "--output_dir", home.output],
        "doctor": ["--model", home.root / "none", "--port", "0", "--no_discovery"],
    }
    return short.get(command, [])


SHOWN = ("transcribe", "status", "peers", "models", "doctor")


@pytest.mark.parametrize("short_book", [SENTENCES[6:7]], indirect=True)
@pytest.mark.parametrize("command", SHOWN)
def test_what_goes_to_a_file_has_no_signs_for_a_terminal(visit: Home, short_book: Path, command: str) -> None:
    ended = visit.run(command, *arguments_of(command, visit, short_book))
    ended.assert_calm(1 if command == "doctor" else 0)
    assert ended.out or ended.err
    assert not set(ended.out + ended.err) & {"\x1b", "\r", "\b"}, ended


COLOUR = re.compile(r"\x1b\[[0-9;]*[349][0-8][0-9;]*m|\x1b\[[0-9;]*10[0-7][0-9;]*m")


def on_terminal(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Runs a program with a terminal of 80 columns for all that it reads and writes: its status, and what it wrote."""
    import pty

    leader, follower = pty.openpty()
    with subprocess.Popen(command, env=environment, stdin=follower, stdout=follower, stderr=follower) as process:
        os.close(follower)
        parts = []
        with suppress(OSError):  # so Linux says that nobody has the terminal open any more
            while part := os.read(leader, 4096):
                parts.append(part)
        os.close(leader)
        return process.wait(PATIENCE_SECONDS), b"".join(parts).decode("utf-8", "replace")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize("short_book", [SENTENCES[7:8]], indirect=True)
@pytest.mark.parametrize("command", SHOWN)
def test_no_color_is_obeyed_on_a_terminal(visit: Home, short_book: Path, command: str) -> None:
    environment = visit.environment(NO_COLOR="1", TERM="xterm-256color", COLUMNS="80")
    status, said = on_terminal(visit.command(command, *arguments_of(command, visit, short_book)), environment)
    assert status == (1 if command == "doctor" else 0), said
    assert said
    assert not COLOUR.search(said), said
    if command == "transcribe":  # its live bar has to move about
        assert "━" in said, said
        assert "short.mp3" in said
    else:
        assert "\x1b" not in said, said


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize("short_book", [SENTENCES[8:9]], indirect=True)
def test_the_bar_has_colours_otherwise(visit: Home, short_book: Path) -> None:
    environment = visit.environment(TERM="xterm-256color", COLUMNS="80")
    environment.pop("NO_COLOR", None)
    arguments = arguments_of("transcribe", visit, short_book)
    status, said = on_terminal(visit.command("transcribe", *arguments), environment)
    assert status == 0, said
    assert COLOUR.search(said), said
