"""The table of HTTP rows that is promised: each answers as it should, in JSON and in msgpack, and so do its errors."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from tests.unit.web.conftest import Client
from tests.unit.web.fake_node import FakeNode, book, task

MSGPACK = {"Accept": "application/msgpack"}
RESULT = {
    "task_id": "1-00000",
    "worker_id": "w",
    "transcript": {"language": "en", "duration": 9.5, "segments": [{"start": 0, "end": 2.5, "text": "Hello."}]},
    "processing_time": 3,
}
Row = tuple[str, str, Any, set[str]]

ROWS: list[Row] = [
    ("GET", "/status", None, {"node", "books", "tasks", "workers", "peers", "version"}),
    ("GET", "/tasks/next?worker_id=w", None, {"task"}),
    ("POST", "/tasks/complete", RESULT, {"status"}),
    ("POST", "/workers/register", {"worker_id": "w", "hostname": "h"}, {"status"}),
    ("POST", "/workers/w/heartbeat", None, {"status"}),
    ("GET", "/results/2", None, {"full_text"}),
    ("GET", "/books/1", None, {"book_id", "filename"}),
    ("POST", "/books/1/pause", None, {"status"}),
    ("POST", "/books/1/resume", None, {"status"}),
    ("POST", "/books/1/retry", None, {"status"}),
    ("DELETE", "/books/1", None, {"status"}),
]
"""Method, path, body, and what is in the answer. The page, audio and sockets have tests of their own."""

MISTAKES: list[tuple[str, str, Any, int]] = [
    ("GET", "/nothing", None, 404),
    ("DELETE", "/status", None, 405),
    ("GET", "/tasks?book_id=none", None, 404),
    ("GET", "/tasks/next", None, 400),
    ("POST", "/tasks/complete", {"task_id": "1-00000"}, 400),
    ("POST", "/workers/register", {}, 400),
    ("GET", "/chunks/none.flac", None, 404),
    ("GET", "/results/none", None, 404),
    ("GET", "/results/1", None, 409),
    ("GET", "/results/2?format=exe", None, 400),
    ("GET", "/books/none", None, 404),
    ("DELETE", "/books/none", None, 404),
    ("POST", "/books/none/pause", None, 404),
    ("POST", "/books/none/resume", None, 404),
    ("POST", "/books/none/retry", None, 404),
    ("POST", "/upload", {}, 400),
]


@pytest.fixture(autouse=True)
def known(node: FakeNode) -> None:
    """An unfinished book with a chunk, and a finished one."""
    node.known_books["1"] = book("1")
    node.known_books["2"] = book("2", state="done")
    node.known_tasks["1-00000"] = task("1", 0)
    (node.folder / "The Time Machine.json").write_text('{"full_text": "So."}', encoding="utf-8")


@pytest.mark.parametrize(("method", "path", "body", "fields"), ROWS)
@pytest.mark.parametrize("packed", [False, True])
async def test_each_row(client: Client, method: str, path: str, body: Any, fields: set[str], packed: bool) -> None:
    answer = await client.request(method, path, json=body, headers=MSGPACK if packed else {})
    assert answer.status == 200, await answer.text()
    assert answer.content_type == ("application/msgpack" if packed else "application/json")
    content = msgpack.unpackb(await answer.read()) if packed else await answer.json()
    assert fields <= set(content)


@pytest.mark.parametrize("packed", [False, True])
async def test_the_row_of_all_chunks(client: Client, packed: bool) -> None:
    answer = await client.get("/tasks", headers=MSGPACK if packed else {})
    [row] = msgpack.unpackb(await answer.read()) if packed else await answer.json()
    promised = "id book_id chunk_id status worker_id start_time end_time original_filename processing_time"
    assert set(promised.split()) <= set(row)


@pytest.mark.parametrize(("method", "path", "body", "status"), MISTAKES)
@pytest.mark.parametrize("packed", [False, True])
async def test_each_error_is_a_sentence(
    client: Client, method: str, path: str, body: Any, status: int, packed: bool
) -> None:
    answer = await client.request(method, path, json=body, headers=MSGPACK if packed else {})
    assert answer.status == status, await answer.text()
    content = msgpack.unpackb(await answer.read()) if packed else await answer.json()
    assert isinstance(content["error"], str)
    assert len(content["error"]) > 10
