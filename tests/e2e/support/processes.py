"""The program as a process: while it runs, with what it is asked over HTTP, and what became of it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.support.http_client import Answer, ask, multipart
from tests.e2e.support.waiting import PATIENCE_SECONDS, eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of a command."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def complaints(self) -> list[str]:
        """The lines in which the program says what is wrong."""
        return [line for line in self.err.splitlines() if line.startswith("swarmstt: ")]

    def complaint_about(self, name: str) -> str:
        """The one line that names this; fails where there is none, or more than one."""
        found = [line for line in self.err.splitlines() if name in line]
        assert len(found) == 1, self
        assert found == [line for line in self.complaints if name in line], self
        return found[0]

    def assert_calm(self, code: int) -> None:
        """That exit status, and neither a traceback nor a warning of Python's."""
        assert self.code == code, self
        for sign in ("Traceback", "Warning:", "Exception", "Error:"):
            assert sign not in self.err, self
        assert "Traceback" not in self.out


class Running:
    """A process of the program."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self.url = ""
        self._out = out
        self._err = err
        self.seen_children: set[psutil.Process] = set()

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8", errors="replace")

    def ended(self, seconds: float = 0.0) -> Ended:
        assert self.process.returncode is not None
        return Ended(code=self.process.returncode, out=self.out, err=self.err, seconds=seconds)

    def wait_for_page(self) -> None:
        """Returns once all that a node says at its start is printed, and keeps the page's address."""

        def said() -> list[str]:
            assert self.process.poll() is None, (self.out, self.err)
            lines = self.out.splitlines(keepends=True)
            return lines if any(each.startswith("Transcripts:") and each.endswith("\n") for each in lines) else []

        lines = eventually(said, "the page's address")
        self.url = next(line.split()[1] for line in lines if line.startswith("Page:"))

    def children(self) -> set[psutil.Process]:
        """All processes that it started and that run; each is remembered."""
        try:
            found = set(psutil.Process(self.process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            found = set()
        self.seen_children |= found
        return found

    def engines(self) -> list[psutil.Process]:
        """Those of its children that decode."""
        found = []
        for child in self.children():
            with suppress(psutil.Error):  # it has just ended
                if child.cmdline()[-1:] == ["engine"]:
                    found.append(child)
        return found

    def hold_engines(self) -> bool:
        """Has what decodes stand still, so that it ends nothing that it has begun, however fast this PC is; False if
        nothing does. A node that lives gives up an engine that says nothing for ten seconds."""
        found = self.engines()
        for engine in found:
            with suppress(psutil.NoSuchProcess):
                engine.suspend()
        return bool(found)

    def let_engines_go_on(self) -> None:
        """Ends what `hold_engines` began."""
        for engine in self.engines():
            with suppress(psutil.NoSuchProcess):
                engine.resume()

    def interrupt(self) -> None:
        """Ctrl-C."""
        if sys.platform == "win32":
            self.process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            self.process.send_signal(signal.SIGINT)

    def kill_all(self) -> None:
        """Ends it and what it started, at once."""
        children = self.seen_children | self.children()
        self.process.kill()
        self.process.wait()
        for child in children:
            if child.is_running():
                child.kill()
        psutil.wait_procs(children, timeout=PATIENCE_SECONDS)

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        return ask(self.url + path, method, body, headers)

    def get(self, path: str) -> Any:
        """The JSON of a request that succeeds."""
        answer = self.ask(path)
        assert answer.status == 200, answer
        return answer.json

    def add(self, *paths: Path, **options: Any) -> str:
        """Adds paths of this PC as books; the id of the first."""
        body = {"paths": [str(path) for path in paths], "options": {"beam_size": 1, **options}}
        answer = self.ask("/books", "POST", body)
        assert answer.status == 201, answer
        return str(answer.json["books"][0]["book_id"])

    def upload(self, *files: tuple[str, bytes], **fields: str) -> Answer:
        body, kind = multipart(files, {"beam_size": "1", **fields})
        return ask(self.url + "/upload", "POST", body, {"Content-Type": kind})

    def begin_upload(self, *headers: str) -> socket.socket:
        """A connection on which the head of an upload was sent."""
        host, port = self.url.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)
        connection.sendall("\r\n".join(["POST /upload HTTP/1.1", f"Host: {host}:{port}", *headers, "", ""]).encode())
        return connection

    def wait_for_book(
        self, book_id: str, state: str = "done", seconds: float = PATIENCE_SECONDS, *, pause_seconds: float = 0.1
    ) -> dict[str, Any]:
        """Returns the book once it is in that state."""

        def view() -> dict[str, Any] | None:
            book: dict[str, Any] = self.get(f"/books/{book_id}")
            assert state == "failed" or book["state"] != "failed", book
            return book if book["state"] == state else None

        found: dict[str, Any] = eventually(view, f"book {book_id} {state}", seconds, pause_seconds=pause_seconds)
        return found

    def wait_until_read(self, book_id: str) -> dict[str, Any]:
        def view() -> dict[str, Any] | None:
            book: dict[str, Any] = self.get(f"/books/{book_id}")
            assert book["state"] != "failed", book
            return book if book["read_whole"] else None

        found: dict[str, Any] = eventually(view, f"book {book_id} read")
        return found
