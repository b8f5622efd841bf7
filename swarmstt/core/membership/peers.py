"""Peers: what a node knows of another, and what it may be asked to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from swarmstt.backoff import backoff_seconds
from swarmstt.core.membership.addresses import Address
from swarmstt.ids import NodeId

PeerState = Literal["linked", "away", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRules:
    """Times in seconds, and limits."""

    first_pause_seconds: float = 0.25
    """A link that breaks comes back within the second that a coordinator waits for it (`Rules.return_seconds`)."""
    longest_pause_seconds: float = 60.0
    steady_seconds: float = 5.0
    """A link that broke sooner counts as a call that failed."""
    rumour_seconds: float = 600.0
    """A peer that others know but that was never reached is forgotten after this."""
    memory_seconds: float = 60 * 86400.0
    shown_seconds: float = 600.0
    """A peer that went away is shown for so long."""
    most_peers: int = 256
    most_rumours: int = 128
    """Peers that others know but that never showed themselves."""
    most_addresses: int = 8
    most_name_letters: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An order to dial these addresses, the best first. `node_id` None: any node that is there."""

    node_id: NodeId | None
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPeer:
    """A peer as it is stored, and sent to others. `seen_seconds_ago`: when a link to it was last open."""

    node_id: NodeId
    name: str
    addresses: tuple[Address, ...]
    seen_seconds_ago: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class Backoff:
    """The pause between two calls, and what came of them."""

    until: float
    failures: int = 0
    calling: bool = False
    linked_at: float | None = None

    def end(self, at: float) -> None:
        """Ends the pause at once: there is news."""
        self.until, self.failures = at, 0

    def grow(self, at: float, rules: PeerRules) -> None:
        """Begins a longer pause: a call failed, or its link ended. After a link that lasted, it is short again."""
        if self.linked_at is not None and at - self.linked_at >= rules.steady_seconds:
            self.failures = 0
        self.failures += 1
        self.until = at + backoff_seconds(
            self.failures, first_seconds=rules.first_pause_seconds, longest_seconds=rules.longest_pause_seconds
        )
        self.linked_at = None


@dataclass(slots=True, kw_only=True, eq=False)
class Peer:
    """One node that this node knows. Read it, do not change it."""

    node_id: NodeId
    backoff: Backoff
    known_at: float
    name: str = ""
    version: str | None = None
    addresses: list[Address] = field(default_factory=list)
    """Those that worked or were announced last come first."""
    announced: bool = False
    helped: bool = False
    """A link to it is open: this node helps it."""
    helping: int = 0
    """Links that it opened to this node: one, or two for a moment while a new one replaces an old."""
    seen_at: float | None = None
    reason: str | None = None
    """Why it, or this node, refused the link."""

    @property
    def linked(self) -> bool:
        return self.helped or self.helping > 0

    @property
    def state(self) -> PeerState:
        return "linked" if self.linked else "away" if self.reason is None else "refused"

    @property
    def idle(self) -> bool:
        """True if nothing goes on with it: it may be forgotten."""
        return not self.linked and not self.backoff.calling

    @property
    def is_rumour(self) -> bool:
        """True if nobody but other peers says that it is there."""
        return not self.linked and not self.announced and self.seen_at is None

    @property
    def last_news_at(self) -> float:
        return self.known_at if self.seen_at is None else self.seen_at

    def known(self, at: float) -> KnownPeer:
        ago = 0.0 if self.linked or self.seen_at is None else max(0.0, at - self.seen_at)
        return KnownPeer(node_id=self.node_id, name=self.name, addresses=tuple(self.addresses), seen_seconds_ago=ago)
