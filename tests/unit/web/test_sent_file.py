"""A file that is sent: as it is, in ranges, read by threads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from swarmstt.web.sent_file import SentFile

CONTENT = bytes(range(256)) * 4000


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({}, 200, CONTENT),
        ({"Range": "bytes=10-19"}, 206, CONTENT[10:20]),
        ({"Accept-Encoding": "gzip"}, 200, CONTENT),
    ],
)
async def test_a_file_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], status: int, body: bytes
) -> None:
    def never(*arguments: Any) -> int:
        raise AssertionError("The loop waits for the disk.")

    monkeypatch.setattr(os, "sendfile", never, raising=False)
    (tmp_path / "a.json").write_bytes(CONTENT)
    (tmp_path / "a.json.gz").write_bytes(b"another")

    async def send(request: web.Request) -> web.StreamResponse:
        return SentFile(tmp_path / "a.json")

    app = web.Application()
    app.router.add_get("/", send)
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        answer = await client.get("/", headers=headers)
        assert (answer.status, await answer.read()) == (status, body)
