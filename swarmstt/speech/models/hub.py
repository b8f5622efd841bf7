"""The model hub over plain HTTPS: which files a model has, and one file after another, resumed if it broke off.

It needs no account and stores nothing of its own, so it works behind a proxy (the usual environment variables) and
without links between files, which not every Windows can make.

huggingface_hub is not used: as of 2.4 it keeps nothing of a download that breaks off or is cancelled, so a model of
3 GB begins again; it reports its progress every 10 MiB; and without a network it tries a file again for 24 s.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from swarmstt.errors import ModelError

REACH_SECONDS = 8.0
"""A hub that has not answered by then counts as unreachable, whether names, routes or the hub itself are at fault."""

_BLOCK_BYTES = 2**18
_ATTEMPTS = 5
_ANSWER_LIMIT_BYTES = 4 * 2**20


class HubUnreachableError(ModelError):
    """The model hub cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """One file of a model; `sha256` is None if the hub does not state it."""

    name: str
    size_bytes: int
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HubListing:
    revision: str
    files: tuple[HubFile, ...]


class Hub(Protocol):
    """Where models come from. Errors: HubUnreachableError, or ModelError if it has no such model."""

    def list_files(self, repository: str) -> HubListing: ...

    def download(
        self, repository: str, revision: str, file: HubFile, target: Path, on_bytes: Callable[[int], None]
    ) -> None:
        """Write the file to `target`, from where an earlier attempt left it, and report the size so far."""


class HuggingFaceHub:
    """huggingface.co, or the mirror that HF_ENDPOINT names. HF_HUB_OFFLINE keeps it from being asked."""

    def __init__(self, endpoint: str | None = None, *, reach_seconds: float = REACH_SECONDS) -> None:
        self._endpoint = endpoint
        self._reach_seconds = reach_seconds

    def list_files(self, repository: str) -> HubListing:
        url = f"{self._base()}/api/models/{quote(repository)}?blobs=true"
        answer = _within(self._reach_seconds, lambda: self._get_json(url, repository))
        return _listing(answer, repository)

    def download(
        self, repository: str, revision: str, file: HubFile, target: Path, on_bytes: Callable[[int], None]
    ) -> None:
        url = f"{self._base()}/{quote(repository)}/resolve/{quote(revision)}/{quote(file.name)}"
        for attempt in range(1, _ATTEMPTS + 1):
            before = target.stat().st_size if target.exists() else 0
            try:
                self._append(url, file, target, on_bytes)
            except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
                arrived = target.stat().st_size if target.exists() else 0
                if attempt == _ATTEMPTS or (attempt > 1 and arrived <= before):
                    raise HubUnreachableError(f"The download of {file.name} broke off ({_reason(error)}).") from error
            else:
                return

    def _base(self) -> str:
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
            raise HubUnreachableError("HF_HUB_OFFLINE forbids it")
        return (self._endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")

    def _get_json(self, url: str, repository: str) -> Any:
        try:
            with self._open(url) as response:
                return json.loads(response.read(_ANSWER_LIMIT_BYTES))
        except urllib.error.HTTPError as error:
            if error.code in {401, 403, 404}:
                raise ModelError(f"The model hub has no public model {repository}.") from error
            raise HubUnreachableError(f"it answers with status {error.code}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise HubUnreachableError(_reason(error)) from error

    def _append(self, url: str, file: HubFile, target: Path, on_bytes: Callable[[int], None]) -> None:
        """Load what is missing in `target`; a server that ignores ranges starts the file again."""
        done = target.stat().st_size if target.exists() else 0
        if done > file.size_bytes:
            target.unlink()
            done = 0
        if done == file.size_bytes and target.exists():
            on_bytes(done)
            return
        with self._open(url, {"Range": f"bytes={done}-"} if done else {}) as response:
            if response.status != 206:
                done = 0
            with target.open("ab" if done else "wb") as output:
                while block := response.read(_BLOCK_BYTES):
                    output.write(block)
                    done += len(block)
                    on_bytes(done)
        if done != file.size_bytes:
            raise ConnectionError(f"{done} of {file.size_bytes} bytes came")

    def _open(self, url: str, headers: dict[str, str] | None = None) -> Any:
        if not url.startswith(("https://", "http://")):
            raise HubUnreachableError(f"HF_ENDPOINT is not a web address: {url}")
        request = urllib.request.Request(url, headers={"User-Agent": "swarmstt", **(headers or {})})  # noqa: S310
        try:
            return urllib.request.urlopen(request, timeout=self._reach_seconds, context=_tls_context())  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            raise


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    # Some Pythons on macOS come without certificates; certifi brings some, if other programs of this Python want it.
    if importlib.util.find_spec("certifi") is not None:
        context.load_verify_locations(importlib.import_module("certifi").where())
    return context


def _within(seconds: float, ask: Callable[[], Any]) -> Any:
    """Return or raise what `ask` does; HubUnreachableError after so long, since name lookups have no time limit."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((ask(), None))
        except ModelError as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, name="model-hub", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise HubUnreachableError("it does not answer")
    answer, error = outcome[0]
    if error is not None:
        raise error
    return answer


def _listing(answer: Any, repository: str) -> HubListing:
    try:
        files = tuple(
            HubFile(
                name=entry["rfilename"],
                size_bytes=int(entry["size"]),
                sha256=(entry.get("lfs") or {}).get("sha256"),
            )
            for entry in answer["siblings"]
        )
        return HubListing(revision=str(answer["sha"]), files=files)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HubUnreachableError(f"its answer about {repository} makes no sense") from error


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror  # without its number, which tells a person nothing
    return str(cause) or type(cause).__name__
