"""A guest's end of the worker rows: what it says to the node whose invitation it has."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import aiohttp

from swarmstt.bodies import parse_json
from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import LocalError
from swarmstt.node.guests.invitation_url import InvitationUrl
from swarmstt.node.guests.task_options import options_of_task
from swarmstt.options import DecodeOptions

MOST_AUDIO_BYTES = 60 * 2**20
"""The FLAC of the largest chunk that may be asked for (half an hour) at its worst."""
_MOST_ANSWER_BYTES = 2**20
_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=30)
_NETWORK_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


# Newer versions of aiohttp have a parameter there, older ones have none.
WorkerSocket: TypeAlias = "aiohttp.ClientWebSocketResponse[bool]"


class NoInvitationError(LocalError):
    """The invitation is not valid (any more); ask for a new one: `swarmstt invite` makes it."""


class ExpiredInvitationError(NoInvitationError):
    """The invitation has expired; ask for a new one: `swarmstt invite` makes it."""


class HostAwayError(LocalError):
    """The node that gave the invitation does not answer."""


class WrongHostError(HostAwayError):
    """Another PC answers there; it was sent nothing."""


class CopiedError(LocalError):
    """Another PC helps there with the id of this one, as after its data folder was copied."""


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
    options: DecodeOptions
    tries: int = 0

    def job(self, audio: bytes) -> ChunkJob:
        """The chunk as engines take it, with its FLAC."""
        return ChunkJob(
            title=self.original_filename,
            sample_count=self.sample_count,
            model=self.model,
            model_hash=self.model_hash,
            options=self.options,
            audio=audio,
            tries=self.tries,
        )


def task_of(thing: Any) -> Task:
    """Reads a task as `/tasks/next` sends it; PlainError if it has another shape."""
    fields = from_plain(dict[str, Any], thing)
    return from_plain(Task, {**fields, "options": to_plain(options_of_task(fields))})


class GuestClient:
    """Asks a node as one of its guests, in a session of `guest_session`. HostAwayError if none answers, WrongHostError
    if another does than the one that made the invitation, NoInvitationError if it has no such invitation (any more).
    `copied` is called when another PC came with the same id, and has taken another one."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        invitation: InvitationUrl,
        worker_id: str,
        *,
        copied: Callable[[], None] = lambda: None,
    ) -> None:
        self._session = session
        self._invitation = invitation
        self._url = invitation.url
        self._worker_id = worker_id
        self._copied = copied
        self._run = secrets.token_hex(8)

    async def register(self, hostname: str, slots: int) -> None:
        body = {"worker_id": self._worker_id, "run": self._run, "hostname": hostname, "slots": slots}
        await self._ask("POST", "/workers/register", {**body, "heartbeats": True}, needs_invitation=True)

    async def next_task(self) -> Task | None:
        """Returns a chunk, if there is one; CopiedError if another PC began after this one with its id."""
        answer = await self._ask("GET", "/tasks/next", None, needs_invitation=True)
        if answer.get("copied") == "this one":
            raise CopiedError
        if answer.get("copied") is not None:
            self._copied()
        if answer.get("task") is None:
            return None
        try:
            return task_of(answer["task"])
        except PlainError as error:
            raise LocalError(
                f"That PC runs an incompatible version ({error.message}). Update swarmstt on both PCs."
            ) from error

    async def audio(self, task: Task) -> bytes:
        """The chunk's FLAC; RefusedError if it is no longer needed."""
        name = task.chunk_path.rpartition("/")[2]
        try:
            async with self._session.get(
                f"{self._url}/chunks/{name}", timeout=_TIMEOUT, allow_redirects=self._follows
            ) as response:
                await _check(response, needs_invitation=False)
                return await _read(response, MOST_AUDIO_BYTES)
        except _NETWORK_ERRORS as error:
            raise self._away(error) from error

    async def complete(self, task: Task, result: ChunkResult) -> None:
        transcript = result.transcript
        segments = [
            {
                "start": each.start,
                "end": each.end,
                "text": each.text,
                "words": [
                    {
                        "start": word.start,
                        "end": word.end,
                        "word": word.text,
                        "probability": word.probability,
                        "tokens": word.tokens,
                    }
                    for word in each.words
                ],
            }
            for each in transcript.segments
        ]
        made = result.provenance
        heard = {"language": transcript.language, "duration": transcript.duration, "segments": segments}
        heard["wordless"] = to_plain(transcript.wordless)
        heard["windows"] = to_plain(transcript.windows)
        whole = {**heard, "engine": made.engine}
        body = {"task_id": task.id, "transcript": whole, "processing_time": made.processing_seconds}
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
            raise self._away(error) from error

    async def _ask(self, method: str, path: str, body: Any, *, needs_invitation: bool = False) -> dict[str, Any]:
        query = {"worker_id": self._worker_id, "run": self._run} if method == "GET" else None
        try:
            async with self._session.request(
                method,
                self._url + path,
                params=query,
                json=body,
                timeout=_TIMEOUT,
                allow_redirects=method == "GET" and self._follows,
            ) as response:
                await _check(response, needs_invitation=needs_invitation)
                return _answer_of(await _read(response, _MOST_ANSWER_BYTES))
        except _NETWORK_ERRORS as error:
            raise self._away(error) from error

    @property
    def _follows(self) -> bool:
        """A node whose certificate is pinned sends nobody elsewhere."""
        return self._invitation.fingerprint is None

    def _away(self, error: Exception) -> HostAwayError:
        """Returns what to say of a connection that failed."""
        place = self._invitation.place
        if isinstance(error, aiohttp.ServerFingerprintMismatch):
            return WrongHostError(
                f"Another PC answers at {place} than the one that made this invitation; it was sent nothing. "
                "Check the address, or ask for a new invitation."
            )
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return WrongHostError(
                f"The certificate of {place} cannot be checked; nothing was sent to it. Copy the whole address that "
                "`swarmstt invite` printed, or ask for a new invitation."
            )
        return HostAwayError(f"The PC that gave the invitation does not answer ({error or type(error).__name__}).")


@asynccontextmanager
async def guest_session(invitation: InvitationUrl) -> AsyncIterator[aiohttp.ClientSession]:
    """Opens a session in which the invitation's token, sound and text go only to the node that made it, if its address
    says which certificate that has."""
    pinned = invitation.fingerprint
    connector = aiohttp.TCPConnector(ssl=True if pinned is None else aiohttp.Fingerprint(pinned))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def _answer_of(body: bytes) -> dict[str, Any]:
    """What a node answered; LocalError for what no node answers."""
    try:
        answer = parse_json(body)
    except PlainError as error:
        raise LocalError("What answers there is not swarmstt; check the invitation's address.") from error
    return answer if isinstance(answer, dict) else {}


async def _check(response: aiohttp.ClientResponse, *, needs_invitation: bool) -> None:
    """Returns for a request that succeeded. `needs_invitation`: there is nothing else that could be missing."""
    if response.status < 300:
        return
    if response.status < 400:
        raise LocalError(f"The address leads elsewhere ({response.headers.get('Location', '')[:200]}); use that one.")
    if response.status == 410:
        raise ExpiredInvitationError
    if response.status in (401, 403) or (response.status == 404 and needs_invitation):
        raise NoInvitationError
    if response.status in (408, 429) or response.status >= 500:
        raise HostAwayError(f"That PC cannot answer now (status {response.status}).")
    raise RefusedError(f"That PC refused that (status {response.status}).")


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body, if it is not larger than what makes sense."""
    body = bytearray()
    async for block in response.content.iter_any():
        body += block
        if len(body) > most_bytes:
            raise LocalError("That PC sends more than it should; check the invitation's address.")
    return bytes(body)
