"""The way through a door, on real connections: who gets the key, who does not, and what both sides show."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from swarmstt.core.addresses import Address
from swarmstt.core.door import DoorAnswer
from swarmstt.core.ring import with_member
from swarmstt.errors import ConflictError, StorageError
from swarmstt.ids import NodeId
from swarmstt.node.membership import Membership, load_membership
from swarmstt.swarm.asking import RefusedError, StrangerError, asking
from swarmstt.swarm.dialling import dial
from swarmstt.swarm.handshake import JOIN_PATH, Card, Member, pack
from swarmstt.swarm.identity import load_identity
from swarmstt.swarm.joining import Asked, JoinRequest, ask_for_ring
from swarmstt.swarm.listening import listening_sockets
from swarmstt.swarm.messages import PROTOCOL_VERSION
from swarmstt.swarm.proofs import Role, Transcript, commitment_to, new_nonce, sign_joining
from swarmstt.swarm.ring_file import RingFile
from swarmstt.swarm.server import Caller, serve_swarm
from swarmstt.swarm.websocket import WebSocket
from swarmstt.swarm.words import words_for


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

    def restart(self) -> None:
        identity = load_identity(self.folder)
        self.membership = load_membership(self.folder, self.key_file, identity, time.monotonic)
        self.node_id = identity.node_id

    @property
    def member(self) -> Member:
        card = Card(name=self.name, version="1.0", protocol=PROTOCOL_VERSION, port=self.address.port)
        return self.membership.member(card)

    async def serve_link(self, caller: Caller, websocket: WebSocket) -> None:
        self.membership.proven(caller.node_id)

    async def ask(self, other: House) -> Asked:
        asked = await ask_for_ring(self.member, [other.address], other.node_id)
        door = self.membership.door
        if asked.decision.ring is not None and other.node_id not in door.ring.members:
            door.joined(
                time.monotonic(),
                asked.decision.ring,
                grown=asked.decision.grown,
                seconds_left=asked.decision.seconds_left,
            )
        return asked

    async def link(self, other: House) -> None:
        async with dial(self.member, [other.address], other.node_id) as dialled:
            self.membership.proven(dialled.node_id)
            await dialled.websocket.receive()


@asynccontextmanager
async def served(*houses: House) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for house in houses:
            sockets = listening_sockets(["127.0.0.1"], 0)
            house.address = Address("127.0.0.1", sockets[0].getsockname()[1])
            serving = serve_swarm(
                lambda house=house: house.member,  # type: ignore[misc] # mypy: a default of a lambda
                house.serve_link,
                sockets,
                keeper=house.membership,
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
    anna.membership.lets_in = False
    with pytest.raises(ConflictError, match="swarmstt up"):
        await anna.membership.open_door()
    assert not anna.membership.door_view()["open"]


async def test_what_cannot_be_kept_is_not_told(anna: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that only others knew after a restart would shut this node out of its own swarm."""
    await anna.membership.open_door()
    before = anna.membership.handed()

    def full(file: RingFile, content: bytes) -> None:
        raise StorageError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(RingFile, "save", full)
        anna.membership.door.ring = with_member(anna.membership.door.ring, NodeId("ben"))
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
            "words": list(asked.words),
            "state": "joined",
        }
        assert len(asked.words) == 4
        assert ben.member.swarm_key == anna.member.swarm_key
        await ben.link(anna)
    assert not anna.membership.door_view()["alone"]


async def test_a_shut_door_gives_nothing_but_says_who_waits(anna: House, ben: House) -> None:
    async with served(anna):
        with pytest.raises(StrangerError, match="another swarm"):
            await ben.link(anna)
        asked = await ben.ask(anna)
    assert asked.decision.verdict is DoorAnswer.SHUT
    assert asked.decision.ring is None
    view = anna.membership.door_view()
    assert view["joining"][0]["words"] == list(asked.words)
    assert view["advice"] == "ben would like to join. If it is yours, click Add a PC here."


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
        ring = (await ben.ask(anna)).decision.ring
        assert ring is not None
        assert ben.membership.door.heard(ring, bytes(32), grown=True)
        assert ben.member.swarm_key == anna.member.swarm_key
        await ben.link(anna)
        asked = await clara.ask(anna)
        assert asked.decision.verdict is DoorAnswer.REMOVED
        assert asked.decision.ring is None
        assert asked.decision.standing is not None
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
    assert (after.ring, after.grown, after.let_in) == (before.ring, before.grown, before.let_in)
    assert after.is_open(time.monotonic()) == before.is_open(time.monotonic())
    await anna.membership.shut_door()
    anna.restart()
    assert anna.membership.bars(ben.node_id)
    assert not anna.membership.door_view()["open"]


async def test_whoever_stands_between_gets_nothing(anna: House, ben: House, clara: House) -> None:
    """Clara passes on what ben signs for her, and what he says to anna."""
    await anna.membership.open_door()
    async with served(anna), asking(anna.address, anna.node_id) as opened:
        nonce = new_nonce()
        challenge = await opened.challenge(commitment_to(nonce))
        for server in (clara.member.identity.certificate, challenge.certificate):
            transcript = Transcript(
                server_nonce=challenge.nonce if server is not challenge.certificate else new_nonce(),
                client_nonce=nonce,
                server_certificate=server,
                client_certificate=ben.member.identity.certificate,
            )
            signature = sign_joining(ben.member.identity, transcript, Role.CLIENT)
            assert await post(opened, ben, nonce, signature) == 403


async def post(opened: object, house: House, nonce: bytes, signature: bytes) -> int:
    request = JoinRequest(
        certificate=house.member.identity.certificate, nonce=nonce, signature=signature, card=house.member.card
    )
    assert hasattr(opened, "ask")
    status, _ = await opened.ask("POST", JOIN_PATH, pack(request))
    return int(status)


@pytest.mark.parametrize("commits", [True, False])
async def test_a_nonce_is_chosen_before_the_others_is_known(anna: House, ben: House, commits: bool) -> None:
    await anna.membership.open_door()
    async with served(anna), asking(anna.address, anna.node_id) as opened:
        nonce = new_nonce()
        challenge = await opened.challenge(commitment_to(nonce) if commits else b"")
        transcript = Transcript(
            server_nonce=challenge.nonce,
            client_nonce=nonce,
            server_certificate=challenge.certificate,
            client_certificate=ben.member.identity.certificate,
        )
        signature = sign_joining(ben.member.identity, transcript, Role.CLIENT)
        assert await post(opened, ben, nonce, signature) == (200 if commits else 403)
    async with served(anna), asking(anna.address, anna.node_id) as opened:
        await opened.challenge(commitment_to(nonce))
        assert await post(opened, ben, nonce, signature) == 403, "it was good for one time"


async def test_another_pc_at_the_address_learns_nothing(anna: House, ben: House, clara: House) -> None:
    async with served(anna):
        with pytest.raises(RefusedError, match="Another PC answers"):
            await ask_for_ring(ben.member, [anna.address], clara.node_id)


def test_words_are_of_one_pairing(anna: House, ben: House) -> None:
    def transcript(server: House, client: House) -> Transcript:
        return Transcript(
            server_nonce=bytes(32),
            client_nonce=bytes(32),
            server_certificate=server.member.identity.certificate,
            client_certificate=client.member.identity.certificate,
        )

    words = words_for(transcript(anna, ben))
    assert words == words_for(transcript(anna, ben))
    assert words != words_for(transcript(ben, anna))


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
