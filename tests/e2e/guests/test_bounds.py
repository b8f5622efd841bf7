"""What strangers send to the ports that guests come by, and to the page's, costs a real node next to nothing."""

from __future__ import annotations

import json
import random
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from tests.e2e.guests.test_guests import LAN, ask, invite, on_a_network
from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.e2e.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.e2e

IDLE = 300
"""More connections than there are places for guests over plain HTTP."""


@pytest.fixture
def host(home: Home) -> Iterator[Running]:
    with home.up("--no_helping", "--verbose", **({"SWARMSTT_INTERFACE": LAN} if LAN else {})) as running:
        yield running


def whatever() -> ssl.SSLContext:
    """TLS with anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def idle_connections(host: str, port: int, count: int) -> Iterator[None]:
    with ExitStack() as stack:
        for number in range(count):
            opened = stack.enter_context(socket.create_connection((host, port), timeout=PATIENCE_SECONDS))
            if number % 2:
                with suppress(OSError):  # it had to give way already
                    opened.sendall(b"GET /join/")
        yield


@on_a_network
def test_idle_connections_lock_no_guest_out(host: Running, home: Home) -> None:
    url = invite(home, "--plain")
    port = urlsplit(url).port
    assert port
    assert LAN
    with idle_connections(LAN, port, IDLE), idle_connections("127.0.0.1", port, IDLE):
        for _ in range(3):
            assert ask(url + "/tasks/next?worker_id=x")[0] == 200
            assert ask(url.replace(LAN, "127.0.0.1") + "/tasks/next?worker_id=x")[0] == 200, "by a tunnel on this PC"
            assert host.get("/status")["node"]["name"], "whose page it is finds it as ever"


def test_malformed_http_is_a_line_for_those_who_look_closely(host: Running) -> None:
    port = urlsplit(host.url).port
    assert port
    sent = [
        b"\x16\x03\x01\x00\xc8\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nrubbish\r\n\r\n",
        b"POST /tasks/complete HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    ]
    for each in sent:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as opened:
            opened.sendall(each)
            opened.shutdown(socket.SHUT_WR)
            with suppress(ConnectionError):
                while opened.recv(65536):
                    pass
    assert host.get("/status")
    assert "Traceback" not in host.err
    assert host.err.count("A request that is not HTTP was refused") >= len(sent) - 1


def test_a_lease_is_not_fetched_ahead(host: Running) -> None:
    assert ask(host.url + "/tasks/next?worker_id=x", **{"Sec-Purpose": "prefetch"})[0] == 403
    assert ask(host.url + "/tasks/next?worker_id=x") == (200, b'{"task":null}')


@on_a_network
def test_over_tls_there_are_the_worker_rows_and_nothing_else(host: Running, home: Home) -> None:
    url = invite(home)
    port = urlsplit(url).port
    assert LAN
    assert port

    def get(*paths: str, headers: str = "") -> list[bytes]:
        """The status lines of these requests on one connection, until it is ended."""
        with socket.create_connection((LAN, port), timeout=PATIENCE_SECONDS) as raw, whatever().wrap_socket(raw) as tls:
            lines = []
            for path in paths:
                with suppress(OSError):
                    tls.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
                    head = b""
                    while b"\r\n\r\n" not in head and (more := tls.recv(1)):
                        head += more
                    left = next(
                        (int(each[15:]) for each in head.split(b"\r\n") if each.lower().startswith(b"content-length:")),
                        0,
                    )
                    while left > 0 and (more := tls.recv(left)):
                        left -= len(more)
                    lines.append(head.split(b"\r\n")[0])
            return lines

    row = urlsplit(url).path + "/tasks/next?worker_id=x"
    assert get(row, row) == [b"HTTP/1.1 200 OK"] * 2
    for path in ("/status", "/", "/upload", "/tasks/next", "/invitations", "/models", "/link", "/challenge"):
        assert get(row, path, row)[1:] == [b"HTTP/1.1 404 Not Found", b""], path
        if path not in ("/tasks/next", "/"):
            assert get(row, urlsplit(url).path + path, row)[1:] == [b"HTTP/1.1 404 Not Found", b""], path
    assert get("/join/none/tasks/next?worker_id=x", row) == [b"HTTP/1.1 404 Not Found", b""]
    assert get(row + "&" + "x" * 100, *[row] * 20) == [b"HTTP/1.1 200 OK"] * 21, "a guest asks as often as it must"
    assert get(urlsplit(url).path, headers="Accept: text/html\r\n") == [b"HTTP/1.1 200 OK"]
    # In the clear it counts for nothing, and who uses it so is told.
    status, body = ask(f"{host.url}{row}")
    assert (status, "https://" in json.loads(body)["error"]) == (403, True)


@on_a_network
def test_help_refuses_another_pc_and_says_so_in_a_sentence(host: Running, home: Home) -> None:
    url = invite(home)
    other = Home(home.root / "other")
    with other.up("--no_helping", SWARMSTT_INTERFACE=LAN or "") as impostor:
        port = next(line.rpartition(":")[2] for line in impostor.out.splitlines() if line.startswith("This PC:"))
        moved = url.replace(f":{urlsplit(url).port}/", f":{port}/")
        ended = Home(home.root / "anna").run("help", moved)
        ended.assert_calm(1)
        (complaint,) = ended.complaints
        assert "Another PC answers" in complaint
        cut = url.rpartition(".")[0]
        ended = Home(home.root / "anna").run("help", cut)
        ended.assert_calm(1)
        (complaint,) = ended.complaints
        assert "Copy the whole address" in complaint


@on_a_network
@pytest.mark.parametrize("kind", [(), ("--plain",)], ids=["TLS", "plain"])
def test_an_invitation_expires(home: Home, kind: tuple[str, ...]) -> None:
    ports = ("--swarm_port", str(free_port()), "--port", str(free_port()))
    with home.up("--no_helping", *ports, SWARMSTT_INTERFACE=LAN or "") as host:
        url = invite(home, "--days", "1", *kind)
        host.interrupt()
        assert host.process.wait(PATIENCE_SECONDS) == 0
    with sqlite3.connect(home.data_dir / "swarmstt.sqlite") as database:
        database.execute("UPDATE invitations SET expires_at = '2024-01-31T10:00:00+00:00'")
    database.close()
    with home.up("--no_helping", *ports, SWARMSTT_INTERFACE=LAN or "") as host:
        if not kind:
            ended = Home(home.root / "anna").run("help", url)
            ended.assert_calm(1)
            (complaint,) = ended.complaints
            assert "expired" in complaint
        status, body = (
            ask(url.replace(LAN or "", "127.0.0.1") + "/tasks/next?worker_id=x") if kind else (410, b'"expired"')
        )
        assert (status, b"expired" in body) == (410, True)
        listed = home.run("invite", "--list")
        assert "Anna: since" in listed.out
        assert "expired 2024-01-31" in listed.out
        assert host.get("/invitations")["plain_open"] is False


def free_port() -> int:
    """None of those that the system gives to whoever asks for any: it stays free between two runs of a node."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as found, suppress(OSError):
            found.bind(("", port))
            return port


def test_one_of_several_is_taken_back_by_its_name(host: Running, home: Home) -> None:
    for name in ("Ben", "Eve"):
        home.run("invite", "--name", name).assert_calm(0)
    ended = home.run("invite", "--revoke", "--name", "Ben")
    assert "The invitation for Ben is revoked." in ended.out
    assert [each["name"] for each in host.get("/invitations")["invitations"]] == ["Eve"]
