"""Guests: an invitation lets a helper in from elsewhere, to the worker rows, and no farther."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from swarmstt.swarm.network.interfaces import lan_address
from tests.bench.wer import word_errors
from tests.e2e.support.home import Home, model_folder
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.e2e

LAN = lan_address()
on_a_network = pytest.mark.skipif(LAN is None, reason="this PC has no network")


@pytest.fixture
def host(home: Home) -> Iterator[Running]:
    """A node that coordinates only, on this PC's network address."""
    network = {"SWARMSTT_INTERFACE": LAN} if LAN else {}
    with home.up("--no_helping", "--no_discovery", **network) as running:
        yield running


def invite(home: Home, *more: str) -> str:
    ended = home.run("invite", "--name", "Anna", *more)
    ended.assert_calm(0)
    (url,) = ended.out.split()
    return url


@contextmanager
def helping(home: Home, url: str) -> Iterator[Running]:
    """`swarmstt help`, in a home of its own."""
    command = home.command("help", url, "--name", "Anna's laptop", "--slots", "1")
    with home.started(command, environment={"WHISPER_MODEL": str(model_folder())}) as running:
        yield running


def ask(url: str, body: Any = None, *, method: str | None = None, **headers: str) -> tuple[int, bytes]:
    """As programs asked years ago."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def is_listening(url: str) -> bool:
    parts = urlsplit(url)
    assert parts.hostname
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), timeout=PATIENCE_SECONDS):
            return True
    except ConnectionRefusedError:
        return False


def swarm_port(host: Running) -> int:
    line = next(line for line in host.out.splitlines() if line.startswith("This PC:"))
    return int(line.rpartition(":")[2])


def holder(host: Running) -> list[str]:
    return [task["worker_name"] for task in host.get("/tasks") if task["status"] == "in_progress"]


@on_a_network
def test_a_guest_with_the_real_engine_does_a_whole_book(
    host: Running, home: Home, voice: Voice, tmp_path: Path
) -> None:
    audio = record(tmp_path / "in" / "lighthouse.mp3", voice.say(*SENTENCES[:12], pause_seconds=1.0))
    book_id = host.add(audio, output_dir=str(home.output), chunk_seconds=30, language="en", word_timestamps=True)
    url = invite(home)
    assert url.startswith(f"https://{LAN}:{swarm_port(host)}/join/")
    with helping(Home(tmp_path / "anna"), url) as guest:
        view = host.wait_for_book(book_id)
        assert view["tasks"]["completed"] >= 2
        document = home.transcript("lighthouse")
        assert word_errors(" ".join(SENTENCES[:12]), document["full_text"]).percent < 20
        assert any(segment["words"] for segment in document["segments"])
        done = host.get("/tasks")
        assert {task["worker_name"] for task in done} == {"Anna's laptop"}
        listed = host.get("/invitations")
        assert (listed["open"], listed["invitations"][0]["name"]) == (True, "Anna")
        assert listed["invitations"][0]["last_used_at"]
        assert listed["plain_open"] is False
        assert not is_listening(f"http://{LAN}:{urlsplit(host.url).port}"), "plain HTTP is for --plain only"
        guest.interrupt()
        assert guest.process.wait(PATIENCE_SECONDS) == 0, guest.err
        assert "Traceback" not in guest.err


@on_a_network
def test_an_interrupted_guest_hands_back(host: Running, home: Home, voice: Voice, tmp_path: Path) -> None:
    audio = record(tmp_path / "in" / "long.mp3", voice.say(*SENTENCES))
    with helping(Home(tmp_path / "anna"), invite(home)) as guest:
        book_id = host.add(audio, output_dir=str(home.output), chunk_seconds=30, language="en")
        eventually(lambda: "Anna's laptop" in holder(host), "a chunk in the guest's hands")
        guest.interrupt()
        assert guest.process.wait(PATIENCE_SECONDS) == 0, guest.err
        assert holder(host) == []
        assert host.get(f"/books/{book_id}")["tasks"]["in_progress"] == 0


@on_a_network
def test_revoking_turns_the_guests_out(host: Running, home: Home, voice: Voice, tmp_path: Path) -> None:
    url = invite(home, "--plain")
    with helping(Home(tmp_path / "anna"), url) as guest:
        eventually(lambda: "This PC helps now" in guest.err, "the guest")
        assert "others on the way can read" in guest.err
        host.add(record(tmp_path / "in" / "long.mp3", voice.say(*SENTENCES)), chunk_seconds=30, language="en")
        eventually(lambda: "Anna's laptop" in holder(host), "a chunk in the guest's hands")
        home.run("invite", "--revoke").assert_calm(0)
        assert holder(host) == []
        assert not is_listening(url)
        assert ask(url.replace(str(LAN), "127.0.0.1") + "/tasks/next?worker_id=x")[0] == 404
    ended = Home(tmp_path / "anna").run("help", url.replace(str(LAN), "127.0.0.1"))
    ended.assert_calm(1)
    assert len(ended.complaints) == 1
    assert "invitation" in ended.complaints[0]


@on_a_network
def test_outside_there_are_the_worker_rows_and_nothing_else(host: Running, home: Home) -> None:
    outside = f"http://{LAN}:{urlsplit(host.url).port}"
    assert not is_listening(outside)
    url = invite(home, "--plain")
    assert ask(url + "/tasks/next?worker_id=x") == (200, b'{"task":null}')
    nothing = ask(outside + "/join/none/tasks/next?worker_id=x")
    assert nothing[0] == 404
    rows = (
        "/",
        "/status",
        "/tasks",
        "/books",
        "/upload",
        "/results/0",
        "/ws/dashboard",
        "/static/page/page.css",
        "/invitations",
    )
    for path in rows:
        for base in (outside, url):
            assert (path, ask(base + path)) == (path, nothing)
            assert (path, ask(base + path, {})) == (path, nothing)
    for strange in ("/join", "/join/", "//status", "/join/../status", f"{urlsplit(url).path}/../../status"):
        assert (strange, ask(outside + strange)) == (strange, nothing)
    assert ask(url + "/tasks/next?worker_id=x", Origin="https://evil.example")[0] == 403
    assert ask(url + "/tasks/next", method="OPTIONS") == nothing
    tunnelled = url.replace(str(LAN), "127.0.0.1")
    assert (
        ask(tunnelled + "/tasks/next?worker_id=x", Host="friends.example", **{"X-Forwarded-For": "1.2.3.4"})[0] == 200
    )
    assert ask(host.url + "/status", **{"X-Forwarded-For": "1.2.3.4"})[0] == 403


@on_a_network
def test_a_guest_of_years_ago(host: Running, home: Home, voice: Voice, tmp_path: Path) -> None:
    """It knows the contract's rows, and sends no heartbeat."""
    audio = record(tmp_path / "in" / "old.mp3", voice.say(*SENTENCES[:4]))
    book_id = host.add(audio, output_dir=str(home.output), language="en")
    host.wait_until_read(book_id)
    url = invite(home, "--plain")
    assert ask(url + "/workers/register", {"worker_id": "w", "hostname": "old"})[0] == 200
    task = json.loads(ask(url + "/tasks/next?worker_id=w")[1])["task"]
    assert (task["original_filename"], task["model"]) == ("old.mp3", model_folder().name)
    chunk = "/chunks/" + task["chunk_path"].rpartition("/")[2]
    status, flac = ask(url + chunk)
    assert (status, flac[:4]) == (200, b"fLaC")
    other = invite(home, "--plain")
    assert ask(other + chunk)[0] == 404
    result = {
        "task_id": task["id"],
        "worker_id": "w",
        "transcript": {
            "language": "en",
            "duration": 9.0,
            "segments": [{"start": 0.5, "end": 3.0, "text": "An old guest was here."}],
        },
        "processing_time": 9.0,
    }
    assert ask(other + "/tasks/complete", result)[0] == 409
    assert ask(url + "/tasks/complete", result) == (200, b'{"status":"ok"}')
    assert ask(url + "/tasks/complete", result) == (200, b'{"status":"ok"}')
    host.wait_for_book(book_id)
    assert home.transcript("old")["full_text"] == "An old guest was here."


def test_help_needs_an_invitation(home: Home) -> None:
    wrong = home.run("help", "http://127.0.0.1:8000/")
    wrong.assert_calm(2)
    ended = home.run("help", "http://127.0.0.1:9/join/" + "x" * 43)
    ended.assert_calm(1)
    assert len(ended.complaints) == 1
