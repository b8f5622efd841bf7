"""A guest's end of the worker rows: what it says to the node whose invitation it has."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import aiohttp

from swarmstt.core.plain import PlainError, from_plain
from swarmstt.core.transcript import ChunkTranscript, DecodeOptions
from swarmstt.errors import LocalError, UsageError

MOST_AUDIO_BYTES = 60 * 2**20
"""The FLAC of the largest chunk that may be asked for (half an hour) at its worst."""
_MOST_ANSWER_BYTES = 2**20
_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=30)
_NETWORK_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
_URL = re.compile(r"https?://[^/\s]+(/\S*)?/join/[\w-]{20,}/?")


# Newer versions of aiohttp have a parameter there, older ones have none.
WorkerSocket: TypeAlias = "aiohttp.ClientWebSocketResponse[bool]"


class NoInvitationError(LocalError):
    """The invitation is not valid (any more); ask for a new one: `swarmstt invite` makes it."""


class HostAwayError(LocalError):
    """The node that gave the invitation does not answer."""


class RefusedError(LocalError):
    """The node did not take that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A chunk to decode, as `/tasks/next` tells it."""

    id: str
    chunk_path: str
    original_filename: str
    sample_count: int
    model: str
    model_hash: str
    language: str
    task: str = "transcribe"
    prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5

    @property
    def options(self) -> DecodeOptions:
        return DecodeOptions(
            language=self.language,
            task=self.task,
            initial_prompt=self.prompt,
            hotwords=self.hotwords,
            beam_size=self.beam_size,
        )


def checked_url(url: str) -> str:
    """The invitation's URL without a slash at its end; UsageError for what is none."""
    if not _URL.fullmatch(url):
        raise UsageError(f"{url[:200]!r} is no invitation; one looks like http://192.168.1.5:8000/join/TOKEN.")
    return url.rstrip("/")


class GuestClient:
    """Asks a node as one of its guests. HostAwayError where none answers, NoInvitationError where it has no such
    invitation (any more)."""

    def __init__(self, session: aiohttp.ClientSession, url: str, worker_id: str) -> None:
        self._session = session
        self._url = url
        self._worker_id = worker_id

    async def register(self, hostname: str, slots: int) -> None:
        body = {"worker_id": self._worker_id, "hostname": hostname, "slots": slots, "heartbeats": True}
        await self._ask("POST", "/workers/register", body, needs_invitation=True)

    async def next_task(self) -> Task | None:
        answer = await self._ask("GET", "/tasks/next", None, needs_invitation=True)
        if answer.get("task") is None:
            return None
        try:
            return from_plain(Task, answer["task"])
        except PlainError as error:
            raise LocalError(f"That node speaks otherwise ({error.message}); update swarmstt on both PCs.") from error

    async def audio(self, task: Task) -> bytes:
        """The chunk's FLAC; RefusedError where it is needed no more."""
        name = task.chunk_path.rpartition("/")[2]
        try:
            async with self._session.get(f"{self._url}/chunks/{name}", timeout=_TIMEOUT) as response:
                await _check(response, needs_invitation=False)
                return await _read(response, MOST_AUDIO_BYTES)
        except _NETWORK_ERRORS as error:
            raise HostAwayError(_away(error)) from error

    async def complete(self, task: Task, transcript: ChunkTranscript, processing_seconds: float) -> None:
        segments = [
            {
                "start": each.start,
                "end": each.end,
                "text": each.text,
                "words": [
                    {"start": word.start, "end": word.end, "word": word.text, "probability": word.probability}
                    for word in each.words
                ],
            }
            for each in transcript.segments
        ]
        whole = {"language": transcript.language, "duration": transcript.duration, "segments": segments}
        body = {"task_id": task.id, "transcript": whole, "processing_time": processing_seconds}
        await self._ask("POST", "/tasks/complete", {**body, "worker_id": self._worker_id})

    async def hand_back(self, task: Task, error: str | None = None) -> None:
        more = {} if error is None else {"error": error}
        await self._ask("POST", "/tasks/return", {"task_id": task.id, "worker_id": self._worker_id, **more})

    async def heartbeat(self) -> None:
        await self._ask("POST", f"/workers/{self._worker_id}/heartbeat", None)

    async def open_socket(self) -> WorkerSocket:
        try:
            return await self._session.ws_connect(f"{self._url}/ws/worker/{self._worker_id}", heartbeat=20)
        except _NETWORK_ERRORS as error:
            raise HostAwayError(_away(error)) from error

    async def _ask(self, method: str, path: str, body: Any, *, needs_invitation: bool = False) -> dict[str, Any]:
        query = {"worker_id": self._worker_id} if method == "GET" else None
        try:
            async with self._session.request(
                method, self._url + path, params=query, json=body, timeout=_TIMEOUT, allow_redirects=method == "GET"
            ) as response:
                await _check(response, needs_invitation=needs_invitation)
                return _answer_of(await _read(response, _MOST_ANSWER_BYTES))
        except _NETWORK_ERRORS as error:
            raise HostAwayError(_away(error)) from error


def _answer_of(body: bytes) -> dict[str, Any]:
    """What a node answered; LocalError for what no node answers."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LocalError("What answers there is no swarmstt node; check the invitation's address.") from error
    return answer if isinstance(answer, dict) else {}


async def _check(response: aiohttp.ClientResponse, *, needs_invitation: bool) -> None:
    """Returns for a request that succeeded. `needs_invitation`: there is nothing else that could be missing."""
    if response.status < 300:
        return
    if response.status < 400:
        raise LocalError(f"The address leads elsewhere ({response.headers.get('Location', '')[:200]}); use that one.")
    if response.status in (401, 403) or (response.status == 404 and needs_invitation):
        raise NoInvitationError
    if response.status == 429 or response.status >= 500:
        raise HostAwayError(f"The node cannot answer now (status {response.status}).")
    raise RefusedError(f"The node refused that (status {response.status}).")


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body, if it is not larger than what makes sense."""
    body = bytearray()
    async for block in response.content.iter_any():
        body += block
        if len(body) > most_bytes:
            raise LocalError("That node sends more than makes sense; check the invitation's address.")
    return bytes(body)


def _away(error: Exception) -> str:
    return f"The node that gave the invitation does not answer ({error or type(error).__name__})."
