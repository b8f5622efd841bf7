"""Nobody can aim at the four words: on real connections, what a joiner committed itself to holds, and tries that are
broken off are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.tries import MOST_BROKEN_OFF
from swarmstt.swarm.network.gate import GateLimits
from swarmstt.swarm.network.server import serve_swarm
from swarmstt.swarm.trust.handshake import JOIN_PATH, Challenge, Member, pack, unpack
from swarmstt.swarm.trust.joining import JoinAnswer, JoinRequest, ask_for_roster
from swarmstt.swarm.trust.pairing_words import pairing_words
from swarmstt.swarm.trust.pinned_requests import PinnedSession, pinned_session
from swarmstt.swarm.trust.proofs import Role, Transcript, commitment_to, new_nonce, sign_joining
from tests.support.waiting import eventually
from tests.swarm.listening import on_loopback
from tests.swarm.test_joining import House
from tests.unit.swarm.members import member
from tests.unit.swarm.trust.test_identity import signed_by

pytestmark = pytest.mark.attack


@pytest.fixture
def anna(tmp_path: Path) -> House:
    return House(tmp_path, "anna")


@pytest.fixture
def mallory(tmp_path: Path) -> Member:
    return member(tmp_path, "mallory")


@asynccontextmanager
async def at_home(house: House, *, stranger_seconds: float = 120.0) -> AsyncIterator[None]:
    sockets, address = on_loopback()
    house.listens_at(address)
    limits = GateLimits(stranger_seconds=stranger_seconds, most_strangers_an_address=64)
    async with serve_swarm(
        lambda: house.member, house.serve_link, sockets, keeper=house.membership.keeper, limits=limits
    ):
        yield


class Try:
    """One that stands between has its challenge, and may show what it likes."""

    def __init__(self, opened: PinnedSession, who: Member, challenge: Challenge, nonce: bytes) -> None:
        self.opened, self.who = opened, who
        self.transcript = Transcript(
            server_nonce=challenge.nonce,
            client_nonce=nonce,
            server_certificate=challenge.certificate,
            client_certificate=who.identity.certificate,
        )

    async def reveal(self, who: Member | None = None, *, greeting: bool = False) -> tuple[int, JoinAnswer | None]:
        who = who or self.who
        transcript = replace(self.transcript, client_certificate=who.identity.certificate)
        request = JoinRequest(
            certificate=who.identity.certificate,
            nonce=transcript.client_nonce,
            signature=sign_joining(who.identity, transcript, Role.CLIENT),
            info=who.info,
            greeting=greeting,
        )
        status, body = await self.opened.request("POST", JOIN_PATH, pack(request))
        return status, unpack(JoinAnswer, body) if status == 200 else None

    @property
    def words(self) -> tuple[str, ...]:
        return pairing_words(self.transcript)


async def begin(opened: PinnedSession, who: Member, *, joins: bool = True) -> Try:
    nonce = new_nonce()
    commitment = commitment_to(nonce, who.identity.certificate)
    return Try(opened, who, await opened.challenge(commitment, joins=joins), nonce)


async def begin_alone(stack: AsyncExitStack, house: House, who: Member, *, joins: bool = True) -> Try:
    opened = await stack.enter_async_context(pinned_session(house.address, house.node_id))
    return await begin(opened, who, joins=joins)


async def test_a_certificate_is_chosen_before_the_others_nonce_is_known(
    anna: House, mallory: Member, tmp_path: Path
) -> None:
    """Else it could make certificates until one of them gives the words that the other side shows."""
    await anna.membership.open_door()
    suits_better = member(tmp_path, "suits-better")
    async with at_home(anna), pinned_session(anna.address, anna.node_id) as opened:
        attempt = await begin(opened, mallory)
        assert await attempt.reveal(suits_better) == (403, None)
    assert anna.membership.door_view()["joining"] == []
    assert not anna.membership.door.awaited


async def test_a_certificate_that_another_key_has_signed_is_refused(
    anna: House, mallory: Member, tmp_path: Path
) -> None:
    await anna.membership.open_door()
    other = member(tmp_path, "other").identity
    forged = replace(mallory, identity=replace(mallory.identity, certificate=signed_by(mallory.identity, other)))
    own = replace(
        mallory, identity=replace(mallory.identity, certificate=signed_by(mallory.identity, mallory.identity))
    )
    for who, status in ((forged, 403), (own, 200)):
        async with at_home(anna), pinned_session(anna.address, anna.node_id) as opened:
            attempt = await begin(opened, who)
            assert (await attempt.reveal())[0] == status


async def test_tries_that_are_broken_off_shut_the_door_and_the_page_says_so(anna: House, mallory: Member) -> None:
    """By asking again on the same connection, by showing what was not committed to, and by hanging up."""
    await anna.membership.open_door()
    async with at_home(anna, stranger_seconds=5.0):
        async with pinned_session(anna.address, anna.node_id) as opened:
            for _ in range(3):
                attempt = await begin(opened, mallory)
            attempt.transcript = replace(attempt.transcript, client_nonce=new_nonce())
            assert await attempt.reveal() == (403, None)
        assert anna.membership.door_view()["advice"] == (
            "3 tries to join were broken off. Compare the four words on both PCs."
        )
        for _ in range(MOST_BROKEN_OFF - 3):
            async with pinned_session(anna.address, anna.node_id) as opened:
                await begin(opened, mallory)
        await eventually(lambda: not anna.membership.door_view()["open"], "the door shuts")
        assert "8 tries to join were broken off, so the door has shut" in str(anna.membership.door_view()["advice"])
        async with pinned_session(anna.address, anna.node_id) as opened:
            _, answered = await (await begin(opened, mallory)).reveal()
            assert answered is not None
            assert answered.decision.verdict is DoorAnswer.SHUT
        await anna.membership.open_door()
        async with pinned_session(anna.address, anna.node_id) as opened:
            _, answered = await (await begin(opened, mallory)).reveal()
            assert answered is not None
            assert answered.decision.verdict is DoorAnswer.ADMITTED


async def test_only_so_many_tries_are_held_and_no_other_comes_in(anna: House, mallory: Member) -> None:
    """Or one could hold hundreds, and go on with the one whose words suit it."""
    await anna.membership.open_door()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(at_home(anna))
        held = [await begin_alone(stack, anna, mallory) for _ in range(MOST_BROKEN_OFF)]
        one_more = await begin_alone(stack, anna, mallory)
        _, answered = await one_more.reveal()
        assert answered is not None
        assert answered.decision.verdict is DoorAnswer.BUSY
        assert anna.membership.door_view()["joining"] == [], "its words are not shown"
        _, answered = await held[0].reveal()
        assert answered is not None
        assert answered.decision.verdict is DoorAnswer.ADMITTED
        (shown,) = anna.membership.door_view()["joining"]
        assert tuple(shown["words"]) == held[0].words


@pytest.mark.parametrize("joins", [True, False])
async def test_who_only_makes_itself_known_does_not_come_in(anna: House, mallory: Member, joins: bool) -> None:
    """Nor does it get guesses by saying so: a try that ends so is broken off."""
    await anna.membership.open_door()
    async with at_home(anna), pinned_session(anna.address, anna.node_id) as opened:
        attempt = await begin(opened, mallory, joins=joins)
        _, answered = await attempt.reveal(greeting=joins)
        assert answered is not None
        assert answered.decision.roster is None
    assert anna.membership.door.tries.broken_off == joins
    assert not anna.membership.door.awaited


async def test_a_try_that_began_at_a_shut_door_is_none_at_the_open_one(anna: House, mallory: Member) -> None:
    async with at_home(anna), pinned_session(anna.address, anna.node_id) as opened:
        attempt = await begin(opened, mallory)
        await anna.membership.open_door()
        _, answered = await attempt.reveal()
        assert answered is not None
        assert answered.decision.verdict is DoorAnswer.BUSY


async def test_who_was_let_in_cannot_change_its_words_for_long(anna: House, mallory: Member) -> None:
    """It may have lost the answer and then asks again, which shows other words: so often and no more."""
    await anna.membership.open_door()
    async with at_home(anna):
        seen = set()
        for _ in range(2 * MOST_BROKEN_OFF):
            with suppress(Exception):
                await ask_for_roster(mallory, [anna.address], anna.node_id)
            (shown,) = anna.membership.door_view()["joining"]
            seen.add(tuple(shown["words"]))
        assert len(seen) <= MOST_BROKEN_OFF + 1
        assert not anna.membership.door_view()["open"]
        asked = await ask_for_roster(mallory, [anna.address], anna.node_id)
        assert asked.decision.verdict is DoorAnswer.ADMITTED, "it has the key already"
        assert not asked.decision.shown
