"""What those who are no members get on the swarm port of a whole member: no link, no model, no names of peers, and no
way to hand in a result. The rest is in test_links.py, test_joining.py and test_model_sharing.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from swarmstt.core.books import Provenance
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import with_said
from swarmstt.core.membership.statements import admission
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.errors import PeerError
from swarmstt.ids import LeaseId
from swarmstt.swarm.links.messages import Delivered, GossipedPeer, Known, encode
from swarmstt.swarm.models.transfer import Listing, SharedFile, SharedModel, fetch_model, model_routes
from swarmstt.swarm.network.dialling import visit
from swarmstt.swarm.network.gate import GateLimits
from swarmstt.swarm.network.server import Caller, serve_swarm
from swarmstt.swarm.network.websocket import WebSocket, WebSocketLink
from swarmstt.swarm.trust.handshake import (
    ADMISSION_PATH,
    CHALLENGE_PATH,
    JOIN_PATH,
    LINK_PATH,
    Credentials,
    Member,
    pack,
)
from swarmstt.swarm.trust.joining import JoinRequest, ask_for_roster
from swarmstt.swarm.trust.pinned_requests import PinnedSession, pinned_session
from swarmstt.swarm.trust.proofs import Role, Transcript, commitment_to, new_nonce, sign_joining
from tests.swarm.listening import on_loopback
from tests.swarm.test_joining import House
from tests.unit.swarm.members import OTHER_KEY

pytestmark = pytest.mark.attack

MODEL_HASH = "ab" * 32
ROOM = GateLimits(most_strangers=1000, most_strangers_an_address=1000)
"""Whoever is refused is cut off, and comes again."""
PEER_NAME = "a name that only members may know"
RESULT = Delivered(
    lease_id=LeaseId(1),
    transcript=ChunkTranscript(language="en", duration=1.0, segments=()),
    provenance=Provenance(helper_name="x", model="tiny", device="cpu", compute_type="int8", processing_seconds=1.0),
)


class Home:
    """A member whose door is shut, with a model, a peer, and an ear for results."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.links: list[Caller] = []
        self.asked_for: list[str] = []
        folder.mkdir()
        (folder / "model.bin").write_bytes(b"model")
        file = SharedFile(name="model.bin", size_bytes=5, sha256="0" * 64)
        self._model = SharedModel(folder=folder, listing=Listing(model_file="model.bin", files=(file,)))

    async def serve_link(self, caller: Caller, websocket: WebSocket) -> None:
        self.links.append(caller)
        self.house.membership.came(caller.node_id)
        async with WebSocketLink(websocket) as link:
            await link.end_with(Known(peers=(GossipedPeer(node_id=self.house.node_id, name=PEER_NAME, addresses=()),)))

    async def find(self, model_hash: str) -> SharedModel | None:
        self.asked_for.append(model_hash)
        return self._model


@asynccontextmanager
async def at_home(home: Home) -> AsyncIterator[None]:
    sockets, address = on_loopback()
    house = home.house
    house.listens_at(address)
    serving = serve_swarm(
        lambda: house.member,
        home.serve_link,
        sockets,
        keeper=house.membership.keeper,
        more=[model_routes(home.find)],
        limits=ROOM,
    )
    async with serving:
        yield


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    house = House(tmp_path, "anna")
    house.membership.door.shut()
    return Home(house, tmp_path / "model")


@pytest.fixture
def mallory(tmp_path: Path) -> House:
    return House(tmp_path, "mallory")


async def gets_nothing(opened: PinnedSession, home: Home, *, challenged: bool = False) -> None:
    """On this connection there is no link, no model and no peer, and nobody takes a result."""
    own = home.house.member
    for method, path, body in (
        ("GET", f"/model/{MODEL_HASH}", b""),
        ("GET", f"/model/{MODEL_HASH}/model.bin", b""),
        ("GET", LINK_PATH, b""),
        ("POST", LINK_PATH, encode(RESULT)),
        ("GET", "/peers", b""),
        ("GET", "/status", b""),
        ("POST", "/api/tasks/complete", encode(RESULT)),
        ("POST", ADMISSION_PATH, encode(RESULT)),
        ("POST", JOIN_PATH, encode(RESULT)),
    ):
        if challenged:
            await opened.challenge()
        status, answer = await opened.request(method, path, body)
        assert status in (403, 404, 405), path
        for secret in (own.swarm_key, own.swarm_key.hex().encode(), PEER_NAME.encode(), b"model.bin"):
            assert secret not in answer
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await opened.http.ws_connect(opened.url.with_path(LINK_PATH))
    assert refused.value.status == 403
    assert home.links == []
    assert home.asked_for == []


async def prove(opened: PinnedSession, who: Member) -> tuple[int, bytes]:
    """Says that it is a member, as well as it can; what the answer was, and what it said."""
    challenge = await opened.challenge()
    transcript = Transcript(
        server_nonce=challenge.nonce,
        client_nonce=new_nonce(),
        server_certificate=challenge.certificate,
        client_certificate=who.identity.certificate,
    )
    body = pack(who.credentials(transcript))
    return (await opened.request("POST", ADMISSION_PATH, body))[0], body


def befriended(house: House, guest: House) -> Member:
    """Returns the guest as a member of the house's swarm."""
    said = admission(house.node_id, guest.node_id)
    house.membership.door.roster = with_said(house.membership.door.roster, house.member.identity, said, bytes(32))
    return replace(guest.member, swarm_key=house.member.swarm_key, members=house.member.members)


@pytest.mark.parametrize("is_right", [False, True])
async def test_with_the_right_key_but_nobodys_word_that_it_was_let_in(
    home: Home, mallory: House, is_right: bool
) -> None:
    """M3: who knows the key is not a member by that."""
    friend = befriended(home.house, mallory) if is_right else None
    pretender = friend or replace(mallory.member, swarm_key=home.house.member.swarm_key)
    async with at_home(home), pinned_session(home.house.address, home.house.node_id) as opened:
        assert (await prove(opened, pretender))[0] == (200 if is_right else 403)
        if not is_right:
            await gets_nothing(opened, home)


async def test_a_member_gets_what_the_others_do_not(home: Home, mallory: House) -> None:
    """Else the tests below would prove nothing."""
    friend = befriended(home.house, mallory)
    house = home.house
    async with at_home(home):
        async with visit(friend, [house.address], house.node_id) as opened:
            assert (await opened.request("GET", f"/model/{MODEL_HASH}"))[0] == 200
            assert home.asked_for == [MODEL_HASH]
        async with (
            visit(friend, [house.address], house.node_id) as opened,
            opened.http.ws_connect(opened.url.with_path(LINK_PATH)) as websocket,
        ):
            assert PEER_NAME.encode() in await websocket.receive_bytes()


async def test_without_a_key(home: Home) -> None:
    async with at_home(home), pinned_session(home.house.address, home.house.node_id) as opened:
        await gets_nothing(opened, home)


async def test_with_the_challenge_alone(home: Home) -> None:
    async with at_home(home), pinned_session(home.house.address, home.house.node_id) as opened:
        await gets_nothing(opened, home, challenged=True)


@pytest.mark.parametrize("key", [OTHER_KEY, bytes(32), b""])
async def test_with_a_wrong_key(home: Home, mallory: House, key: bytes) -> None:
    pretender = replace(mallory.member, swarm_key=key)
    async with at_home(home), pinned_session(home.house.address, home.house.node_id) as opened:
        assert (await prove(opened, pretender))[0] == 403
        await gets_nothing(opened, home)


async def test_with_the_old_key_after_a_removal(home: Home, mallory: House, tmp_path: Path) -> None:
    """Not by the old key, nor by the new one, should it have come by it; and a helper of its gets no further."""
    anna, accomplice = home.house, House(tmp_path, "accomplice")
    await anna.membership.open_door()
    async with at_home(home):
        assert (await mallory.ask(anna)).decision.roster is not None
        await mallory.link(anna)
        home.links.clear()
        old_key = anna.member.swarm_key
        assert mallory.member.swarm_key == old_key
        await anna.membership.shut_door()
        await anna.membership.remove_peer(mallory.node_id)
        for who, key in (
            (mallory, old_key),
            (accomplice, old_key),
            (mallory, anna.member.swarm_key),
        ):
            async with pinned_session(anna.address, anna.node_id) as opened:
                assert (await prove(opened, replace(who.member, swarm_key=key)))[0] == 403
                await gets_nothing(opened, home)
        former = replace(mallory.member, swarm_key=old_key)
        with pytest.raises(PeerError):
            await fetch_model(former, [anna.address], anna.node_id, MODEL_HASH, tmp_path / "stolen", most_bytes=1000)
    assert not (tmp_path / "stolen").exists()


async def test_with_a_replayed_proof(home: Home, mallory: House) -> None:
    """What a member once said is of no use to whoever says it again, on the same connection or another."""
    anna = home.house
    friend = befriended(anna, mallory)
    async with at_home(home):
        async with pinned_session(anna.address, anna.node_id) as opened:
            status, body = await prove(opened, friend)
            assert status == 200
        for _ in range(2):
            async with pinned_session(anna.address, anna.node_id) as opened:
                await opened.challenge()
                assert (await opened.request("POST", ADMISSION_PATH, body))[0] == 403
                await gets_nothing(opened, home)


async def test_with_its_own_certificate_and_anothers_id(home: Home, mallory: House, tmp_path: Path) -> None:
    """It knows the key (say, it was removed, and has seen the new one), and shows another's certificate: that a friend
    has the right to be here does not help who cannot sign for that friend."""
    anna, ben = home.house, House(tmp_path, "ben")
    key = anna.member.swarm_key

    def shows_anothers(proven: Credentials) -> Credentials:
        return replace(proven, certificate=ben.member.identity.certificate)

    def names_another(proven: Credentials) -> Credentials:
        return replace(proven, info=replace(proven.info, name=ben.node_id), certificate=bytes.fromhex(ben.node_id))

    alterations: list[Callable[[Credentials], Credentials]] = [shows_anothers, names_another]
    async with at_home(home):
        for alter in alterations:
            async with pinned_session(anna.address, anna.node_id) as opened:
                challenge = await opened.challenge()
                transcript = Transcript(
                    server_nonce=challenge.nonce,
                    client_nonce=new_nonce(),
                    server_certificate=challenge.certificate,
                    client_certificate=ben.member.identity.certificate,
                )
                proven = alter(replace(mallory.member, swarm_key=key).credentials(transcript))
                assert (await opened.request("POST", ADMISSION_PATH, pack(proven)))[0] == 403
                await gets_nothing(opened, home)


async def test_with_a_signature_of_the_wrong_side(home: Home, mallory: House) -> None:
    """The server's own proof, sent back to it, is none."""
    anna = home.house
    async with at_home(home), pinned_session(anna.address, anna.node_id) as opened:
        challenge = await opened.challenge()
        transcript = Transcript(
            server_nonce=challenge.nonce,
            client_nonce=challenge.nonce,
            server_certificate=challenge.certificate,
            client_certificate=challenge.certificate,
        )
        mirrored = Credentials(
            certificate=challenge.certificate,
            nonce=challenge.nonce,
            proof=anna.member.admission(transcript).proof,
            info=mallory.member.info,
        )
        assert (await opened.request("POST", ADMISSION_PATH, pack(mirrored)))[0] == 403
        await gets_nothing(opened, home)


async def test_joining_at_a_shut_door_makes_no_member_of_the_connection(home: Home, mallory: House) -> None:
    """It proves who it is, which is enough to be shown on the page and for nothing else."""
    anna = home.house
    async with at_home(home), pinned_session(anna.address, anna.node_id) as opened:
        nonce = new_nonce()
        challenge = await opened.challenge(commitment_to(nonce, mallory.member.identity.certificate))
        transcript = Transcript(
            server_nonce=challenge.nonce,
            client_nonce=nonce,
            server_certificate=challenge.certificate,
            client_certificate=mallory.member.identity.certificate,
        )
        request = JoinRequest(
            certificate=mallory.member.identity.certificate,
            nonce=nonce,
            signature=sign_joining(mallory.member.identity, transcript, Role.CLIENT),
            info=mallory.member.info,
        )
        status, answer = await opened.request("POST", JOIN_PATH, pack(request))
        assert status == 200
        assert anna.member.swarm_key not in answer
        assert anna.member.swarm_key.hex().encode() not in answer
        await gets_nothing(opened, home)


async def test_who_stays_before_a_shut_door_does_not_learn_whose_it_is(home: Home, mallory: House) -> None:
    """Neither the PC's name, which often is a person's, nor its version, which may have a known hole."""
    anna = home.house
    anna.membership.info = replace(anna.membership.info, name="Annas Laptop", version="9.8.7")
    async with at_home(home):
        async with pinned_session(anna.address, anna.node_id) as opened:
            async with opened.http.get(opened.url.with_path(CHALLENGE_PATH)) as response:
                said = await response.read() + repr(response.headers).encode()
            assert b"aiohttp" not in said
            assert b"Python" not in said
        asked = await ask_for_roster(mallory.member, [anna.address], anna.node_id)
        assert asked.decision.verdict is DoorAnswer.SHUT
        assert (asked.info.name, asked.info.version) == ("", "")
        await anna.membership.open_door()
        asked = await ask_for_roster(mallory.member, [anna.address], anna.node_id)
        assert (asked.info.name, asked.info.version) == ("Annas Laptop", "9.8.7")
