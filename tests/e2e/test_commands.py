"""Commands of the program as a person meets them: `doctor`, fetching a model, Ctrl-C, plain terminals."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.e2e.speaking import SENTENCES, Home, Running, Voice, model_folder, record, until

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
    assert failed == ["Ports", "Model", "Decoding"]


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
        until(begun.is_set, "the fetch to begin")
        until(lambda: "model owner/mine: " in running.err, "the line about it")
        running.interrupt()
        running.process.wait(30)
        ended = running.ended()
    ended.assert_calm(1)
    assert "Stopped." in ended.err


def test_ctrl_c_leaves_the_book_to_the_node_that_has_it(node: Running, shared_home: Home, voice: Voice) -> None:
    audio = record(shared_home.root / "left-to-it.mp3", voice.say(*SENTENCES[:20]))
    command = shared_home.command("transcribe", "--model", model_folder(), "--threads", "3", "--chunk_seconds", "30")
    with shared_home.started([*command, "--output_dir", str(shared_home.output), str(audio)]) as running:
        until(lambda: any(book["filename"] == "left-to-it.mp3" for book in node.get("/books")), "the book to be taken")
        running.interrupt()
        running.process.wait(30)
        ended = running.ended()
    ended.assert_calm(1)
    assert "--threads: give those to `swarmstt up`" in ended.err
    assert "the node goes on" in ended.err
    [book] = [book for book in node.get("/books") if book["filename"] == "left-to-it.mp3"]
    node.wait_for_book(book["book_id"])


def test_a_terminal_of_ascii_letters(home: Home) -> None:
    folder = home.root / "Čeština"
    folder.mkdir()
    ended = home.run("transcribe", folder, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    ended.assert_calm(1)
    assert "\\u010ce\\u0161tina has no audio files" in ended.err
