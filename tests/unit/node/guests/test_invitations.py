"""Invitations, and what their guests may do: with a real core, driver and store."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from swarmstt.core.books import ChunkState
from swarmstt.core.requests import GuestTranscript
from swarmstt.core.scheduling import actions, events
from swarmstt.core.scheduling.coordinator import Coordinator
from swarmstt.core.transcript import Segment
from swarmstt.errors import ConflictError, ExpiredError, NotFoundError, NotReadyError
from swarmstt.ids import BookId, ChunkId, HelperId, LeaseId, NodeId
from swarmstt.node.books.task_rows import TaskRows
from swarmstt.node.data_dir import Folders
from swarmstt.node.guests.guests import SILENT_SECONDS, Guests
from swarmstt.node.guests.invitation_url import parse_invitation
from swarmstt.node.guests.invitations import MOST_INVITATIONS, Invitations, SwarmPort
from swarmstt.node.guests.invited import Invited
from swarmstt.node.guests.plain_listening import PlainListening
from swarmstt.node.guests.task_options import task_options
from swarmstt.options import DecodeOptions
from swarmstt.speech.ingest.spool_files import write_to_spool
from swarmstt.storage.rows import BookRecord
from swarmstt.storage.store import Store
from swarmstt.swarm.links.driver import Driver
from swarmstt.swarm.links.outlets import Outlets
from swarmstt.tasks import TaskSet
from tests.support.clocks import Clock, now
from tests.support.records import RECORD
from tests.support.waiting import eventually
from tests.unit.core.worlds import BOOK, SETTINGS, offer, span

NODE_ID = NodeId("0123456789abcdef" * 4)
GIVEN = GuestTranscript(language="en", duration=1.0, segments=(Segment(start=0.0, end=1.0, text="Hello."),))
FIELDS = (
    "id book_id chunk_id status worker_id start_time end_time original_filename processing_time chunk_path "
    "sample_count model model_hash tries"
)


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


class FakeLibrary:
    """Implements Titles with one book."""

    def get(self, book_id: BookId) -> BookRecord:
        return replace(RECORD, book_id=book_id, filename="audiobook.mp3")


class World:
    """A coordinator with one book of three chunks."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.at = 0.0
        self.mended = asyncio.Event()
        self.store = store
        self.stored: list[actions.Stored] = []
        self.coordinator = Coordinator(next_lease_id=LeaseId(1))
        self.outlets = Outlets()
        self.driver = Driver(self.coordinator, commit=self._commit, carry_out=self._carry_out, clock=lambda: self.at)
        self.folders = Folders(folder)
        self.task_rows = TaskRows(store, self.driver.state)
        self.guests = Guests(self.driver, self.outlets, self.folders, self.task_rows, self.mend, mend_seconds=0.01)
        self.library = FakeLibrary()
        self.tasks = TaskSet()
        self.revoked: list[str] = []
        self.own_addresses = {"192.168.1.5"}
        self.clock = Clock()
        self.own_id = NODE_ID
        self.swarm_port: SwarmPort | None = SwarmPort(node_id=NODE_ID, port=8765)
        self.listening = FakeListening()
        self.invitations = self.begin()
        self.breaking_off: asyncio.Future[object] | None = None

    async def mend(self, chunk_id: ChunkId) -> None:
        await self.mended.wait()
        await asyncio.to_thread(write_to_spool, self.folders.audio(chunk_id), b"fLaC again")

    def begin(self, admitted: Callable[..., Invited] = Invited) -> Invitations:
        return Invitations(
            self.store.invitations,
            self.guests,
            self.library,
            self.clock,
            self.tasks,
            own_id=self.own_id,
            swarm_port=lambda: self.swarm_port,
            revoked=self.revoked.append,
            look_seconds=0.01,
            admitted=admitted,
        )

    def plain(self, *interfaces: str) -> PlainListening:
        return PlainListening(
            self.listening,
            8000,
            interfaces,
            addresses=lambda interfaces: set(self.own_addresses),
            bind=lambda hosts, port: [socket.socket()],
        )

    def _carry_out(self, action: actions.AnyAction) -> None:
        if isinstance(action, (actions.Grant, actions.StopLease, actions.Acknowledge)):
            self.outlets.carry_out(action)
        if isinstance(action, actions.Grant) and self.breaking_off is not None:
            self.breaking_off.cancel()

    async def breaks_off_when_granted(self, request: Coroutine[Any, Any, object]) -> None:
        """A request whose connection breaks before its guest hears of the chunk that it was granted."""
        self.breaking_off = asyncio.ensure_future(request)
        with pytest.raises(asyncio.CancelledError):
            await self.breaking_off
        self.breaking_off = None

    async def add_book(self) -> None:
        await self.driver.ask(events.BookAdded, book_id=BOOK, settings=SETTINGS)
        for index in range(3):
            await self.driver.ask(events.ChunkRead, span=span(index))
            path = self.folders.audio(span(index).chunk_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"fLaC")

    async def invited(self, name: str = "Anna", *, plain: bool = False) -> tuple[str, Invited]:
        made = await self.invitations.invite(name, days=30, plain=plain)
        rows = self.invitations.admit(made["url"].rpartition("/")[2])
        assert rows is not None
        return made["invitation_id"], rows

    async def _commit(self, stored: Iterable[actions.Stored]) -> None:
        self.stored += stored

    def states(self) -> list[ChunkState]:
        return [chunk.state for chunk in self.coordinator.state.books[BOOK].chunks]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store(tmp_path / "swarmstt.sqlite", now))
        made = World(store, tmp_path)
        stack.push_async_callback(made.tasks.close)
        made.tasks.start(made.driver.run())
        await stack.enter_async_context(made.invitations.listen(made.plain()))
        await made.add_book()
        yield made


async def test_tokens_are_random_and_only_their_hashes_are_kept(world: World, tmp_path: Path) -> None:
    urls = [(await world.invitations.invite("Anna", days=30, plain=False))["url"] for _ in range(2)]
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


async def test_plain_http_is_heard_while_there_is_an_invitation_for_it(world: World) -> None:
    assert world.listening.addresses == frozenset()
    assert (await world.invitations.invitations())["open"] is False
    over_tls, _ = await world.invited("Eve")
    assert world.listening.addresses == frozenset(), "its guests come to the swarm port"
    assert (await world.invitations.invitations())["open"] is True
    await world.invitations.revoke(over_tls)
    first, _ = await world.invited(plain=True)
    second, _ = await world.invited("Ben", plain=True)
    assert world.listening.addresses == {"192.168.1.5"}
    listed = await world.invitations.invitations()
    assert (listed["open"], listed["plain_open"]) == (False, True)
    assert [each["name"] for each in listed["invitations"]] == ["Anna", "Ben"]
    await world.invitations.revoke(first)
    assert world.listening.addresses == {"192.168.1.5"}
    await world.invitations.revoke(second)
    assert world.listening.addresses == frozenset()
    assert await world.store.invitations.all(NODE_ID) == []
    with pytest.raises(NotFoundError):
        await world.invitations.revoke(second)


async def test_a_node_that_only_its_own_pc_reaches_says_so(world: World) -> None:
    loopback = world.begin()
    async with loopback.listen(world.plain("127.0.0.1")):
        made = await loopback.invite("Anna", days=30, plain=False)
        assert made["url"].startswith("https://127.0.0.1:8765/join/")
        made = await loopback.invite("Anna", days=30, plain=True)
        assert made["url"].startswith("http://127.0.0.1:8000/join/")
        listed = await loopback.invitations()
        assert (listed["url_base"], listed["plain_url_base"]) == (None, None)


async def test_a_node_of_one_command_invites_nobody(world: World) -> None:
    with pytest.raises(ConflictError, match="swarmstt up"):
        await world.begin().invite("Anna", days=30, plain=False)
    world.swarm_port = None
    with pytest.raises(ConflictError, match="swarmstt up"):
        await world.invitations.invite("Anna", days=30, plain=False)


async def test_the_address_says_whose_certificate_it_is(world: World) -> None:
    made = await world.invitations.invite("Anna", days=30, plain=False)
    read = parse_invitation(made["url"])
    assert (read.url, read.fingerprint) == (made["url"], bytes.fromhex(NODE_ID))
    made = await world.invitations.invite("Anna", days=30, plain=True)
    read = parse_invitation(made["url"])
    assert (read.url, read.fingerprint) == (made["url"], None)


async def test_invitations_expire(world: World) -> None:
    made = await world.invitations.invite("Anna", days=7, plain=True)
    token = made["url"].rpartition("/")[2]
    world.clock.time += timedelta(days=6)
    rows = world.invitations.admit(token)
    assert rows is not None
    assert await rows.next_task("w") is not None
    await world.invitations.look()
    assert world.revoked == []
    world.clock.time += timedelta(days=1)
    with pytest.raises(ExpiredError, match="expired"):
        world.invitations.admit(token)
    assert await rows.next_task("w") is None, "a request that was on its way"
    (listed,) = (await world.invitations.invitations())["invitations"]
    assert (listed["expired"], listed["expires_at"]) == (True, made["expires_at"])
    await world.invitations.look()
    await world.invitations.look()
    assert world.revoked == [made["invitation_id"]], "its guests are turned out, once"
    assert world.states() == [ChunkState.PENDING] * 3
    assert world.listening.addresses == frozenset()


async def test_those_of_an_old_identity_are_listed_as_good_for_nothing(world: World) -> None:
    urls = [(await world.invitations.invite(name, days=30, plain=name == "Ben"))["url"] for name in ("Anna", "Ben")]
    world.own_id = NodeId("e" * 64)
    world.swarm_port = SwarmPort(node_id=world.own_id, port=8765)
    world.invitations = world.begin()
    await world.invitations.load()
    async with world.invitations.listen(world.plain()):
        listed = await world.invitations.invitations()
        said = [(each["name"], each["of_old_identity"], each["expired"]) for each in listed["invitations"]]
        assert said == [("Anna", True, False), ("Ben", False, False)], "over plain HTTP nobody looks at the identity"
        assert (listed["open"], listed["plain_open"]) == (False, True)
        anna, ben = (url.rpartition("/")[2] for url in urls)
        with pytest.raises(ExpiredError):
            world.invitations.admit(anna)
        assert world.invitations.admit(ben) is not None
        await world.invitations.invite("Anna", days=30, plain=False)
        assert (await world.invitations.invitations())["open"]


async def test_expired_ones_make_room(world: World) -> None:
    for days in (7, *[30] * (MOST_INVITATIONS - 1)):
        await world.invitations.invite("Anna", days=days, plain=False)
    with pytest.raises(ConflictError):
        await world.invitations.invite("Ben", days=30, plain=False)
    world.clock.time += timedelta(days=8)
    await world.invitations.invite("Ben", days=30, plain=False)
    listed = (await world.invitations.invitations())["invitations"]
    assert (len(listed), any(each["expired"] for each in listed)) == (MOST_INVITATIONS, False)


async def test_a_task_tells_what_it_must_and_no_more(world: World) -> None:
    _, rows = await world.invited()
    task = await rows.next_task("w")
    assert task is not None
    decode_fields = set(task_options(DecodeOptions()))
    assert decode_fields >= {"language", "task", "prompt", "hotwords"}
    assert set(task) == {*FIELDS.split(), *decode_fields}
    assert (task["worker_id"], dict(task)["language"], task["sample_count"]) == ("w", "en", span(0).sample_count)


async def test_guests_cannot_touch_what_others_hold(world: World) -> None:
    _, anna = await world.invited()
    _, ben = await world.invited("Ben")
    task = await anna.next_task("w")
    assert task is not None
    assert (await anna.audio("aaaa0000-00000.flac")).read_bytes() == b"fLaC"
    for name in ("aaaa0000-00000.flac", "aaaa0000-00001.flac", "nothing"):
        with pytest.raises(NotFoundError):
            await ben.audio(name)
    with pytest.raises(ConflictError):
        await ben.complete(task["id"], "w", GIVEN, 1.0)
    await ben.return_task(task["id"], "w", None)
    await ben.progress("w", task["id"], 0.5)
    assert not ben.is_wanted("w", task["id"])
    assert anna.is_wanted("w", task["id"])
    await anna.complete(task["id"], "w", GIVEN, 1.0)
    assert world.states()[0] is ChunkState.COMPLETED


async def test_a_result_is_kept_with_the_engine_that_the_guest_names(world: World) -> None:
    _, rows = await world.invited()
    for given in (GIVEN, replace(GIVEN, engine="ctranslate2 4.8.5")):
        task = await rows.next_task("w")
        assert task is not None
        await rows.complete(task["id"], "w", given, 1.0)
    engines = [each.provenance.engine for each in world.stored if isinstance(each, actions.StoreResult)]
    assert engines == ["unknown", "ctranslate2 4.8.5"]


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
    invitation_id, rows = await world.invited()
    _, ben = await world.invited("Ben")
    await rows.next_task("w")
    await rows.next_task("v")
    await ben.next_task("w")
    await world.invitations.revoke(invitation_id)
    assert world.revoked == [invitation_id]
    assert world.states() == [ChunkState.PENDING, ChunkState.PENDING, ChunkState.IN_PROGRESS]
    assert await rows.next_task("w") is None  # a request that was on its way
    assert world.states() == [ChunkState.PENDING, ChunkState.PENDING, ChunkState.IN_PROGRESS]


async def test_bounds(world: World) -> None:
    world.guests = Guests(world.driver, world.outlets, world.folders, world.task_rows, world.mend, most_of_a_group=3)
    world.invitations = world.begin(admitted=partial(Invited, most_held_by_one=1, most_held_by_all=2))
    async with world.invitations.listen(world.plain()):
        _, rows = await world.invited()
    assert [bool(await rows.next_task(name)) for name in ("a", "a", "b", "c")] == [True, False, True, False]
    await rows.register("c", "c")
    with pytest.raises(ConflictError):
        await rows.register("d", "d")


async def test_a_chunk_that_its_guest_never_heard_of_is_its_next_one(world: World) -> None:
    _, rows = await world.invited()
    await rows.register("w", "Anna's laptop")
    await world.breaks_off_when_granted(rows.next_task("w"))
    assert await rows.next_task("w") is not None
    assert world.states() == [ChunkState.IN_PROGRESS, ChunkState.PENDING, ChunkState.PENDING]


async def test_what_was_taken_back_is_given_to_no_guest(world: World) -> None:
    _, rows = await world.invited()
    await rows.register("w", "Anna's laptop")
    await world.breaks_off_when_granted(rows.next_task("w"))
    await world.driver.ask(events.BookPaused, book_id=BOOK)
    assert await rows.next_task("w") is None


async def test_who_promised_heartbeats_is_gone_without_them(world: World) -> None:
    _, rows = await world.invited()
    await rows.register("w", "Anna's laptop")
    await rows.describe("w", device="CPU", slots=2)
    rows.promise_heartbeats("w")
    task = await rows.next_task("w")
    old = await rows.next_task("old")
    assert task is not None
    assert old is not None
    world.at = SILENT_SECONDS + 1
    world.guests.look_for_gone()
    for later in (2, 4):
        world.at = SILENT_SECONDS + later
        await world.driver.ask(events.Ticked)
    assert world.states() == [ChunkState.PENDING, ChunkState.IN_PROGRESS, ChunkState.PENDING]
    await rows.progress("w", task["id"], 0.5)  # it comes back
    assert rows.is_wanted("w", task["id"])
    await rows.complete(task["id"], "w", GIVEN, 1.0)
    await rows.complete(old["id"], "old", GIVEN, 1.0)
    assert world.states() == [ChunkState.COMPLETED, ChunkState.COMPLETED, ChunkState.PENDING]


async def test_who_promised_heartbeats_and_left_without_a_part_is_shown_no_longer(world: World) -> None:
    _, rows = await world.invited()
    await rows.register("w", "Anna's laptop")
    await rows.register("old", "A program of years ago")
    rows.promise_heartbeats("w")
    world.at = SILENT_SECONDS + 1
    world.guests.look_for_gone()
    await world.driver.ask(events.Ticked)
    helpers = world.coordinator.state.helpers
    assert [helpers[HelperId(f"{rows.invitation_id}/{each}")].linked for each in ("w", "old")] == [False, True]


async def test_a_guest_outlives_the_node(world: World) -> None:
    """The node knows it from the store's leases only; it goes on with its chunk, or begins again."""
    _, rows = await world.invited()
    task = await rows.next_task("w")
    assert task is not None
    helper = world.coordinator.state.helpers[HelperId(f"{rows.invitation_id}/w")]
    await world.driver.ask(events.HelperLeft, helper_id=helper.helper_id)
    for world.at in (2.0, 4.0):
        await world.driver.ask(events.Ticked)
    helper.offer = offer("old", slots=0)
    await rows.progress("w", task["id"], 0.5)
    assert rows.is_wanted("w", task["id"])
    await rows.register("w", "old")
    assert not rows.is_wanted("w", task["id"])


async def test_nobody_takes_a_peers_place(world: World) -> None:
    peer = HelperId("f" * 64)
    await world.driver.ask(events.HelperJoined, helper_id=peer, kind="peer", offer=offer("Ben's PC"))
    await world.driver.ask(events.HelperLeft, helper_id=peer)
    with pytest.raises(ConflictError):
        await world.guests.next_chunk(peer)
    _, rows = await world.invited()
    assert await rows.next_task(peer) is not None


async def test_the_watch_goes_on(world: World) -> None:
    await world.invited(plain=True)
    world.own_addresses = {"10.0.0.7"}
    world.tasks.start(world.invitations.watch())
    await eventually(lambda: world.listening.addresses == {"10.0.0.7"})


async def test_a_guest_asks_again_for_audio_that_is_damaged(world: World) -> None:
    _, rows = await world.invited()
    task = await rows.next_task("w")
    assert task is not None
    path = world.folders.audio(span(0).chunk_id)
    await asyncio.to_thread(write_to_spool, path, b"fLaC")
    path.write_bytes(b"fLbC")
    name = f"{task['id']}.flac"
    with pytest.raises(NotReadyError, match="ask again"):
        await rows.audio(name)
    world.mended.set()

    async def answered() -> bytes | None:
        try:
            return (await rows.audio(name)).read_bytes()
        except NotReadyError:
            return None

    assert await eventually(answered) == b"fLaC again"
