"""What a lying member does to a node, and a removed one with a helper: attacks for attacking.py.

They are of the kinds that must not work. A member may remove others, and that does work: so nobody is removed here who
takes part in anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door import Door
from swarmstt.core.membership.door_status import DoorAnswer
from swarmstt.core.membership.roster import Roster, with_accepted
from swarmstt.core.membership.statements import Acceptance, Statement, accepted, admission, removal, signed
from swarmstt.errors import PeerError
from swarmstt.ids import NodeId
from swarmstt.swarm.links.link import LinkClosedError
from swarmstt.swarm.links.messages import PROTOCOL_VERSION, Dismissed, Handed, Hello, Message
from swarmstt.swarm.links.offer import Offer
from swarmstt.swarm.network.dialling import dial
from swarmstt.swarm.network.websocket import WebSocketLink
from swarmstt.swarm.trust.handshake import Member, NodeInfo
from swarmstt.swarm.trust.identity import Identity, load_identity
from swarmstt.swarm.trust.joining import ask_for_roster
from swarmstt.swarm.trust.roster_file import RosterFile, packed

if TYPE_CHECKING:
    from tests.e2e.membership.attacking import Stranger

LIAR, HELPER, GONE, DEAF = "liar", "helper", "gone", "deaf"
FLOODS_A_SECOND = 2
DEAF_SECONDS = 20.0
LIES_A_SECOND = 10
TRIES_A_SECOND = 10
FLOODS = 4
FLOODING = 24
"""Identities in one flood, each of which lets in and removes 60."""
JOINING_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traitor:
    """An identity that was let in, the roster that it was given then, and the member that gave it."""

    identity: Identity
    roster: Roster
    host: NodeId

    @classmethod
    def load(cls, folder: Path) -> Traitor:
        identity = load_identity(folder)
        loaded = RosterFile.of(folder).load(identity, 0.0, time.time())
        assert loaded is not None
        roster = loaded[0].roster
        return cls(identity=identity, roster=roster, host=min(roster.hosts[identity.node_id]))

    def member(self, roster: Roster) -> Member:
        return Member(identity=self.identity, swarm_key=roster.key, info=INFO, members=roster.members)

    async def current_roster(self, address: Address) -> Roster:
        """The roster as it is now, for as long as this one is a member. PeerError for one that is not."""
        asked = await ask_for_roster(self.member(self.roster), [address], self.host, joins=False)
        if asked.decision.roster is None:
            raise PeerError("It gives no roster any more.")
        return asked.decision.roster

    @asynccontextmanager
    async def linked(self, address: Address, *, reads: bool = True) -> AsyncIterator[tuple[WebSocketLink, Roster]]:
        """A link as that of a helper that has no time, and the roster as it is now."""
        roster = await self.current_roster(address)
        offer = Offer(name=INFO.name, slots=0, unavailable_reason="not_helping")
        member = self.member(roster)
        async with dial(member, [address], self.host) as dialled, WebSocketLink(dialled.websocket) as link:
            await link.send(Hello(version=PROTOCOL_VERSION, node_id=self.identity.node_id, offer=offer))
            hearing = asyncio.ensure_future(_hear_out(link) if reads else asyncio.Event().wait())
            try:
                yield link, roster
            finally:
                hearing.cancel()


INFO = NodeInfo(name="mallory", version="1.0", protocol=PROTOCOL_VERSION, port=1)


async def _hear_out(link: WebSocketLink) -> None:
    """Whoever does not listen loses its link by that alone."""
    with contextlib.suppress(PeerError, LinkClosedError):
        while True:
            await link.receive()


async def come_in(folder: Path, address: Address, host: NodeId) -> dict[str, NodeId]:
    """Has all of them let in by this node, whose door is open; their ids. Somebody removes the one that is gone."""
    ids = {}
    for name in (GONE, LIAR, HELPER, DEAF):
        await asyncio.to_thread((folder / name).mkdir, parents=True)
        ids[name] = await _come_in(folder / name, address, host)
    return ids


async def _come_in(folder: Path, address: Address, host: NodeId) -> NodeId:
    identity = await asyncio.to_thread(load_identity, folder)
    member = Member(identity=identity, swarm_key=secrets.token_bytes(32), info=INFO, members=frozenset())
    give_up_at = time.monotonic() + JOINING_SECONDS
    while True:
        decision = (await ask_for_roster(member, [address], host)).decision
        if decision.roster is not None:
            break
        assert decision.verdict is DoorAnswer.BUSY
        assert time.monotonic() < give_up_at, "its door stays busy"
        await asyncio.sleep(0.2)
    roster = with_accepted(decision.roster, identity, host)
    RosterFile.of(folder).save(packed(Door(author=identity, roster=roster, established=True), 0.0, 0.0, opened=True))
    return identity.node_id


def _lying(roster: Roster, said: Sequence[tuple[Identity, Statement]], words: Sequence[Acceptance] = ()) -> Roster:
    """The roster with more that these identities say."""
    return replace(
        roster,
        statements=(*roster.statements, *(signed(author, roster.swarm_id, each) for author, each in said)),
        acceptances=(*roster.acceptances, *words),
        certificates={**roster.certificates, **{author.node_id: author.certificate for author, _ in said}},
    )


def _made(folder: Path, count: int) -> list[Identity]:
    made = []
    for _ in range(count):
        own = folder / secrets.token_hex(8)
        own.mkdir()
        made.append(load_identity(own))
    return made


def _nobody() -> NodeId:
    return NodeId(secrets.token_hex(32))


def _flood(traitor: Traitor, made: Sequence[Identity]) -> Roster:
    """It lets in identities that it made, each of which lets in and removes many, and accepts that."""
    said = [(traitor.identity, admission(traitor.identity.node_id, each.node_id)) for each in made]
    words = [accepted(each, traitor.roster.swarm_id, traitor.identity.node_id) for each in made]
    for each in made:
        said += [(each, admission(each.node_id, _nobody())) for _ in range(60)]
        said += [(each, removal(each.node_id, _nobody(), [_nobody()])) for _ in range(60)]
    return _lying(traitor.roster, said, words)


def _lies(traitor: Traitor, roster: Roster) -> list[Message]:
    """What is false, what was true once, and what it cannot say."""
    me, own_id = traitor.identity, traitor.identity.node_id
    others = sorted(roster.meaning.once_in - {own_id})
    claims = _lying(roster, [(me, admission(own_id, each)) for each in others])
    forged = _lying(roster, [(me, removal(traitor.host, each)) for each in others if each != traitor.host])
    words = [replace(accepted(me, roster.swarm_id, own_id), subject=each, author=own_id) for each in others]
    return [
        Handed(roster=claims, established=True),
        Handed(roster=forged, established=True),
        Handed(roster=replace(claims, acceptances=tuple(words)), established=False),
        Handed(roster=traitor.roster, established=True),
        Handed(roster=replace(traitor.roster, covers=roster.covers), established=True),
        Handed(roster=replace(roster, key=secrets.token_bytes(32), covers="0" * 64), established=True),
        Handed(roster=replace(roster, swarm_id=f"{own_id}-s0a0a", roots=frozenset({own_id})), established=True),
        Dismissed(case=replace(forged, key=b"", covers="")),
    ]


async def member_floods(stranger: Stranger) -> None:
    """A member sends rosters with more in them than there is room for."""
    traitor, address = _of(stranger, LIAR)
    with tempfile.TemporaryDirectory() as folder:
        made = [_made(Path(folder), FLOODING) for _ in range(FLOODS)]
        floods = [Handed(roster=_flood(traitor, each), established=True) for each in made]

    async def once() -> None:
        async with traitor.linked(address) as (link, roster):
            for each in floods * 1000:
                known = replace(each.roster, key=roster.key, covers=roster.covers)
                await link.send(replace(each, roster=known))
                stranger.did["floods"] += 1
                stranger.begun.set()
                await asyncio.sleep(1.0 / (FLOODS_A_SECOND * stranger.rate))

    await _again(stranger, once)


async def member_lies(stranger: Stranger) -> None:
    """A member claims to have let all others in, brings old rosters and keys, and forges."""
    traitor, address = _of(stranger, LIAR)

    async def once() -> None:
        async with traitor.linked(address) as (link, roster):
            while True:
                for each in _lies(traitor, roster):
                    await link.send(each)
                    stranger.did["lies"] += 1
                    stranger.begun.set()
                    await asyncio.sleep(1.0 / (LIES_A_SECOND * stranger.rate))

    await _again(stranger, once)


async def removed_and_helper(stranger: Stranger) -> None:
    """A removed member asks again and again, with all that it ever had; a member brings what it says now, and says
    that it had let it in itself."""
    gone, address = _of(stranger, GONE)
    helper, _ = _of(stranger, HELPER)
    with tempfile.TemporaryDirectory() as folder:
        made = _made(Path(folder), 8)
    said = [(gone.identity, admission(gone.identity.node_id, each.node_id)) for each in (*made, helper.identity)]
    said += [(gone.identity, removal(gone.identity.node_id, _nobody(), [_nobody()])) for _ in range(20)]
    said += [(each, admission(each.node_id, gone.identity.node_id)) for each in (helper.identity, *made)]
    said += [(helper.identity, admission(helper.identity.node_id, each.node_id)) for each in made]

    def note_begin() -> None:
        if stranger.did["requests to join"] and stranger.did["brought"]:
            stranger.begun.set()

    async def knock() -> None:
        for joins in (True, False):
            asked = await ask_for_roster(gone.member(gone.roster), [address], gone.host, joins=joins)
            assert asked.decision.roster is None, "who was removed is in again"
            stranger.did["requests to join"] += 1
            note_begin()
        async with dial(gone.member(gone.roster), [address], gone.host):
            raise AssertionError("who was removed has a link")

    async def bring() -> None:
        async with helper.linked(address) as (link, roster):
            while True:
                brought = _lying(roster, [*said, (gone.identity, removal(gone.identity.node_id, _nobody()))])
                await link.send(Handed(roster=brought, established=True))
                stranger.did["brought"] += 1
                note_begin()
                await asyncio.sleep(1.0 / (LIES_A_SECOND * stranger.rate))

    async def knock_again() -> None:
        with contextlib.suppress(PeerError):
            await knock()

    await asyncio.gather(
        stranger.again_and_again(4, TRIES_A_SECOND * stranger.rate, knock_again), _again(stranger, bring)
    )


async def _again(stranger: Stranger, once: Callable[[], Awaitable[None]]) -> None:
    """Does it again whenever its link has ended."""

    async def linked_again() -> None:
        with contextlib.suppress(PeerError):
            await once()

    await stranger.again_and_again(1, 5.0, linked_again)


def _of(stranger: Stranger, name: str) -> tuple[Traitor, Address]:
    return Traitor.load(Path(stranger.members) / name), Address(stranger.host, stranger.port)


async def member_reads_nothing(stranger: Stranger) -> None:
    """A member has a link, and after a while another one, and reads none of what the node sends by it."""
    traitor, address = _of(stranger, DEAF)

    async def once() -> None:
        async with traitor.linked(address, reads=False):
            stranger.did["deaf links"] += 1
            stranger.begun.set()
            await asyncio.sleep(DEAF_SECONDS)

    await _again(stranger, once)


BY_MEMBERS = {
    "floods of a member": member_floods,
    "lies of a member": member_lies,
    "a removed one and a helper": removed_and_helper,
    "a member that reads nothing": member_reads_nothing,
}
