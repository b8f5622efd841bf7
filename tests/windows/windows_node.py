"""A node that runs on a Windows of Wine, and what it is asked over HTTP."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from swarmstt.page_address import PageAddress
from tests.e2e.support.home import model_folder
from tests.e2e.support.http_client import Answer, ask
from tests.e2e.support.waiting import eventually
from tests.windows.bench_of_wine import PYTHON, Bench, kill_hard

PATIENCE_SECONDS = 400.0
"""To begin took 60 s on two cores that twenty others wanted."""


class WindowsNode:
    def __init__(self, bench: Bench, process: subprocess.Popen[bytes], out: Path) -> None:
        self.process = process
        self._bench = bench
        self._out = out
        line = eventually(lambda: self._line("Page:"), "the page's address", PATIENCE_SECONDS, explain=lambda: self.out)
        eventually(lambda: self._line("Transcripts:"), "that it is up", PATIENCE_SECONDS, explain=lambda: self.out)
        self.address = PageAddress.parse(line.split()[1])

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    def _line(self, begin: str) -> str | None:
        assert self.process.poll() is None, self.out
        return next((each for each in self.out.splitlines() if each.startswith(begin)), None)

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        sent = {**self.address.headers, **headers}
        return self._bench.inside(lambda: ask(self.address.base + path, method, body, sent))

    def get(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status == 200, answer
        return answer.json

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.ask(path, "POST", {} if body is None else body)
        assert answer.status < 300, answer
        return answer.json

    def add(self, path: str, **options: Any) -> str:
        """Adds a file by its path on Windows; the book's id."""
        return str(self.post("/books", {"paths": [path], "options": options})["books"][0]["book_id"])

    def until_done(self, book_id: str) -> dict[str, Any]:
        def view() -> dict[str, Any] | None:
            book: dict[str, Any] = self.get(f"/books/{book_id}")
            assert book["state"] != "failed", book
            return book if book["state"] == "done" else None

        found: dict[str, Any] = eventually(view, f"book {book_id}", PATIENCE_SECONDS, explain=lambda: self.out)
        return found

    def parts_done(self, book_id: str) -> list[str]:
        """Who did each part that is done."""
        tasks = self.get("/tasks")
        return [each["worker_name"] for each in tasks if each["status"] == "completed" and each["book_id"] == book_id]

    def kill(self) -> None:
        kill_hard(self.process)


@contextmanager
def up(
    bench: Bench,
    data_dir: Path,
    *arguments: str | Path,
    drop: Path | None = None,
    program: Sequence[str | Path] = (PYTHON, "-m", "swarmstt"),
) -> Iterator[WindowsNode]:
    """A node, up and answering, with tiny.en; it has ended when the context is left."""
    options: list[str | Path] = ["--data_dir", data_dir, "--drop_folder", drop or data_dir.with_name("drop")]
    options += ["--port", "0", "--model", model_folder(), "--slots", "1", *arguments]
    folder = Path(tempfile.mkdtemp(prefix="said-"))
    out = folder / "out"
    with out.open("wb") as file:
        process = subprocess.Popen(
            bench.command(*program, "up", *options),
            env=bench.environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield WindowsNode(bench, process, out)
    finally:
        if process.poll() is None:
            kill_hard(process)
        shutil.rmtree(folder)
