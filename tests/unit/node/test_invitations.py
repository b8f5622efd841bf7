"""Invitations, and what their guests may do: with a real core, driver and store."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from swarmstt.core import events
from swarmstt.core.books import ChunkState
from swarmstt.core.coordinator import Coordinator
from swarmstt.core.requests import GuestTranscript
from swarmstt.core.transcript import Segment
from swarmstt.errors import ConflictError, NotFoundError
from swarmstt.ids import HelperId, LeaseId
from swarmstt.node import guests as guests_module
from swarmstt.node.folders import Folders
from swarmstt.node.guests import SILENT_SECONDS, Guests
from swarmstt.node.invitations import Invitations
from swarmstt.node.invited import Invited, public_model_name
from swarmstt.node.shelf import Shelf
from swarmstt.storage.store import Store
from swarmstt.swarm.driver import Driver
from swarmstt.tasks import TaskSet
from tests.unit.core.worlds import BOOK, SETTINGS, offer, span

GIVEN = GuestTranscript(language="en", duration=1.0, segments=(Segment(start=0.0, end=1.0, text="Hello."),))
FIELDS = (
    "id book_id chunk_id status worker_id start_time end_time original_filename processing_time chunk_path "
    "sample_count model model_hash language task prompt hotwords beam_size"
)


def now() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


class FakeListening:
    """Implements Listening without a network."""

    def __init__(self) -> None:
        self.addresses: frozenset[str] = frozenset()

    async def open(self, address: str, listening: socket.socket) -> None:
        listening.close()
        self.addresses |= {address}

    async def close(self, address: str) -> None:
        self.addresses -= {address}

    async def close_all(self) -> None:
        self.addresses = frozenset()


class World:
    """A coordinator with one book of three chunks."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.at = 0.0
        self.store = store
        self.coordinator = Coordinator(next_lease_id=LeaseId(1))
        self.driver = Driver(self.coordinator, commit=_forget, carry_out=lambda action: None, clock=lambda: self.at)
        self.folders = Folders(folder)
        self.guests = Guests(self.driver, self.folders)
        self.shelf = cast(Shelf, SimpleNamespace(get=lambda book_id: SimpleNamespace(filename="audiobook.mp3")))
        self.tasks = TaskSet()
        self.invitations = self.begin()
        self.listening = FakeListening()

    def begin(self) -> Invitations:
        return Invitations(self.store.invitations, self.guests, self.shelf, now, self.tasks)

    async def add_book(self) -> None:
        await self.driver.ask(events.BookAdded(at=0.0, book_id=BOOK, settings=SETTINGS))
        for index in range(3):
            await self.driver.ask(events.ChunkRead(at=0.0, span=span(index)))
            path = self.folders.audio(span(index).chunk_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"fLaC")

    async def invited(self, name: str = "Anna") -> tuple[str, Invited]:
        made = await self.invitations.invite(name)
        rows = self.invitations.admit(made["url"].rpartition("/")[2])
        assert rows is not None
        return made["invitation_id"], rows

    def states(self) -> list[ChunkState]:
        return [chunk.state for chunk in self.coordinator.state.books[BOOK].chunks]


async def _forget(stored: Any) -> None:
    """Nothing is kept."""


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store(tmp_path / "swarmstt.sqlite", now))
        made = World(store, tmp_path)
        stack.push_async_callback(made.tasks.close)
        made.tasks.start(made.driver.run())
        await stack.enter_async_context(made.invitations.listen(made.listening, 8000, ()))
        await made.add_book()
        monkeypatch.setattr("swarmstt.node.invitations._addresses", lambda interfaces: {"192.168.1.5"})
        monkeypatch.setattr("swarmstt.node.invitations.listening_sockets", lambda hosts, port: [socket.socket()])
        yield made


async def test_tokens_are_random_and_only_their_hashes_are_kept(world: World, tmp_path: Path) -> None:
    urls = [(await world.invitations.invite("Anna"))["url"] for _ in range(2)]
    tokens = [url.rpartition("/")[2] for url in urls]
    assert len(set(tokens)) == 2
    assert all(len(token) >= 43 for token in tokens)
    kept = _bytes_of(tmp_path)
    assert not any(token.encode() in kept for token in tokens)
    again = world.begin()
    assert again.admit(tokens[0]) is None
    await again.load()
    assert again.admit(tokens[0]) is not None
    assert again.admit(tokens[0][:-1]) is None


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("swarmstt.sqlite*"))


async def test_it_listens_while_there_is_an_invitation(world: World) -> None:
    assert world.listening.addresses == frozenset()
    assert (await world.invitations.invitations())["open"] is False
    first, _ = await world.invited()
    second, _ = await world.invited("Ben")
    assert world.listening.addresses == {"192.168.1.5"}
    listed = await world.invitations.invitations()
    assert listed["open"] is True
    assert [each["name"] for each in listed["invitations"]] == ["Anna", "Ben"]
    await world.invitations.revoke(first)
    assert world.listening.addresses == {"192.168.1.5"}
    await world.invitations.revoke(second)
    assert world.listening.addresses == frozenset()
    assert await world.store.invitations.all() == []
    with pytest.raises(NotFoundError):
        await world.invitations.revoke(second)


async def test_a_node_that_only_its_own_pc_reaches_says_so(world: World) -> None:
    loopback = world.begin()
    async with loopback.listen(world.listening, 8000, ("127.0.0.1",)):
        made = await loopback.invite("Anna")
        assert made["url"].startswith("http://127.0.0.1:8000/join/")
        assert (await loopback.invitations())["url_base"] is None


async def test_a_node_of_one_command_invites_nobody(world: World) -> None:
    with pytest.raises(ConflictError, match="swarmstt up"):
        await world.begin().invite("Anna")


async def test_a_task_tells_what_it_must_and_no_more(world: World) -> None:
    _, rows = await world.invited()
    task = await rows.next_task("w")
    assert task is not None
    assert set(task) == set(FIELDS.split())
    assert (task["worker_id"], task["language"], task["sample_count"]) == ("w", "en", span(0).sample_count)


async def test_guests_cannot_touch_what_others_hold(world: World) -> None:
    _, anna = await world.invited()
    _, ben = await world.invited("Ben")
    task = await anna.next_task("w")
    assert task is not None
    assert (await anna.chunk_audio("aaaa0000-00000.flac")).read_bytes() == b"fLaC"
    for name in ("aaaa0000-00000.flac", "aaaa0000-00001.flac", "nothing"):
        with pytest.raises(NotFoundError):
            await ben.chunk_audio(name)
    with pytest.raises(ConflictError):
        await ben.complete_task(task["id"], "w", GIVEN, 1.0)
    await ben.return_task(task["id"], "w", None)
    await ben.guest_progress("w", task["id"], 0.5)
    assert not ben.is_wanted("w", task["id"])
    assert anna.is_wanted("w", task["id"])
    await anna.complete_task(task["id"], "w", GIVEN, 1.0)
    assert world.states()[0] is ChunkState.COMPLETED


async def test_handing_back(world: World) -> None:
    _, rows = await world.invited()
    task = await rows.next_task("w")
    assert task is not None
    await rows.return_task(task["id"], "w", None)
    assert world.states() == [ChunkState.PENDING] * 3
    assert await rows.next_task("w") == task
    await rows.return_task(task["id"], "w", "No memory.")
    assert world.states() == [ChunkState.PENDING] * 3
    other = await rows.next_task("w")
    assert other is not None
    assert other["id"] != task["id"]


async def test_revoking_takes_all_at_once(world: World) -> None:
    heard: list[str] = []
    world.invitations.on_revoked = heard.append
    invitation_id, rows = await world.invited()
    _, ben = await world.invited("Ben")
    await rows.next_task("w")
    await rows.next_task("v")
    await ben.next_task("w")
    await world.invitations.revoke(invitation_id)
    assert heard == [invitation_id]
    assert world.states() == [ChunkState.PENDING, ChunkState.PENDING, ChunkState.IN_PROGRESS]
    assert await rows.next_task("w") is None  # a request that was on its way
    assert world.states() == [ChunkState.PENDING, ChunkState.PENDING, ChunkState.IN_PROGRESS]


async def test_bounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmstt.node.invited.MOST_HELD_BY_ONE", 1)
    monkeypatch.setattr("swarmstt.node.invited.MOST_HELD_BY_ALL", 2)
    monkeypatch.setattr(guests_module, "MOST_OF_A_GROUP", 3)
    _, rows = await world.invited()
    assert [bool(await rows.next_task(name)) for name in ("a", "a", "b", "c")] == [True, False, True, False]
    await rows.register_guest("c", "c")
    with pytest.raises(ConflictError):
        await rows.register_guest("d", "d")


async def test_who_promised_heartbeats_is_gone_without_them(world: World) -> None:
    _, rows = await world.invited()
    await rows.register_guest("w", "Anna's laptop")
    await rows.describe("w", device="CPU", slots=2)
    rows.promise_heartbeats("w")
    task = await rows.next_task("w")
    old = await rows.next_task("old")
    assert task is not None
    assert old is not None
    world.at = SILENT_SECONDS + 1
    world.guests.look_for_gone(world.at)
    for later in (2, 4):
        await world.driver.ask(events.Ticked(at=SILENT_SECONDS + later))
    assert world.states() == [ChunkState.PENDING, ChunkState.IN_PROGRESS, ChunkState.PENDING]
    await rows.guest_progress("w", task["id"], 0.5)  # it comes back
    assert rows.is_wanted("w", task["id"])
    await rows.complete_task(task["id"], "w", GIVEN, 1.0)
    await rows.complete_task(old["id"], "old", GIVEN, 1.0)
    assert world.states() == [ChunkState.COMPLETED, ChunkState.COMPLETED, ChunkState.PENDING]


async def test_who_promised_heartbeats_and_left_without_a_part_is_shown_no_longer(world: World) -> None:
    _, rows = await world.invited()
    await rows.register_guest("w", "Anna's laptop")
    await rows.register_guest("old", "A program of years ago")
    rows.promise_heartbeats("w")
    world.at = SILENT_SECONDS + 1
    world.guests.look_for_gone(world.at)
    await world.driver.ask(events.Ticked(at=world.at))
    helpers = world.coordinator.state.helpers
    assert [helpers[HelperId(f"{rows.invitation_id}/{each}")].linked for each in ("w", "old")] == [False, True]


async def test_a_guest_outlives_the_node(world: World) -> None:
    """The node knows it from the store's leases only; it goes on with its chunk, or begins anew."""
    _, rows = await world.invited()
    task = await rows.next_task("w")
    assert task is not None
    helper = world.coordinator.state.helpers[HelperId(f"{rows.invitation_id}/w")]
    await world.driver.ask(events.HelperLeft(at=0.0, helper_id=helper.helper_id))
    for at in (2.0, 4.0):
        await world.driver.ask(events.Ticked(at=at))
    helper.offer = offer("old", slots=0)
    await rows.guest_progress("w", task["id"], 0.5)
    assert rows.is_wanted("w", task["id"])
    await rows.register_guest("w", "old")
    assert not rows.is_wanted("w", task["id"])


async def test_nobody_takes_a_peers_place(world: World) -> None:
    peer = HelperId("f" * 64)
    await world.driver.ask(events.HelperJoined(at=0.0, helper_id=peer, offer=offer("Ben's PC")))
    await world.driver.ask(events.HelperLeft(at=0.0, helper_id=peer))
    with pytest.raises(ConflictError):
        await world.guests.next_chunk(peer)
    _, rows = await world.invited()
    assert await rows.next_task(peer) is not None


def test_models_in_folders_keep_their_place_to_themselves() -> None:
    assert public_model_name("base") == "base"
    assert public_model_name("Systran/faster-whisper-base") == "Systran/faster-whisper-base"
    assert public_model_name(str(Path("/home/ada/models/mine"))) == "mine"


async def test_the_watch_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarmstt.node.invitations.LOOK_SECONDS", 0.01)
    await world.invited()
    monkeypatch.setattr("swarmstt.node.invitations._addresses", lambda interfaces: {"10.0.0.7"})
    world.tasks.start(world.invitations.watch())
    while world.listening.addresses != {"10.0.0.7"}:
        await asyncio.sleep(0.005)
