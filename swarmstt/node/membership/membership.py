"""The node's place in a swarm: its roster, its door, and the way through others' doors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.errors import StorageError
from swarmstt.ids import NodeId
from swarmstt.node.membership.arrivals import Arrivals
from swarmstt.node.membership.doorkeeping import Doorkeeping
from swarmstt.node.membership.kept_words import KeptWords
from swarmstt.node.membership.seeking import SwarmSeeker
from swarmstt.node.membership.stored_door import StoredDoor, load_door, new_key
from swarmstt.node.membership.swarm_actions import SwarmActions
from swarmstt.observers import Observers
from swarmstt.swarm.links.messages import Dismissed, DoorShut, Handed, News
from swarmstt.swarm.trust.handshake import Member, NodeInfo
from swarmstt.swarm.trust.identity import Identity
from swarmstt.tasks import TaskSet, happens

logger = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
"""Longest time between two looks at strangers that have gone."""
DISK_SECONDS = 5.0
"""Until a full disk is tried again."""


class Membership(SwarmActions):
    """Decides who comes in (`keeper`); goes in elsewhere; keeps all that on disk.

    `info`: what this node says of itself on links that open from now on. `lets_in`: anybody may come in while this
    node runs.
    """

    def __init__(
        self,
        identity: Identity,
        stored: StoredDoor,
        info: NodeInfo,
        *,
        lets_in: bool = True,
    ) -> None:
        super().__init__(stored, lets_in=lets_in)
        self.info = info
        self.observers: Observers[[Sequence[News]]] = Observers()
        """They hear of each change, once it is on disk, with what all linked members are to be sent because of it."""
        self.convinced: Observers[[]] = Observers()
        """They hear each time a member has said that it knows this node as one."""
        self.keeper = Doorkeeping(stored, self._strangers, self._changed, self.stranger_seen)
        self._identity = identity
        self._seeker = SwarmSeeker(
            self.door,
            self._strangers,
            stored.now,
            member=lambda: self.member,
            changed=self._changed.set,
            convinced=self.convinced.notify,
        )
        self._arrivals = Arrivals(self.door, changed=self._has_changed)
        self._words = KeptWords(stored.data_dir, identity.node_id, stored.now)
        self._counted_at = stored.now()

    def recall(self) -> None:
        """Brings back the words that were shown before this node was started again. Blocks."""
        self._words.load(self._strangers.pairings)

    @property
    def member(self) -> Member:
        """Who this node is now, to others."""
        members = None if self.door.fixed else self.door.roster.members
        return Member(identity=self._identity, swarm_key=self.door.roster.key, info=self.info, members=members)

    def bars(self, node_id: NodeId) -> bool:
        """Returns True for a node that stays out, whatever it proves."""
        return self.keeper.bars(node_id)

    def has(self, node_id: NodeId) -> bool:
        """Returns True for a member of this swarm."""
        return self.door.has(node_id)

    async def _save_now(self) -> None:
        await super()._save_now()
        self._seeker.look()

    # What peers say.

    def came(self, node_id: NodeId) -> None:
        """Notes that a link to a member is or was open, here or elsewhere."""
        self._strangers.belongs(node_id)
        if self.door.came(node_id):
            self._changed.set()

    def news_received(self, giver: NodeId, news: Handed | Dismissed | DoorShut) -> None:
        """Acts on what a linked member sent."""
        if not isinstance(news, DoorShut):
            self._arrivals.add(giver, news)
        elif self.door.is_open(self._clock()):
            self.door.shut()
            self._changed.set()

    def _has_changed(self) -> None:
        self._changed.set()
        self._seeker.look()

    def handed(self) -> Handed | None:
        """What members are to be sent of the roster, as it is on disk; None: nothing."""
        return self._stored.shareable

    def stranger_seen(
        self,
        node_id: NodeId,
        addresses: tuple[Address, ...],
        door_status: DoorStatus | None,
        *,
        announced: bool = False,
        has_key: bool = False,
    ) -> None:
        """Notes a node that is not known as a member: mDNS shows it, or it was met. `has_key`: it has the key all the
        same, so others may have let it in."""
        if door_status is not None and not door_status.is_usable:
            return
        if node_id != self.door.own_id and not self.door.fixed:
            self._strangers.seen(self._clock(), node_id, addresses, door_status, announced=announced, has_key=has_key)
            self._seeker.look()
            self._changed.set()

    def lost(self, node_id: NodeId) -> None:
        """Forgets a stranger that has become a member, or has gone."""
        self._strangers.lost(node_id)

    # What goes on by itself.

    def start(self, tasks: TaskSet) -> None:
        """Begins all that goes on by itself. The very first run that lets others in opens the door."""
        self.door.asleep = not self._lets_in
        if self._lets_in and not self._stored.opened and not self.door.fixed:
            self._stored.opened = True
            self.door.open(self._clock())
        self._changed.set()
        tasks.start(self._store_changes())
        tasks.start(self._arrivals.run())
        tasks.start(self._seeker.run(tasks))

    async def _store_changes(self) -> None:
        """Writes each change and notifies the observers then; shuts the door when its time is over."""
        while True:
            seconds = self.door.seconds_left(self._clock())
            await happens(self._changed, min(LOOK_SECONDS, seconds + 0.01) if seconds else LOOK_SECONDS)
            self._strangers.expire(self._clock())
            self._changed.clear()
            self._remove_absent()
            if self.door.pass_time(self._clock()):
                self._strangers.retry_all(self._clock())
                self._seeker.look()
            try:
                await self._stored.save()
                await self._words.save(self._strangers.pairings)
            except StorageError as error:
                logger.warning("%s", error.message)
                await asyncio.sleep(DISK_SECONDS)
                self._changed.set()
            else:
                self._notify()

    def _remove_absent(self) -> None:
        before, self._counted_at = self._counted_at, self._clock()
        for node_id in self.door.remove_absent(self._counted_at - before, new_key()):
            logger.info("A PC that was let in a day ago and never came was removed: %s.", node_id[:8])

    def _notify(self) -> None:
        to_send, self._to_send = self._to_send, []
        self.observers.notify(to_send)


def load_membership(
    data_dir: Path,
    given: Path | None,
    identity: Identity,
    clock: Callable[[], float],
    info: NodeInfo,
    *,
    lets_in: bool = True,
) -> Membership:
    """Loads the node's membership, or begins a new swarm of one. `given`: a file with the key."""
    stored = load_door(data_dir, given, identity, clock)
    membership = Membership(identity, stored, info, lets_in=lets_in)
    membership.recall()
    return membership
