"""What a person does about the swarm: opens and shuts the door, removes others, has all others join again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from swarmstt.errors import ConflictError
from swarmstt.ids import NodeId
from swarmstt.node.membership.door_view import door_view
from swarmstt.node.membership.stored_door import StoredDoor, make_new_identity, new_key, new_roster
from swarmstt.node.membership.strangers import Strangers
from swarmstt.phrases import FOR_ONE_COMMAND
from swarmstt.swarm.links.messages import DoorShut, News
from swarmstt.web.api.status_views import DoorView, MembershipView

logger = logging.getLogger(__name__)


class SwarmActions:
    """A MembershipPort. `lets_in`: anybody may come in while this node runs."""

    def __init__(self, stored: StoredDoor, *, lets_in: bool) -> None:
        self.door = stored.door
        self.renewed = asyncio.Event()
        """Set once this node has a new identity on disk: it is to be started again."""
        self._stored = stored
        self._clock = stored.now
        self._lets_in = lets_in
        self._strangers = Strangers()
        self._changed = asyncio.Event()
        self._to_send: list[News] = []

    def door_view(self) -> DoorView:
        """Returns what the page shows of the door."""
        return door_view(self.door, self._strangers, self._clock(), damaged=self._stored.damaged)

    def word_on(self, node_id: str) -> MembershipView:
        """Returns whom a member let in, and whether it has ever come."""
        roster, met = self.door.roster, self.door.met
        let_in = roster.let_in_by(NodeId(node_id)) & roster.members - {self.door.own_id}
        return {"let_in": sorted(let_in), "met": node_id in met}

    def see_words(self, node_id: NodeId) -> None:
        """Notes that a person has seen the words that this PC and another one showed."""
        self._strangers.pairings.see(self._clock(), node_id)
        self._changed.set()

    async def open_door(self) -> None:
        """Opens the door. ConflictError if the key is from a file, or nobody could come in before this run is over."""
        self._check_door()
        if self.door.removed:
            await self.renew_identity(stays_alone=False)
            return
        if self.door.lets_in_no_more and self.door.alone:
            self.door.begin_again(self._clock(), new_roster(self.door.own_id))  # nobody who ever came is left behind
        self.door.open(self._clock())
        await self._save_now()

    def _check_door(self) -> None:
        if not self._lets_in:
            raise ConflictError(FOR_ONE_COMMAND)
        if self.door.fixed:
            raise ConflictError(
                "The key of this PC's swarm is from a file (--swarm_key_file). Give the new PC the same file; or have "
                "this one leave that swarm: swarmstt peers --leave"
            )

    async def shut_door(self) -> None:
        """Shuts the door, here and at all members. A node that was removed begins a swarm of its own by that, and stays
        alone in it."""
        if self.door.removed:
            await self.renew_identity(stays_alone=True)
            return
        self.door.shut()
        self._to_send.append(DoorShut())
        await self._save_now()

    async def take_new_identity(self, *, stays_alone: bool) -> None:
        """Does what a person asked for by a click: see renew_identity. ConflictError if the node runs for one command,
        or is to stay alone and was started with a key file; if it is alone, leaving means nothing."""
        if not self._lets_in:
            raise ConflictError(FOR_ONE_COMMAND)
        if stays_alone and self._stored.is_given:
            raise ConflictError("This PC was started with --swarm_key_file: start it without that, then have it leave.")
        if stays_alone and not self.door.fixed and self.door.alone and not self.door.removed:
            raise ConflictError("This PC is in no swarm with others already.")
        await self.renew_identity(stays_alone=stays_alone)

    async def renew_identity(self, *, stays_alone: bool) -> None:
        """Makes a new identity, which belongs to no swarm yet, and sets `renewed`. The old one is kept aside.
        `stays_alone`: its door is shut; otherwise it begins like a new PC."""
        await self._stored.retire()
        await asyncio.to_thread(make_new_identity, self._stored.data_dir, stays_alone=stays_alone)
        logger.info("This PC has a new identity, and starts again.")
        self.renewed.set()

    async def remove_peer(self, node_id: NodeId, stays: Collection[NodeId] | None = None) -> None:
        """Removes a member. `stays`: those of whom it let in that remain; None: those to which a link was open at some
        time. ConflictError if it is not a member, or cannot be removed here."""
        self._check_removable(node_id)
        if not self.door.expel(node_id, self.door.met if stays is None else stays, new_key()):
            raise ConflictError(
                "This PC has removed as many PCs as one can. Remove it on another PC, or have all others join again."
            )
        self._to_send.append(DoorShut())
        logger.info("A PC was removed; the others get a new key.")
        await self._save_now()

    def _check_removable(self, node_id: NodeId) -> None:
        if self.door.fixed:
            raise ConflictError(
                "The key of this swarm is in a file: to remove a PC, give all the others a file with a new key."
            )
        if node_id == self.door.own_id:
            raise ConflictError("A PC is removed from the page of another one; choose it there.")
        if not self.door.has(node_id):
            raise ConflictError("That PC is not in this swarm.")

    async def begin_again(self) -> None:
        """Removes all others, and begins a new swarm of this PC alone, with its door open: each of them is to be added
        again by clicks. ConflictError where the door cannot be opened."""
        self._check_door()
        if self.door.removed:
            await self.renew_identity(stays_alone=False)
            return
        self.door.expel_others(new_key())
        self.door.begin_again(self._clock(), new_roster(self.door.own_id))
        logger.info("This PC has begun a new swarm; all others are to join again.")
        await self._save_now()

    async def _save_now(self) -> None:
        """Stores what was done, and has all the rest hear of it."""
        await self._stored.save()
        self._strangers.retry_all(self._clock())
        self._changed.set()
