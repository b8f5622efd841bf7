"""`swarmstt help`, against the real application for guests, with an engine that only pretends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from swarmstt.core.books import Provenance
from swarmstt.core.transcript import ChunkTranscript, Segment
from swarmstt.errors import EngineError, ModelError, UsageError
from swarmstt.node import guest_worker
from swarmstt.node.folders import Folders
from swarmstt.node.guest_client import GuestClient, HostAwayError, NoInvitationError, checked_url
from swarmstt.node.guest_worker import GuestWorker, worker_id
from swarmstt.swarm.messages import Leased
from swarmstt.web.guest_app import Admissions, build_guest_app
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


class FakeEngines:
    """Implements GuestEngines; has the model `base`, or gets it."""

    def __init__(self) -> None:
        self.model_hashes: frozenset[str] = frozenset()
        self.here = ["hash-of-base"]
        self.decoded: list[Leased] = []
        self.raises: Exception | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def look_around(self, preferred: str) -> list[str]:
        self.model_hashes = frozenset(self.here)
        return self.here

    async def obtain(self, name: str, progress: Callable[[int, int], None]) -> str:
        return f"hash-of-{name}"

    def slots(self, model_hashes: frozenset[str]) -> int:
        return 1

    async def decode(self, leased: Leased, on_progress: Callable[[float], None]) -> tuple[ChunkTranscript, Provenance]:
        self.decoded.append(leased)
        on_progress(0.5)
        await self.may_end.wait()
        if self.raises is not None:
            raise self.raises
        segments = (Segment(start=0.0, end=1.0, text="Hello."),)
        provenance = Provenance(
            helper_name="w", model="base", device="cpu", compute_type="int8", processing_seconds=0.5
        )
        return ChunkTranscript(language="en", duration=1.0, segments=segments), provenance


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
        if call[0] in ("complete_task", "return_task"):
            if self.away:
                self.away -= 1
                raise RuntimeError("The disk is full.")
            self.ended.set()

    async def next_task(self, worker_id: str) -> dict[str, Any] | None:
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
    async with TestServer(build_guest_app(Admissions(invitations))) as server, aiohttp.ClientSession() as session:
        client = GuestClient(session, str(server.make_url(f"/join/{TOKEN}")), "w")
        yield GuestWorker(client, engines, name="Anna", preferred="base", say=lambda text: None, ask_seconds=0.01)


async def run_until(worker: GuestWorker, event: asyncio.Event) -> None:
    """Runs the worker until then, and interrupts it."""
    running = asyncio.ensure_future(worker.run())
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_it_decodes_and_delivers(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    await run_until(worker, host.ended)
    ((_, task_id, name, transcript, seconds),) = host.named("complete_task")
    assert (task_id, name, transcript.segments[0].text, seconds) == ("b-00000", "w", "Hello.", 0.5)
    assert host.named("register_guest") == [("register_guest", "w", "Anna")]
    assert host.named("promise_heartbeats")
    (leased,) = engines.decoded
    assert (leased.audio, leased.model_hash, leased.sample_count) == (b"fLaC", "hash-of-base", 16000)
    assert (leased.options.language, leased.options.hotwords) == ("en", "Weena")


async def test_it_delivers_again_until_it_is_heard(
    worker: GuestWorker, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_worker, "MOST_PAUSE_SECONDS", 0.0)
    host.away = 2
    await run_until(worker, host.ended)
    assert len(host.named("complete_task")) == 3


async def test_ctrl_c_hands_back(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    engines.may_end.clear()
    begun = asyncio.Event()

    async def notice() -> None:
        while not engines.decoded:
            await asyncio.sleep(0.005)
        begun.set()

    noticing = asyncio.ensure_future(notice())
    await run_until(worker, begun)
    await noticing
    assert host.named("return_task") == [("return_task", "b-00000", "w", None)]
    assert host.named("complete_task") == []


async def test_what_cannot_be_decoded_is_handed_back(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    engines.raises = EngineError("No memory.")
    await run_until(worker, host.ended)
    assert host.named("return_task") == [("return_task", "b-00000", "w", "No memory.")]


async def test_what_is_wanted_no_more_is_stopped(
    worker: GuestWorker, host: Host, engines: FakeEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_worker, "BEAT_SECONDS", 0.01)
    engines.may_end.clear()
    again = asyncio.Event()

    async def notice() -> None:
        while not engines.decoded:
            await asyncio.sleep(0.005)
        host.wanted = {"b-00001"}
        host.task = {**TASK, "id": "b-00001", "chunk_path": "chunks/b-00000.flac"}
        while len(engines.decoded) < 2:  # the slot was freed
            await asyncio.sleep(0.005)
        again.set()

    noticing = asyncio.ensure_future(notice())
    await run_until(worker, again)
    await noticing
    assert ("return_task", "b-00000", "w", None) not in host.calls


async def test_a_chunk_on_its_way_is_handed_back(worker: GuestWorker, host: Host, engines: FakeEngines) -> None:
    host.may_answer.clear()
    running = asyncio.ensure_future(worker.run())
    await host.asked.wait()
    running.cancel()
    await asyncio.sleep(0)
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
    await run_until(worker, host.ended)
    assert len(host.named("complete_task")) == 1


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
        client = GuestClient(session, f"http://127.0.0.1:9/join/{TOKEN}", "w")
        with pytest.raises(HostAwayError):
            await GuestWorker(client, engines, name="Anna", preferred="base", say=print).run()


@pytest.mark.parametrize("url", ["", "x", "http://h:8000", "http://h:8000/join/", "ftp://h/join/" + TOKEN])
def test_what_is_no_invitation(url: str) -> None:
    with pytest.raises(UsageError):
        checked_url(url)


def test_invitations() -> None:
    assert checked_url(f"https://friends.example/join/{TOKEN}/") == f"https://friends.example/join/{TOKEN}"
    assert checked_url(f"http://[fd00::2]:8000/a/join/{TOKEN}").endswith(TOKEN)


def test_a_pc_is_the_same_guest_each_time(tmp_path: Path) -> None:
    with worker_id(Folders(tmp_path / "new")) as first, worker_id(Folders(tmp_path / "new")) as beside:
        assert first != beside
    with worker_id(Folders(tmp_path / "new")) as second:
        assert second == first
