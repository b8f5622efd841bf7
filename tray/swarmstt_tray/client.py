"""Asks the node on this PC over its HTTP API. Blocking: called from the tray's own threads."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from swarmstt.errors import LocalError, NoNodeError
from swarmstt.page_address import PageAddress

TIMEOUT_SECONDS = 10.0


def running_url(data_dir: Path) -> str | None:
    """Returns where the node that uses this data folder says that its page is; None if it says nothing. The node may
    have died since."""
    try:
        return str(json.loads((data_dir / "running.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def call(url: str, method: str, path: str, body: Any = None) -> Any:
    """Returns the JSON of the answer. NoNodeError if nobody answers, LocalError with its sentence if it refuses."""
    address = PageAddress.parse(url)
    parts = urlsplit(address.base)
    content = None if body is None else json.dumps(body).encode()
    headers = {**address.headers, **({} if content is None else {"Content-Type": "application/json"})}
    try:
        # No proxy is asked, whatever the environment says: the node is on this PC.
        with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)) as link:
            link.request(method, path, content, headers)
            response = link.getresponse()
            status, answer = response.status, json.loads(response.read() or b"null")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoNodeError(f"Can't reach swarmstt ({error}).") from error
    if status >= 400:
        sentence = answer.get("error") if isinstance(answer, dict) else None
        raise LocalError(sentence or f"swarmstt answered {status}.")
    return answer
