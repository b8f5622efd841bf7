"""A plain client of the HTTP API, without an event loop."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.support.waiting import PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The sentence of an error; fails where the answer is none of the promised form."""
        assert self.status >= 400, self
        sentence: str = self.json["error"]
        assert sentence
        assert "\n" not in sentence
        return sentence


def ask(
    url: str,
    method: str = "GET",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float = PATIENCE_SECONDS,
) -> Answer:
    """One request on a connection of its own, on which nothing may be heard for so long. A body that is not bytes goes
    as JSON."""
    parts = urlsplit(url)
    assert parts.hostname
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)) as connection:
        connection.request(method, target, body, sent)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())


def multipart(files: Sequence[tuple[str, bytes]], fields: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """The body of an upload and its content type."""
    mark = "----the-edge-of-a-part"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (fields or {}).items()
    ]
    for name, content in files:
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"
