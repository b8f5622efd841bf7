"""The way through a door, on real connections: who gets the key, who does not, and what both sides show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.cases import case_for, without_key
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import begin, with_said
from swarmstt.core.membership.statements import admission, removal
from swarmstt.errors import ConflictError, StorageError
from swarmstt.ids import NodeId
from swarmstt.node.membership.membership import Membership, load_membership
from swarmstt.node.membership.outcomes import Outcomes
from swarmstt.node.membership.strangers import Strangers
from swarmstt.swarm.links.messages import PROTOCOL_VERSION, DoorShut, News
from swarmstt.swarm.network.dialling import dial
from swarmstt.swarm.network.server import Caller, serve_swarm
from swarmstt.swarm.network.websocket import WebSocket
from swarmstt.swarm.trust.handshake import CHALLENGE_PATH, JOIN_PATH, Member, NodeInfo, pack
from swarmstt.swarm.trust.identity import load_identity
from swarmstt.swarm.trust.joining import Asked, JoinRequest, ask_for_roster
from swarmstt.swarm.trust.pairing_words import pairing_words
from swarmstt.swarm.trust.pinned_requests import (
    OutdatedError,
    PinnedSession,
    RefusedError,
    StrangerError,
    pinned_session,
)
from swarmstt.swarm.trust.proofs import Role, Transcript, commitment_to, new_nonce, sign_joining
from swarmstt.swarm.trust.roster_file import RosterFile
from swarmstt.tasks import TaskSet
from tests.support.authors import real_author
from tests.swarm.listening import on_loopback

MALLORY = real_author("mallory")


class House:
    """A node that is nothing but a member or wants to be one."""

    def __init__(self, folder: Path, name: str, key_file: Path | None = None) -> None:
        self.folder = folder / name
        self.folder.mkdir(exist_ok=True)
        self.name = name
        self.key_file = key_file
        self.address = Address("127.0.0.1", 1)
        self.membership: Membership
        self.restart()

    def restart(self, *, lets_in: bool = True) -> None:
        identity = load_identity(self.folder)
        info = NodeInfo(name=self.name, version="1.0", protocol=PROTOCOL_VERSION, port=self.address.port)
        self.membership = load_membership(self.folder, self.key_file, identity, time.monotonic, info, lets_in=lets_in)
        self.node_id = identity.node_id

    @property
    def member(self) -> Member:
        return self.membership.member

    @property
    def strangers(self) -> Strangers:
        return self.membership._strangers

    def listens_at(self, address: Address) -> None:
        self.address = address
        self.membership.info = replace(self.membership.info, port=address.port)

    async def serve_link(self, caller: Caller, websocket: WebSocket) -> None:
        self.membership.came(caller.node_id)

    async def ask(self, other: House, *, shows: bool = False) -> Asked:
        """`shows`: how it was let in by others of its swarm."""
        roster = self.membership.door.roster
        case = without_key(roster, case_for(roster, self.node_id)) if shows else None
        door = self.membership.door
        if door.alone:
            await self.membership.open_door()  # or it would go nowhere
        asked = await ask_for_roster(self.member, [other.address], other.node_id, case=case)
        if asked.decision.roster is not None and other.node_id not in door.roster.members:
            door.start_join(other.node_id)
            door.joined(
                time.monotonic(),
                other.node_id,
                asked.decision.roster,
                bytes(32),
                established=asked.decision.established,
                seconds_left=asked.decision.seconds_left,
            )
        return asked

    async def link(self, other: House) -> None:
        async with dial(self.member, [other.address], other.node_id) as dialled:
            self.membership.came(dialled.node_id)
            await dialled.websocket.receive()


@asynccontextmanager
async def served(*houses: House) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for house in houses:
            sockets, address = on_loopback()
            house.listens_at(address)
            serving = serve_swarm(
                lambda house=house: house.member,  # type: ignore[misc] # mypy: a default of a lambda
                house.serve_link,
                sockets,
                keeper=house.membership.keeper,
            )
            await stack.enter_async_context(serving)
        yield


@pytest.fixture
def anna(tmp_path: Path) -> House:
    return House(tmp_path, "anna")


@pytest.fixture
def ben(tmp_path: Path) -> House:
    return House(tmp_path, "ben")


@pytest.fixture
def clara(tmp_path: Path) -> House:
    return House(tmp_path, "clara")


async def test_a_node_that_nobody_can_come_in_to_opens_no_door(anna: House) -> None:
    anna.restart(lets_in=False)
    with pytest.raises(ConflictError, match="swarmstt up"):
        await anna.membership.open_door()
    assert not anna.membership.door_view()["open"]


async def test_observers_hear_of_a_change_once_it_is_on_disk_and_what_to_send(anna: House) -> None:
    notified: asyncio.Queue[list[News]] = asyncio.Queue()
    tasks = TaskSet()

    async def is_open_on_disk() -> bool:
        loaded = await asyncio.to_thread(
            RosterFile.of(anna.folder).load, anna.member.identity, time.monotonic(), time.time()
        )
        return loaded is not None and loaded[0].is_open(time.monotonic())

    anna.membership.observers.add(lambda to_send: notified.put_nowait(list(to_send)))
    anna.membership.start(tasks)
    assert await notified.get() == []
    assert await is_open_on_disk(), "the first start opens the door"
    await anna.membership.shut_door()
    assert await notified.get() == [DoorShut()]
    assert not await is_open_on_disk()
    await anna.membership.open_door()
    assert await notified.get() == [], "it is sent once"
    await tasks.close()


async def test_what_cannot_be_kept_is_not_told(anna: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that only others knew after a restart would shut this node out of its own swarm."""
    await anna.membership.open_door()
    before = anna.membership.handed()

    def full(file: RosterFile, content: bytes) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(RosterFile, "save", full)
        said = admission(anna.node_id, NodeId("b" * 64))
        anna.membership.door.roster = with_said(anna.membership.door.roster, anna.member.identity, said, bytes(32))
        with pytest.raises(StorageError):
            await anna.membership.shut_door()
        assert anna.membership.handed() == before
    await anna.membership.shut_door()
    assert anna.membership.handed() != before


async def test_an_open_door_gives_the_key_and_both_show_the_same_words(anna: House, ben: House) -> None:
    await anna.membership.open_door()
    async with served(anna):
        asked = await ben.ask(anna)
        (shown,) = anna.membership.door_view()["joining"]
        assert shown == {
            "node_id": ben.node_id,
            "name": "ben",
            "words": list(asked.pairing_words),
            "state": "joined",
            "seen": False,
        }
        assert len(asked.pairing_words) == 4
        assert ben.member.swarm_key == anna.member.swarm_key
        assert ben.membership.door.roster.hosts == {ben.node_id: {anna.node_id}}
        await ben.link(anna)
    assert not anna.membership.door_view()["alone"]


async def test_words_that_nobody_has_seen_are_shown_after_a_restart(anna: House, ben: House) -> None:
    notified = asyncio.Event()
    anna.membership.observers.add(lambda _: notified.set())
    await anna.membership.open_door()
    async with served(anna):
        asked = await ben.ask(anna)
    tasks = TaskSet()
    anna.membership.start(tasks)
    await notified.wait()
    await tasks.close()
    anna.restart()
    (shown,) = anna.membership.door_view()["joining"]
    assert (shown["words"], shown["seen"]) == (list(asked.pairing_words), False)


async def test_one_that_a_member_claims_is_let_in_like_any_other(anna: House, ben: House) -> None:
    """Both pages show the words, as if nobody had said that he is in already."""
    await anna.membership.open_door()
    for author, subject in ((anna.member.identity, MALLORY.node_id), (MALLORY, ben.node_id)):
        said = admission(author.node_id, subject)
        anna.membership.door.roster = with_said(anna.membership.door.roster, author, said, bytes(32))
    assert anna.membership.has(ben.node_id)
    async with served(anna):
        asked = await ben.ask(anna)
    assert asked.decision.shown
    assert [each["words"] for each in anna.membership.door_view()["joining"]] == [list(asked.pairing_words)]
    assert ben.membership.door.roster.hosts == {ben.node_id: {anna.node_id}}


async def test_a_shut_door_gives_nothing_but_says_who_waits(anna: House, ben: House) -> None:
    async with served(anna):
        with pytest.raises(StrangerError, match="another swarm"):
            await ben.link(anna)
        asked = await ben.ask(anna)
    assert asked.decision.verdict is DoorAnswer.SHUT
    assert asked.decision.roster is None
    view = anna.membership.door_view()
    assert view["joining"][0]["words"] == [], "those of a try that counts are shown, and of no other"
    assert view["advice"] == "“ben” would like to join. If it is yours, click Add a PC here."


async def test_a_removed_one_is_out_and_the_others_catch_up_by_their_certificates(
    anna: House, ben: House, clara: House
) -> None:
    await anna.membership.open_door()
    async with served(anna, ben):
        for each in (ben, clara):
            await each.ask(anna)
            await each.link(anna)
        old_key = anna.member.swarm_key
        await anna.membership.shut_door()
        await anna.membership.remove_peer(clara.node_id)
        assert anna.member.swarm_key != old_key
        assert [each["name"] for each in anna.membership.door_view()["joining"]] == ["ben"]
        # Clara has the old key, and so does ben, who was off.
        with pytest.raises(StrangerError):
            await clara.link(anna)
        with pytest.raises(StrangerError):
            await ben.link(anna)
        roster = (await ben.ask(anna)).decision.roster
        assert roster is not None
        assert ben.membership.door.roster_received(roster, anna.node_id, bytes(32), established=True)
        assert ben.member.swarm_key == anna.member.swarm_key
        await ben.link(anna)
        asked = await clara.ask(anna)
        assert asked.decision.verdict is DoorAnswer.REMOVED
        assert asked.decision.roster is None
        assert asked.decision.case is not None
        assert asked.decision.case.key == b""
        assert clara.membership.door.removal_received(asked.decision.case, bytes(32))
        with pytest.raises(StrangerError):
            await clara.link(ben)


async def test_a_restart_changes_nothing(anna: House, ben: House) -> None:
    await anna.membership.open_door()
    async with served(anna):
        await ben.ask(anna)
        await ben.link(anna)
        await anna.membership.remove_peer(ben.node_id)
    before = anna.membership.door
    anna.restart()
    after = anna.membership.door
    assert (after.roster, after.established, after.met) == (before.roster, before.established, before.met)
    assert after.is_open(time.monotonic()) == before.is_open(time.monotonic())
    await anna.membership.shut_door()
    anna.restart()
    assert anna.membership.bars(ben.node_id)
    assert not anna.membership.door_view()["open"]


async def test_whoever_stands_between_gets_nothing(anna: House, ben: House, clara: House) -> None:
    """Clara passes on what ben signs for her, and what he says to anna."""
    await anna.membership.open_door()
    async with served(anna), pinned_session(anna.address, anna.node_id) as opened:
        nonce = new_nonce()
        challenge = await opened.challenge(commitment_to(nonce, ben.member.identity.certificate))
        for server in (clara.member.identity.certificate, challenge.certificate):
            transcript = Transcript(
                server_nonce=challenge.nonce if server is not challenge.certificate else new_nonce(),
                client_nonce=nonce,
                server_certificate=server,
                client_certificate=ben.member.identity.certificate,
            )
            signature = sign_joining(ben.member.identity, transcript, Role.CLIENT)
            assert await post(opened, ben, nonce, signature) == 403


async def post(opened: PinnedSession, house: House, nonce: bytes, signature: bytes) -> int:
    request = JoinRequest(
        certificate=house.member.identity.certificate, nonce=nonce, signature=signature, info=house.member.info
    )
    status, _ = await opened.request("POST", JOIN_PATH, pack(request))
    return status


@pytest.mark.parametrize("commits", [True, False])
async def test_a_nonce_is_chosen_before_the_others_is_known(anna: House, ben: House, commits: bool) -> None:
    await anna.membership.open_door()
    async with served(anna), pinned_session(anna.address, anna.node_id) as opened:
        nonce = new_nonce()
        challenge = await opened.challenge(commitment_to(nonce, ben.member.identity.certificate) if commits else b"")
        transcript = Transcript(
            server_nonce=challenge.nonce,
            client_nonce=nonce,
            server_certificate=challenge.certificate,
            client_certificate=ben.member.identity.certificate,
        )
        signature = sign_joining(ben.member.identity, transcript, Role.CLIENT)
        assert await post(opened, ben, nonce, signature) == (200 if commits else 403)
    async with served(anna), pinned_session(anna.address, anna.node_id) as opened:
        await opened.challenge(commitment_to(nonce, ben.member.identity.certificate))
        assert await post(opened, ben, nonce, signature) == 403, "it was good for one time"


async def test_another_pc_at_the_address_learns_nothing(anna: House, ben: House, clara: House) -> None:
    async with served(anna):
        with pytest.raises(RefusedError, match="Another PC answers"):
            await ask_for_roster(ben.member, [anna.address], clara.node_id)


def test_words_are_of_one_pairing(anna: House, ben: House) -> None:
    def transcript(server: House, client: House) -> Transcript:
        return Transcript(
            server_nonce=bytes(32),
            client_nonce=bytes(32),
            server_certificate=server.member.identity.certificate,
            client_certificate=client.member.identity.certificate,
        )

    words = pairing_words(transcript(anna, ben))
    assert words == pairing_words(transcript(anna, ben))
    assert words != pairing_words(transcript(ben, anna))


async def test_a_key_from_a_file_needs_no_door(tmp_path: Path, ben: House) -> None:
    key_file = tmp_path / "our.key"
    key_file.write_text("ab" * 32)
    anna = House(tmp_path, "anna", key_file)
    assert anna.member.swarm_key == bytes.fromhex("ab" * 32)
    with pytest.raises(ConflictError, match="same file"):
        await anna.membership.open_door()
    with pytest.raises(ConflictError, match="file with a new key"):
        await anna.membership.remove_peer(ben.node_id)
    async with served(anna):
        with pytest.raises(RefusedError):  # without a word about who refuses
            await ben.ask(anna)
    anna.key_file = None
    anna.restart()
    assert anna.member.swarm_key == bytes.fromhex("ab" * 32)


async def test_nobody_removes_itself_or_a_stranger(anna: House, ben: House) -> None:
    for node_id in (anna.node_id, ben.node_id):
        with pytest.raises(ConflictError):
            await anna.membership.remove_peer(node_id)


async def test_one_with_another_version_is_told_to_update(anna: House, ben: House) -> None:
    anna.membership.info = replace(anna.membership.info, protocol=PROTOCOL_VERSION + 1)
    await anna.membership.open_door()
    async with served(anna):
        with pytest.raises(OutdatedError, match="update it on both PCs"):
            await ben.ask(anna)
    assert ben.membership.door.alone


async def test_one_with_the_first_version_that_would_like_to_join_is_seen(anna: House) -> None:
    await anna.membership.open_door()
    async with served(anna), pinned_session(anna.address, anna.node_id) as opened:
        status, _ = await opened.request("GET", f"{CHALLENGE_PATH}?commitment={'00' * 32}")
        assert status == 200
        assert "update swarmstt on both PCs" in str(anna.membership.door_view()["advice"])


def outcomes_of(house: House) -> Outcomes:
    return Outcomes(
        house.membership.door, house.strangers, time.monotonic, changed=lambda: None, convinced=lambda: None
    )


async def test_a_click_gives_a_new_identity_to_one_that_another_swarm_has_removed(anna: House, ben: House) -> None:
    """It was let in there, never got the answer, and was removed a day later."""
    await anna.membership.open_door()
    await ben.membership.open_door()
    async with served(anna):
        anna.membership.door.admit(time.monotonic(), ben.node_id, bytes(32))
        await anna.membership.remove_peer(ben.node_id)
        asked = await ben.ask(anna)
        assert asked.decision.verdict is DoorAnswer.REMOVED
        await outcomes_of(ben).act_on(asked, wanted=True)
    view = ben.membership.door_view()
    assert view["barred"]
    assert "Another PC says that this PC was removed from its swarm." in str(view["advice"])
    await ben.membership.open_door()
    assert not ben.membership.renewed.is_set(), "there may be others to join"
    await ben.membership.take_new_identity(stays_alone=False)
    assert ben.membership.renewed.is_set()
    old_id = ben.node_id
    ben.restart()
    assert ben.node_id != old_id


@pytest.mark.attack
@pytest.mark.parametrize("case", ["none", "of others", "unsigned", "by one that was never in"])
async def test_a_stranger_that_only_says_so_has_removed_nobody(
    anna: House, ben: House, clara: House, case: str
) -> None:
    await anna.membership.open_door()
    await ben.membership.open_door()
    async with served(anna):
        anna.membership.door.admit(time.monotonic(), ben.node_id, bytes(32))
        await anna.membership.remove_peer(ben.node_id)
        asked = await ben.ask(anna)
    true_case = asked.decision.case
    assert true_case is not None
    roster = begin(anna.node_id, bytes(32), "0a0a0a0a")
    cases = {
        "none": None,
        "of others": with_said(
            roster, anna.membership.door.author, removal(anna.node_id, clara.node_id, frozenset()), bytes(32)
        ),
        "unsigned": replace(
            true_case, statements=tuple(replace(each, signature=b"x") for each in true_case.statements)
        ),
        "by one that was never in": with_said(
            roster, clara.membership.door.author, removal(clara.node_id, ben.node_id, frozenset()), bytes(32)
        ),
    }
    said = replace(asked, decision=replace(asked.decision, case=cases[case]))
    await outcomes_of(ben).act_on(said, wanted=True)
    assert not ben.membership.door_view()["barred"]
    await outcomes_of(ben).act_on(asked, wanted=True)
    assert ben.membership.door_view()["barred"]
