"""How a node comes into a swarm, and who comes into its own: the door.

A node begins as its own swarm of one, with its door open for ten minutes. Until its door is shut it is *provisional*
and may go elsewhere; from then on it and its swarm are *established*, and stay apart from other established swarms for
good. A node that found no company in that time is established too, as a swarm of one: it goes nowhere by itself, until
a click opens its door for ten minutes and makes it provisional again. Rules:

- a provisional node near an open door goes in; a provisional swarm takes all its members along
- of two provisional nodes, the one whose swarm comes later by its id goes to the other
- near a shut door a provisional node waits, and knocks now and then, so that both pages can say what to click
- a door that many newcomers came through shuts by itself: a home has fewer PCs, but a stranger can pretend to be many
- so does one at which many tries to join were broken off (tries.py): each was a guess at the four words
- a node that was removed never comes in again; a click on that PC makes a new identity, which begins like a new PC
- one that this node let in and that never came is removed after a day
- a removal shuts the doors of all members, also of one that hears of it later: its door may still be open from before

A node that was let in is a member at once. It counts as company once a link to it was open: an answer may get lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from swarmstt.core.membership.belonging import Belonging
from swarmstt.core.membership.door_status import DoorAnswer, DoorStatus
from swarmstt.core.membership.roster import OfferedKey, Roster, moved, within_bounds
from swarmstt.core.membership.statements import admission
from swarmstt.core.membership.tries import JoinTries
from swarmstt.ids import NodeId

OPEN_SECONDS = 600.0
MOST_NEWCOMERS = 20
"""That one opening of the door lets in."""


@dataclass(slots=True, kw_only=True, eq=False)
class Door(Belonging):
    """The membership of a node. `at`: seconds on one clock, for all calls. What is stored of it are the fields up to
    `open_until`, `met` and `left_behind`; read them, do not change them."""

    established: bool = False
    declined: bool = False
    """A person shut the door of this node while it was alone, or removed all other members: it is alone by choice."""
    open_until: float | None = None
    asleep: bool = False
    """The door stays shut in this run (`transcribe`); what is stored of it does not change."""
    going_to: frozenset[NodeId] = frozenset()
    """The nodes whose rosters this one asks for right now. Once it lets somebody in, it goes to none of them, or the
    two might swap swarms."""
    newcomers: int = 0
    """Since the door was opened."""
    full_until: float | None = None
    """When the door would have shut, if it shut early: many came in, or many tries to join were broken off."""
    most_newcomers: int = MOST_NEWCOMERS
    tries: JoinTries = field(default_factory=JoinTries)

    # How things are.

    @property
    def provisional(self) -> bool:
        return not (self.fixed or self.removed or self.established)

    def is_open(self, at: float) -> bool:
        return self.seconds_left(at) > 0.0

    def seconds_left(self, at: float) -> float:
        if self.open_until is None or self.fixed or self.removed or self.asleep:
            return 0.0
        return max(0.0, self.open_until - at)

    def is_full(self, at: float) -> bool:
        """True if the door would still be open had fewer nodes come in, or broken off their tries."""
        return self.full_until is not None and at < self.full_until and not self.is_open(at)

    def status(self, at: float) -> DoorStatus | None:
        """What strangers may know; None: nothing."""
        if not self.is_open(at):
            return None
        return DoorStatus(swarm_id=self.roster.swarm_id, provisional=self.provisional, open=True)

    # What a person does.

    def open(self, at: float) -> None:
        """Opens the door: *Add a PC* was clicked. While it is open, a node that is alone may also go elsewhere. A node
        that was removed needs a new identity for that, and does nothing."""
        if self.removed:
            return
        self.established = self.established and not self.alone
        self.declined = False
        self.newcomers, self.full_until = 0, None
        self.tries.renew()
        self.open_until = None if self.fixed else at + OPEN_SECONDS

    def shut(self) -> None:
        """Shuts the door; a node that is alone stays so."""
        self.declined = self.alone
        self._close()

    def expel(self, node_id: NodeId, stays: Collection[NodeId], fresh_key: bytes) -> bool:
        """Removes a member: *Remove this PC* was clicked. Of those whom it let in only `stays` remain. The door shuts,
        and this node follows the removed one nowhere. False if this node has removed too many already."""
        self._remove(node_id, stays, fresh_key)
        self._close()
        self.declined = self.alone
        return self.roster.bars(node_id)

    def begin_again(self, at: float, fresh: Roster) -> None:
        """Begins a new swarm of this node alone, with its door open: all others are to join again, and it goes nowhere,
        or those who were there before could take it back."""
        self._leave_behind(fresh)
        self.going_to = frozenset()
        self.open(at)
        self.established = True

    # Time.

    def pass_time(self, at: float) -> bool:
        """Shuts the door if its time is over; True if that happened just now."""
        if self.asleep or self.open_until is None or self.open_until > at:
            return False
        self._close()
        return True

    def _close(self) -> None:
        self.open_until, self.established = None, True

    # Joining another swarm.

    def greets(self, at: float, status: DoorStatus | None) -> bool:
        """True if this node should make itself known to a stranger, which may not have seen it and is to come here."""
        if not self._is_looking(at) or status is None or not status.provisional:
            return False
        return not self.wants(at, status) and status.swarm_id != self.roster.swarm_id

    def wants(self, at: float, status: DoorStatus | None) -> bool:
        """True if this provisional node should ask a stranger with that status (None: it does not say) for its roster.
        At a shut door that only makes this node known there."""
        if not self._is_looking(at):
            return False
        if status is None or not status.open:
            # A provisional node comes here if a door opens; at any other it is worth being seen.
            return self.alone and (status is None or not status.provisional)
        return not status.provisional or status.swarm_id < self.roster.swarm_id

    def _is_looking(self, at: float) -> bool:
        """True if this node may go elsewhere: in its first ten minutes, and in ten minutes after a click."""
        return self.provisional and self.is_open(at)

    def start_join(self, node_id: NodeId) -> None:
        """Notes that this node now asks that one for its roster; `joined` or `abort_join` follows. It may ask several:
        the first that lets it in counts."""
        self.going_to |= {node_id}

    def abort_join(self, node_id: NodeId) -> None:
        """Notes that nothing came of it."""
        self.going_to -= {node_id}

    def joined(
        self, at: float, by: NodeId, roster: Roster, fresh_key: bytes, *, established: bool, seconds_left: float
    ) -> bool:
        """Takes the roster of the swarm that `by` let this node into, unless this node became established meanwhile, or
        has let somebody in or gone elsewhere since it asked, or the roster does not say that both are members, and that
        `by` let this one in: it accepts that, and no claim of somebody else. False if it does not go there. In a
        provisional swarm all doors shut at the same time."""
        if by not in self.going_to or not self._is_looking(at):
            return False
        roster = within_bounds(roster)
        if not self._may_go_to(roster, by):
            return False
        self._move(roster, by, fresh_key)
        self.open_until = at + min(seconds_left, OPEN_SECONDS) if seconds_left > 0.0 and not established else None
        self.established = self.open_until is None
        return True

    def _move(self, roster: Roster, host: NodeId, fresh_key: bytes) -> None:
        self.going_to = frozenset()
        self.roster = moved(self.roster, roster, self.author, host, fresh_key)
        self._forget_others()

    # Letting in.

    def is_newcomer(self, at: float, node_id: NodeId) -> bool:
        """True for one that this node lets in if it asks to be let in now. Also for one of which others say that they
        had let it in, unless it has said so itself: anybody could say it."""
        is_let_in = admission(self.own_id, node_id) in self.roster.said or self.roster.has_come_in(node_id)
        return self.is_open(at) and not is_let_in and not self.roster.bars(node_id)

    def admit(self, at: float, node_id: NodeId, fresh_key: bytes, *, joins: bool = True) -> DoorAnswer:
        """Decides on a node that has proven its certificate and asks for the roster. `joins`: asks to be let in."""
        if self.fixed or self.removed:
            return DoorAnswer.SHUT
        if node_id in self.roster.members and not (joins and self.is_newcomer(at, node_id)):
            return DoorAnswer.ADMITTED  # it missed something, or the answer when it was let in
        if self.roster.bars(node_id):
            return DoorAnswer.REMOVED
        if not self.is_open(at):
            return DoorAnswer.SHUT
        self._say([admission(self.own_id, node_id)], fresh_key)
        if node_id not in self.roster.members:
            return DoorAnswer.SHUT  # this node has let in as many as one can
        self.going_to = frozenset()
        self.awaited = {**self.awaited, node_id: 0.0}
        self._count_newcomer()
        return DoorAnswer.ADMITTED

    def _count_newcomer(self) -> None:
        self.newcomers += 1
        if self.newcomers >= self.most_newcomers:
            self._close_early()

    def begin_try(self, at: float) -> int | None:
        """Notes that somebody who wants to come in is about to learn this node's nonce. Returns the number to end that
        try with; None if nobody can come in by it, since the door is shut or too much goes on at it."""
        return self.tries.begin() if self.is_open(at) else None

    def end_try(self, at: float, number: int, *, let_in: bool) -> None:
        """Notes how a try ended. The door shuts if too many were broken off."""
        self.tries.end(number, let_in=let_in)
        self._shut_if_tried_often(at)

    def repeat_try(self, at: float) -> None:
        """Notes that a node which was let in asks again. The door shuts if that happens too often."""
        self.tries.repeat()
        self._shut_if_tried_often(at)

    def _shut_if_tried_often(self, at: float) -> None:
        if self.tries.are_used_up and self.is_open(at):
            self._close_early()

    def _close_early(self) -> None:
        self.full_until = self.open_until
        self._close()

    def came(self, node_id: NodeId) -> bool:
        """Notes that a link to this member was open, here or at another member. True if that is news."""
        if not Belonging.came(self, node_id):
            return False
        self.established = self.established or self.open_until is None
        return True

    # What members send.

    def roster_received(self, theirs: Roster, giver: NodeId, fresh_key: bytes, *, established: bool) -> bool:
        """Merges the roster that a member sent; its statements are genuine. True if that changed anything here. By this
        a node learns that it was removed."""
        if self.fixed or self.removed:
            return False
        before = self.roster, self.established
        if theirs.swarm_id == self.roster.swarm_id:
            roster = self._merged(theirs, OfferedKey.of(giver, theirs), fresh_key)
            if giver not in roster.members:
                return False  # what somebody says that does not belong here is not heard
            self._take(roster)
            self.established = self.established or established or self.open_until is None
        elif self._follows(theirs := within_bounds(theirs), giver, established=established):
            self._move(theirs, giver, fresh_key)
            self.open_until = None if established else self.open_until
            self.established = established or self.open_until is None
        return before != (self.roster, self.established)

    def removal_received(self, case: Roster, fresh_key: bytes) -> bool:
        """Takes what a member says on why this node is not one any more; the statements are genuine. True if so."""
        if not (self.fixed or self.removed) and case.swarm_id == self.roster.swarm_id:
            roster = self._merged(case, None, fresh_key)
            if self.own_id not in roster.members:
                self._take(roster)
                return True
        return False

    def _take(self, roster: Roster) -> None:
        if roster.meaning.out != self.roster.meaning.out:
            self.open_until = None  # it was opened before this removal, and who was removed may stand there
        gone, self.roster = self.roster.members - roster.members, roster
        self._forget_others()
        if self.own_id not in roster.members:
            self.all_are_to_join_again = len(roster.members) <= 1 < len(gone)
            self.removed, self.open_until, self.going_to, self.awaited = True, None, frozenset(), {}

    def _follows(self, theirs: Roster, giver: NodeId, *, established: bool) -> bool:
        """True if this node moves with a fellow that has gone into another swarm and let it in there. Of two
        provisional swarms only the later one by its id moves, so nobody goes in a circle."""
        if not self.provisional or giver not in self.roster.members:
            return False
        return self._may_go_to(theirs, giver) and (established or theirs.swarm_id < self.roster.swarm_id)
