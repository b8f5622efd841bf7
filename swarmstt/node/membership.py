"""The node's place in a swarm: its ring, its door, and the way through others' doors."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from swarmstt.core.addresses import Address
from swarmstt.core.door import Door, DoorAnswer, Sign
from swarmstt.core.manners import FOR_ONE_COMMAND
from swarmstt.core.ring import KEY_BYTES, Standing
from swarmstt.errors import ConflictError, PeerError, StorageError
from swarmstt.ids import NodeId
from swarmstt.node.doors import load_door, new_ring
from swarmstt.node.strangers import KNOCK_SECONDS, RETRY_SECONDS, Pairing, Stranger, Strangers, advice
from swarmstt.swarm.handshake import Card, Member
from swarmstt.swarm.identity import Identity
from swarmstt.swarm.joining import Asked, Decision, Joiner, ask_for_ring
from swarmstt.swarm.messages import Dismissed, DoorShut, Handed
from swarmstt.swarm.ring_file import RingFile, packed
from swarmstt.tasks import TaskSet, happens

logger = logging.getLogger(__name__)

MOST_ADDRESSES = 3
"""Of one stranger that are tried."""
LOOK_SECONDS = 30.0
DISK_SECONDS = 5.0
"""Until a full disk is tried again."""


class Membership:
    """Decides, as Doorkeeper of the swarm port, who comes in; goes in elsewhere; keeps all that on disk."""

    def __init__(
        self, identity: Identity, door: Door, file: RingFile, clock: Callable[[], float], *, opened: bool
    ) -> None:
        self.door = door
        self.on_kept: Callable[[], None] = lambda: None
        """Called after each change, once it is on disk."""
        self.lets_in = True
        """Whether anybody could come in while this node runs."""
        self.times_shut = 0
        """By a person, here: so often all other members' doors are to shut too."""
        self._identity = identity
        self._file = file
        self._clock = clock
        self._opened = opened
        self._strangers = Strangers()
        self._changed = asyncio.Event()
        self._look = asyncio.Event()
        self._saving = asyncio.Lock()
        self._saved = b""
        self._handed = Handed(ring=door.ring, grown=door.grown)
        self._asking: set[NodeId] = set()
        self._card = Card(name="", version="", protocol=0, port=0)

    def member(self, card: Card) -> Member:
        """Who this node is now, to others."""
        self._card = card
        return Member(identity=self._identity, swarm_key=self.door.ring.key, card=card)

    # Doorkeeper.

    def sign(self) -> Sign | None:
        return self.door.sign(self._clock())

    def bars(self, node_id: NodeId) -> bool:
        return self.door.removed or self.has_removed(node_id)

    def has_removed(self, node_id: NodeId) -> bool:
        return not self.door.fixed and self.door.ring.bars(node_id)

    def has(self, node_id: NodeId) -> bool:
        """Whether it is of this node's swarm, as far as this node knows; nobody is known of one with a key file."""
        return self.door.fixed or (not self.door.removed and node_id in self.door.ring.members)

    async def decide(self, joiner: Joiner) -> Decision:
        at, door = self._clock(), self.door
        if door.fixed:
            raise PeerError("A swarm with a key file lets nobody join.")  # and does not say who asks in vain of whom
        was_member = joiner.node_id in door.ring.members
        if not was_member and joiner.sign is not None:
            self.noticed(joiner.node_id, (Address(joiner.host, joiner.card.port),), joiner.sign)
        if joiner.greeting:
            return Decision(verdict=DoorAnswer.SHUT, shown=False)
        verdict = door.admit(at, joiner.node_id)
        shown = not (was_member or door.removed or verdict is DoorAnswer.REMOVED)
        if shown:
            self._pair(joiner.node_id, joiner.card.name, joiner.words, verdict is DoorAnswer.ADMITTED, came=True)
        if verdict is not DoorAnswer.ADMITTED:
            return Decision(verdict=verdict, shown=shown, standing=door.ring.roll.get(joiner.node_id))
        await self._save()
        if not was_member:
            logger.info("%s was let in: %s.", joiner.card.name, " ".join(joiner.words))
        return Decision(
            verdict=verdict, shown=shown, ring=door.ring, grown=door.grown, seconds_left=door.seconds_left(at)
        )

    def _pair(self, node_id: NodeId, name: str, words: tuple[str, ...], joined: bool, *, came: bool) -> None:
        self._strangers.paired(
            Pairing(
                node_id=node_id,
                name=name[:100] or "a new PC",
                words=words,
                state="joined" if joined else "waiting",
                came=came,
                at=self._clock(),
            )
        )
        self._changed.set()

    # The person's page (DoorPort).

    def door_view(self) -> dict[str, Any]:
        at, door = self._clock(), self.door
        return {
            "open": door.is_open(at),
            "seconds_left": math.ceil(door.seconds_left(at)),
            "joining": [each.view for each in self._strangers.pairings() if self._is_true(each)],
            "alone": not door.fixed and door.alone,
            "removed": door.removed,
            "declined": door.declined,
            "advice": advice(door, self._strangers, at),
        }

    def _is_true(self, pairing: Pairing) -> bool:
        """Whether it still is as the pairing says: one that joined may have been removed, here or elsewhere."""
        return pairing.state == "waiting" or self.has(pairing.node_id) or pairing.node_id in self.door.let_in

    async def open_door(self) -> None:
        """ConflictError where the key is from a file, or nobody could come in before this run is over."""
        if not self.lets_in:
            raise ConflictError(FOR_ONE_COMMAND)
        if self.door.fixed:
            raise ConflictError("The key of this swarm is in a file (--swarm_key_file): give the new PC the same file.")
        self.door.open(self._clock(), new_ring(self.door.own_id))
        await self._kept()

    async def shut_door(self) -> None:
        """Lets nobody in any more. One that was removed begins a swarm of its own by that, and stays alone in it."""
        if self.door.removed:
            self.door.open(self._clock(), new_ring(self.door.own_id))
        self.door.shut()
        self.times_shut += 1
        await self._kept()

    async def remove_peer(self, node_id: NodeId) -> None:
        """ConflictError for one that is no member, or where this cannot be."""
        if self.door.fixed:
            raise ConflictError(
                "The key of this swarm is in a file: to remove a PC, give all the others a file with a new key."
            )
        if node_id == self.door.own_id:
            raise ConflictError("A PC is removed from the page of another one; choose it there.")
        if self.door.removed or node_id not in self.door.ring.members:
            raise ConflictError("That PC is not in this swarm.")
        self.door.expel(node_id, secrets.token_bytes(KEY_BYTES))
        self.times_shut += 1
        logger.info("A PC was removed; the others get a new key.")
        await self._kept()

    async def _kept(self) -> None:
        await self._save()
        self._strangers.hurry(self._clock())
        self._changed.set()
        self._look.set()

    # What peers say.

    def proven(self, node_id: NodeId) -> None:
        """It proved the key over a link."""
        self._strangers.belongs(node_id)
        if self.door.proven(node_id):
            self._changed.set()

    def told(self, news: Handed | Dismissed | DoorShut) -> None:
        """A linked member said that."""
        if isinstance(news, DoorShut):
            if self.door.is_open(self._clock()):
                self.door.shut()
                self._changed.set()
        elif isinstance(news, Dismissed):
            self._dismissed(news.standing)
        elif news.ring.is_usable and self.door.heard(news.ring, secrets.token_bytes(KEY_BYTES), grown=news.grown):
            self._changed.set()
            self._look.set()

    def _dismissed(self, standing: Standing) -> None:
        if self.door.dismissed(standing):
            logger.warning("This PC was removed from its swarm by another PC.")
            self._changed.set()

    def handed(self) -> Handed | None:
        """What to tell members, as it is on disk; None: nothing."""
        return None if self.door.fixed or self.door.removed else self._handed

    def noticed(
        self, node_id: NodeId, addresses: tuple[Address, ...], sign: Sign | None, *, announced: bool = False
    ) -> None:
        """A node that does not have this swarm's key was heard or met."""
        if node_id != self.door.own_id and not self.door.fixed:
            self._strangers.noticed(self._clock(), node_id, addresses[:MOST_ADDRESSES], sign, announced=announced)
            self._look.set()
            self._changed.set()

    def lost(self, node_id: NodeId) -> None:
        """It is no stranger any more, or has gone."""
        self._strangers.lost(node_id)

    # What goes on by itself.

    def start(self, tasks: TaskSet) -> None:
        """The very first run that lets others in opens the door."""
        self.door.asleep = not self.lets_in
        if self.lets_in and not self._opened and not self.door.fixed:
            self._opened = True
            self.door.open(self._clock(), self.door.ring)
        self._changed.set()
        tasks.start(self._keep_all())
        tasks.start(self._look_around(tasks.start))

    async def _keep_all(self) -> None:
        """Writes what changed, and tells it then; shuts the door when its time is over."""
        while True:
            seconds = self.door.seconds_left(self._clock())
            await happens(self._changed, min(LOOK_SECONDS, seconds + 0.01) if seconds else LOOK_SECONDS)
            self._strangers.expire(self._clock())
            self._changed.clear()
            if self.door.pass_time(self._clock()):
                self._strangers.hurry(self._clock())
                self._look.set()
            try:
                await self._save()
            except StorageError as error:
                logger.warning("%s", error.message)
                await asyncio.sleep(DISK_SECONDS)
                self._changed.set()
            else:
                self.on_kept()

    async def _save(self) -> None:
        async with self._saving:
            content = packed(self.door, self._clock(), time.time(), opened=self._opened)
            handed = Handed(ring=self.door.ring, grown=self.door.grown)
            if content != self._saved and not self.door.fixed:
                await asyncio.to_thread(self._file.save, content)
                self._saved, self._handed = content, handed

    async def _look_around(self, start: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        """Asks strangers for their ring, for ever."""
        while True:
            self._look.clear()
            at = self._clock()
            for stranger in self._strangers.due(at, self.door):
                self._set_out(stranger, start)
            next_at = self._strangers.next_at(at, self.door)
            await happens(self._look, LOOK_SECONDS if next_at is None else max(0.05, next_at - at))

    def _set_out(self, stranger: Stranger, start: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        at, door, node_id = self._clock(), self.door, stranger.node_id
        wanted = door.wants(at, stranger.sign)
        greeting = not wanted and node_id not in door.ring.members
        if node_id in self._asking or (greeting and not door.greets(at, stranger.sign)):
            return
        stranger.next_at = at + KNOCK_SECONDS
        self._asking.add(node_id)
        if wanted:
            door.set_out(node_id)
        start(self._ask(stranger, wanted=wanted, greeting=greeting))

    async def _ask(self, stranger: Stranger, *, wanted: bool, greeting: bool) -> None:
        try:
            asked = await ask_for_ring(
                self.member(self._card), stranger.addresses, stranger.node_id, sign=self.sign(), greeting=greeting
            )
        except PeerError as error:
            logger.debug("%s", error.message)
        else:
            self._answered(asked, wanted=wanted)
        finally:
            self._asking.discard(stranger.node_id)
            if wanted:
                self.door.turned_back()
            self._look.set()

    def _answered(self, asked: Asked, *, wanted: bool) -> None:
        at, door, decision = self._clock(), self.door, asked.decision
        fellow = asked.node_id in door.ring.members
        for each in self._strangers.near():
            if each.node_id == asked.node_id:
                each.name = asked.card.name[:100]
                if decision.verdict is DoorAnswer.BUSY:
                    each.next_at = at + RETRY_SECONDS
        if decision.verdict is DoorAnswer.REMOVED and fellow and decision.standing is not None:
            self._dismissed(decision.standing)
        caught_up = (
            fellow
            and decision.ring is not None
            and door.heard(decision.ring, secrets.token_bytes(KEY_BYTES), grown=decision.grown)
        )
        if wanted and not caught_up and decision.ring is not None:
            door.joined(at, decision.ring, grown=decision.grown, seconds_left=decision.seconds_left)
            self._strangers.lost(asked.node_id)
            logger.info("This PC joined %s: %s.", asked.card.name, " ".join(asked.words))
        if decision.shown:
            self._pair(asked.node_id, asked.card.name, asked.words, decision.ring is not None, came=False)
        if decision.ring is not None and not fellow:
            self._strangers.hurry(at)
        self._changed.set()


def load_membership(data_dir: Path, given: Path | None, identity: Identity, clock: Callable[[], float]) -> Membership:
    """The node's membership as it was kept, or that of a new swarm of one. `given`: a file with the key."""
    file = RingFile.of(data_dir)
    door, opened = load_door(file, given, identity.node_id, clock())
    return Membership(identity, door, file, clock, opened=opened)
