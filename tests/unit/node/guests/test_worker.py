"""`swarmstt help`, against the real application for guests, with an engine that only pretends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript, Segment
from swarmstt.core.work import ChunkJob, ChunkResult
from swarmstt.errors import EngineError, ModelError, NotLoadedError, UsageError
from swarmstt.ids import NodeId
from swarmstt.node.engines.load_retries import LoadRetries
from swarmstt.node.guests.client import (
    ExpiredInvitationError,
    GuestClient,
    HostAwayError,
    NoInvitationError,
    WrongHostError,
    guest_session,
)
from swarmstt.node.guests.invitation_url import InvitationUrl, new_token, parse_invitation
from swarmstt.node.guests.worker import GuestWorker
from swarmstt.swarm.trust.identity import load_identity
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import build_guest_app
from tests.support.waiting import eventually, settled
from tests.unit.web.fake_invitations import TOKEN, FakeInvitations, FakeInvited

TASK: dict[str, Any] = {
    "id": "b-00000",
    "chunk_path": "chunks/b-00000.flac",
    "original_filename": "audiobook.mp3",
    "sample_count": 16000,
    "model": "base",
    "model_hash": "hash-of-base",
    "language": "en",
    "hotwords": "Weena",
}


NEVER = 1e6


class FakeEngines:
    """Implements GuestEngines; has the model `base`, or gets it."""

    def __init__(self) -> None:
        self.model_hashes: frozenset[str] = frozenset()
        self.load_retries = LoadRetries(first_seconds=NEVER, longest_seconds=NEVER)
        self.here = ["hash-of-base"]
        self.decoded: list[ChunkJob] = []
        self.raises: Exception | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.slot_count = 1

    async def look_around(self, preferred: str) -> list[str]:
        self.model_hashes = frozenset(self.here)
        return self.here

    async def obtain(self, name: str, progress: Callable[[int, int], None]) -> str:
        return f"hash-of-{name}"

    def slots(self, model_hashes: frozenset[str]) -> int:
        return self.slot_count

    async def decode(self, job: ChunkJob, on_progress: Callable[[float], None]) -> ChunkResult:
        self.decoded.append(job)
        on_progress(0.5)
        await self.may_end.wait()
        if self.raises is not None:
            raise self.raises
        segments = (Segment(start=0.0, end=1.0, text="Hello."),)
        provenance = Provenance(
            helper_name="w",
            model="base",
            device="cpu",
            compute_type="int8",
            processing_seconds=0.5,
            engine="ctranslate2 4.8.5",
        )
        transcript = ChunkTranscript(language="en", duration=1.0, segments=segments)
        return ChunkResult(transcript=transcript, provenance=provenance)


class Host(FakeInvited):
    """A node with one chunk, until it is delivered or handed back."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.task: dict[str, Any] | None = TASK
        self.ended = asyncio.Event()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.away = 0

    def _called(self, *call: Any) -> None:
        super()._called(*call)
        if call[0] in ("complete", "return_task"):
            if self.away:
                self.away -= 1
                raise RuntimeError("The disk is full.")
            self.ended.set()

    async def next_task(self, worker_id: str) -> Any:
        task, self.task = self.task, None
        self.asked.set()
        await self.may_answer.wait()
        return task

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [call for call in self.calls if call[0] == name]


@pytest.fixture
def engines() -> FakeEngines:
    return FakeEngines()


@pytest.fixture
def invitations(tmp_path: Path) -> FakeInvitations:
    (tmp_path / "b-00000.flac").write_bytes(b"fLaC")
    made = FakeInvitations(tmp_path)
    made.rows = Host(tmp_path)
    return made


@pytest.fixture
def host(invitations: FakeInvitations) -> Host:
    assert isinstance(invitations.rows, Host)
    return invitations.rows


@pytest.fixture
async def worker(invitations: FakeInvitations, engines: FakeEngines) -> AsyncIterator[GuestWorker]:
    async with guest(invitations, engines) as made:
        yield made


@asynccontextmanager
async def guest(
    invitations: FakeInvitations, engines: FakeEngines, for_seconds: float | None = None
) -> AsyncIterator[GuestWorker]:
    async with TestServer(build_guest_app(Admissions(invitations))) as server, aiohttp.ClientSession() as session:
        yield GuestWorker(
            GuestClient(session, parse_invitation(str(server.make_url(f"/join/{TOKEN}"))), "w"),
            engines,
            name="Anna",
            preferred="base",
            say=lambda text: None,
            for_seconds=for_seconds,
            ask_seconds=0.01,
            beat_seconds=0.01,
            most_pause_seconds=0.0,
        )


async def run_until(worker: GuestWorker, happened: Coroutine[Any, Any, object]) -> None:
    """Runs the worker until then, and interrupts it."""
    running = asyncio.ensure_future(worker.run())
    waiting = asyncio.ensure_future(happened)
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_it_decodes_and_delivers(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    await run_until(worker, host.ended.wait())
    ((_, task_id, name, transcript, seconds),) = host.named("complete")
    assert (task_id, name, transcript.segments[0].text, seconds) == ("b-00000", "w", "Hello.", 0.5)
    assert transcript.engine == "ctranslate2 4.8.5"
    assert host.named("register") == [("register", "w", "Anna")]
    assert host.named("promise_heartbeats")
    (job,) = engines.decoded
    assert (job.audio, job.model_hash, job.sample_count) == (b"fLaC", "hash-of-base", 16000)
    assert (job.options.language, job.options.hotwords) == ("en", "Weena")


async def test_it_delivers_again_until_it_is_heard(worker: GuestWorker, host: Host) -> None:
    host.away = 2
    await run_until(worker, host.ended.wait())
    assert len(host.named("complete")) == 3


async def test_ctrl_c_hands_back(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    engines.may_end.clear()
    await run_until(worker, eventually(lambda: engines.decoded))
    assert host.named("return_task") == [("return_task", "b-00000", "w", None)]
    assert host.named("complete") == []


async def test_when_its_time_is_over_it_hands_back(
    invitations: FakeInvitations, host: Host, engines: FakeEngines
) -> None:
    engines.may_end.clear()
    async with guest(invitations, engines, for_seconds=3600) as limited:
        running = asyncio.ensure_future(limited.run())
        await eventually(lambda: engines.decoded)
        limited._time_left.end()
        await running
    assert host.named("return_task") == [("return_task", "b-00000", "w", None)]


async def test_it_takes_nothing_more_that_it_could_not_end_in_time(
    invitations: FakeInvitations, host: Host, engines: FakeEngines
) -> None:
    async with guest(invitations, engines, for_seconds=3600) as limited:
        limited._time_left.took(4000)
        await limited.run()
    assert engines.decoded == []


async def test_what_cannot_be_decoded_is_handed_back(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    engines.raises = EngineError("No memory.")
    await run_until(worker, host.ended.wait())
    assert host.named("return_task") == [("return_task", "b-00000", "w", "No memory.")]


async def test_a_chunk_whose_model_is_not_loaded_is_handed_back_and_the_next_waits(
    worker: GuestWorker, host: Host, engines: FakeEngines
) -> None:
    engines.raises = NotLoadedError("It was killed.")

    async def load_later() -> None:
        await host.ended.wait()
        host.ended.clear()
        engines.raises, host.task = None, TASK
        await settled()
        assert len(engines.decoded) == 1
        engines.load_retries.end_all()
        await host.ended.wait()

    await run_until(worker, load_later())
    assert host.named("return_task") == [("return_task", "b-00000", "w", None)]
    assert len(host.named("complete")) == 1


async def test_what_is_wanted_no_more_is_stopped(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    engines.may_end.clear()

    async def the_slot_is_freed() -> None:
        await eventually(lambda: engines.decoded)
        host.wanted = {"b-00001"}
        host.task = {**TASK, "id": "b-00001", "chunk_path": "chunks/b-00000.flac"}
        await eventually(lambda: len(engines.decoded) == 2)

    await run_until(worker, the_slot_is_freed())
    assert ("return_task", "b-00000", "w", None) not in host.calls


async def test_a_chunk_on_its_way_is_handed_back(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    host.may_answer.clear()
    running = asyncio.ensure_future(worker.run())
    await host.asked.wait()
    running.cancel()
    await settled()
    host.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert host.named("return_task") == [("return_task", "b-00000", "w", None)]
    assert engines.decoded == []


@pytest.mark.parametrize(
    "change", [{"model": "mine", "model_hash": "other"}, {"model": "/etc", "model_hash": "x"}, {"model_hash": "other"}]
)
async def test_a_model_that_cannot_be_had_ends_it(worker: GuestWorker, host: Host, change: dict[str, str]) -> None:
    host.task = {**TASK, **change}
    with pytest.raises(ModelError):
        await worker.run()
    assert host.named("return_task") == [("return_task", "b-00000", "w", None)]


async def test_a_model_is_fetched(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    engines.here = []
    await run_until(worker, host.ended.wait())
    assert len(host.named("complete")) == 1


async def test_an_invitation_that_does_not_hold(worker: GuestWorker, invitations: FakeInvitations) -> None:
    invitations.names.clear()
    with pytest.raises(NoInvitationError):
        await worker.run()


async def test_an_invitation_that_is_taken_back(worker: GuestWorker, host: Host, invitations: FakeInvitations) -> None:
    running = asyncio.ensure_future(worker.run())
    await host.ended.wait()
    invitations.names.clear()
    with pytest.raises(NoInvitationError):
        await running


async def test_nobody_answers(engines: FakeEngines) -> None:
    async with aiohttp.ClientSession() as session:
        client = GuestClient(session, parse_invitation(f"http://127.0.0.1:9/join/{TOKEN}"), "w")
        with pytest.raises(HostAwayError):
            await GuestWorker(client, engines, name="Anna", preferred="base", say=print).run()


PINNED = new_token(NodeId("0123456789abcdef" * 4))


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "http://h:8000", "http://h:8000/join/", "ftp://h/join/" + TOKEN),
        *(f"http://h:8765/join/{PINNED}", f"https://h:8765/join/{PINNED[:-1]}", f"https://h:8765/join/{PINNED}x"),
        f"https://h:8765/join/{PINNED[:-1]}9",  # no 32 bytes end so
    ],
)
def test_what_is_no_invitation(url: str) -> None:
    with pytest.raises(UsageError):
        parse_invitation(url)


def test_invitations() -> None:
    assert parse_invitation(f"https://friends.example/join/{TOKEN}/").url == f"https://friends.example/join/{TOKEN}"
    assert parse_invitation(f"http://[fd00::2]:8000/a/join/{TOKEN}").url.endswith(TOKEN)
    pinned = parse_invitation(f"https://h:8765/join/{PINNED}/")
    assert (pinned.url, pinned.fingerprint) == (f"https://h:8765/join/{PINNED}", bytes.fromhex("0123456789abcdef" * 4))


@pytest.mark.parametrize(
    ("start", "is_read"),
    [
        *(("http://192.168.1.7:8000", True), ("http://friends.example", True), ("http://[fd00::2]:8000", True)),
        *(("http://127.0.0.1:8000", False), ("http://localhost:8000", False), ("https://friends.example", False)),
    ],
)
def test_what_others_on_the_way_can_read(start: str, is_read: bool) -> None:
    assert parse_invitation(f"{start}/join/{TOKEN}").is_read_on_the_way is is_read


class Tapped:
    """Serves guests over TLS with the certificate of an identity, and notes what comes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.identity = load_identity(folder)
        self.invitations = FakeInvitations(folder)
        self.invitations.rows.is_plain = False
        app = build_guest_app(Admissions(self.invitations))
        app.middlewares.insert(0, self._note)
        self.server = TestServer(app, scheme="https")
        self.came: list[str] = []

    @web.middleware
    async def _note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.came.append(request.path)
        return await handler(request)

    @asynccontextmanager
    async def guest(self, fingerprint: bytes | None) -> AsyncIterator[GuestClient]:
        await self.server.start_server(ssl=self.identity.server_context())
        url = InvitationUrl(url=str(self.server.make_url(f"/join/{TOKEN}")), fingerprint=fingerprint)
        try:
            async with guest_session(url) as session:
                yield GuestClient(session, url, "w")
        finally:
            await self.server.close()


@pytest.fixture
def tapped(tmp_path: Path) -> Tapped:
    return Tapped(tmp_path / "node")


async def test_a_guest_takes_only_the_certificate_that_the_address_names(tapped: Tapped) -> None:
    async with tapped.guest(bytes.fromhex(tapped.identity.node_id)) as client:
        await client.register("Anna", 1)
        await (await client.open_socket()).close()
    assert tapped.invitations.rows.calls[0] == ("register", "w", "Anna")


@pytest.mark.parametrize("fingerprint", [bytes(32), None], ids=["another's", "none"])
async def test_another_pc_gets_nothing_from_a_guest(tapped: Tapped, fingerprint: bytes | None) -> None:
    async with tapped.guest(fingerprint) as client:
        for ask in (client.register("Anna", 1), client.next_task(), client.open_socket()):
            with pytest.raises(WrongHostError, match="sent"):
                await ask
    assert tapped.came == []


async def test_an_invitation_that_has_expired(worker: GuestWorker, invitations: FakeInvitations) -> None:
    invitations.is_over = True
    with pytest.raises(ExpiredInvitationError, match="expired"):
        await worker.run()
