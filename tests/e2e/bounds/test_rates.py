"""Whoever asks, says or listens too much or too little costs a real node little, and nobody else anything: guests,
programs, and pages that nobody reads."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.e2e.guests.test_guests import LAN, on_a_network
from tests.e2e.membership.attacking import attacked
from tests.e2e.membership.rate_attacks import BY_RATE
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.voice import SENTENCES, Voice, record
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.attack, pytest.mark.slow]

DEAF_PAGES = 300
MOST_MEMORY_BYTES = 96 * 2**20
"""More than before."""


@on_a_network
def test_a_book_comes_out_while_guests_and_a_program_ask_without_end(home: Home, voice: Voice, tmp_path: Path) -> None:
    audio = record(tmp_path / "book.mp3", voice.say(*SENTENCES[:6], pause_seconds=2.0))
    with home.up("--slots", "1", SWARMSTT_INTERFACE=LAN or "") as node:
        invitation = node.ask("/invitations", "POST", {"name": "Eve"}).json["url"]
        program = node.ask("/programs", "POST", {"name": "Eve"}).json["url"]
        before = psutil.Process(node.process.pid).memory_info().rss
        options = ["--invitation", invitation, "--program", program]
        port = urlsplit(invitation).port or 0
        with attacked(port, *BY_RATE, rate=1.0, options=options) as did:
            book_id = node.add(audio, output_dir=str(home.output))
            eventually(lambda: node.get(f"/books/{book_id}")["state"] == "done", "the book is done")
        assert min(did["messages"], did["requests"]) > 0
        assert psutil.Process(node.process.pid).memory_info().rss < before + MOST_MEMORY_BYTES
        assert "Traceback" not in node.err


@contextmanager
def deaf_pages(node: Running, count: int) -> Iterator[list[socket.socket]]:
    """Live pages that ask and read nothing."""
    place = urlsplit(node.url)
    head = f"GET /ws/dashboard HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            each = stack.enter_context(socket.socket())
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.settimeout(PATIENCE_SECONDS)
            each.connect((place.hostname, place.port))
            key = base64.b64encode(os.urandom(16)).decode()
            each.sendall(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
            opened.append(each)
        yield opened


def test_pages_that_nobody_reads_are_let_go(home: Home) -> None:
    """Hundreds of them, as a program that forgot them has; and a page that is read goes on meanwhile."""
    with home.up("--no_helping") as node:
        process = psutil.Process(node.process.pid)
        before, memory_before = process.num_fds() if hasattr(process, "num_fds") else 0, process.memory_info().rss
        with deaf_pages(node, DEAF_PAGES):
            eventually(lambda: _connections(process) >= DEAF_PAGES, "all have come")
            assert node.get("/status")["node"]["name"]
            assert process.memory_info().rss < memory_before + MOST_MEMORY_BYTES
            eventually(lambda: _connections(process) < 20, "the node has let them go")
            assert node.get("/status")["node"]["name"]
        if before:
            assert process.num_fds() < before + 20
        assert "Traceback" not in node.err


def _connections(process: psutil.Process) -> int:
    return sum(each.status == psutil.CONN_ESTABLISHED for each in process.net_connections("tcp"))
