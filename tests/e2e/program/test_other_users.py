"""Other users of the same PC, before a real node: they get nothing by its page, and nothing from its folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.support.home import Home
from tests.e2e.support.processes import Running
from tests.support.users import as_another_user, needs_another_user

pytestmark = [pytest.mark.e2e, *needs_another_user]

ROWS = (
    *("GET /", "GET /status", "GET /books", "GET /tasks", "GET /settings", "GET /invitations", "GET /door"),
    *("GET /tasks/next?worker_id=x", "POST /door", "POST /pause", "POST /books", "POST /upload", "DELETE /books/1"),
)


def asked(url: str, row: str, *, leave: bool = False) -> Callable[[], bytes]:
    """Asks a row over a plain socket; `leave`: without waiting for the answer."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    address = (parts.hostname, parts.port)
    request = f"{row} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()

    def ask() -> bytes:
        with socket.socket() as connection:
            connection.settimeout(120)
            connection.connect(address)
            connection.sendall(request)
            if leave:
                return b"left"
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer

    return ask


def test_no_row_answers_another_user(node: Running) -> None:
    for row in ROWS:
        answer = as_another_user(asked(node.url, row))
        assert answer.startswith(b"HTTP/1.1 403 "), (row, answer)
        assert b"belongs to another user of this PC" in answer
    assert asked(node.url, "GET /status")().startswith(b"HTTP/1.1 200 ")


def test_who_leaves_at_once_changes_nothing_either(node: Running) -> None:
    """The system says of a socket that was closed that it is root's."""
    for _ in range(20):
        assert as_another_user(asked(node.url, "POST /pause", leave=True)) == b"left"
    assert node.get("/status")["node"]["helping"]


def test_guests_come_by_their_invitation_whoever_runs_their_tunnel(node: Running) -> None:
    """What an invitation opens is looked after by its token: a tunnel may run as a user of its own."""
    answer = as_another_user(asked(node.url, "GET /join/not-an-invitation-at-all-but-of-its-length/tasks/next"))
    assert b"belongs to another user" not in answer


def test_nothing_of_the_data_folder_can_be_read(node: Running, shared_home: Home) -> None:
    data_dir = shared_home.data_dir
    files = [str(path) for path in data_dir.rglob("*") if path.is_file()]
    assert any(name.endswith(".sqlite") for name in files)
    parents = [str(each) for each in data_dir.parents]

    def read_all() -> list[str]:
        return [name for name in (*files, str(data_dir)) if can_read(name)]

    # The folders above are the tests' own and let nobody in: the data folder itself has to do that.
    opened = {each: Path(each).stat().st_mode for each in parents if not Path(each).stat().st_mode & 0o001}
    for each, mode in opened.items():
        Path(each).chmod(mode | 0o005)
    try:
        assert as_another_user(lambda: os.access(parents[0], os.X_OK))
        assert as_another_user(read_all) == []
    finally:
        for each, mode in opened.items():
            Path(each).chmod(mode)


def can_read(name: str) -> bool:
    try:
        os.close(os.open(name, os.O_RDONLY))
    except PermissionError:
        return False
    return True
