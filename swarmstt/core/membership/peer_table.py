"""The peers that a node knows, and when to dial each.

A node learns of another by mDNS, by an address that a person gave, from other peers, from its own memory, or by being
dialled. Either way there is one entry for each node id, and each node holds one link to it, to help it.

Rules:
- a peer that is not linked is dialled again and again, after pauses that grow to `longest_pause_seconds`; news of it
  (it announces itself, it dials this node) ends the pause
- an address that a person gave is dialled for any node that is there, until one there is linked
- only peers that are linked now are passed on to others, so a peer that has gone is not passed on for ever
- a peer that was never linked is forgotten soon, any other after `memory_seconds`; at most `most_peers` are known
- at most `most_rumours` are peers of which only others say that they are there: a member can name as many as it likes,
  and to dial each takes seconds, in which nothing takes its place
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.peers import Backoff, Call, KnownPeer, Peer, PeerRules
from swarmstt.display_text import one_line
from swarmstt.ids import NodeId


@dataclass(slots=True, kw_only=True, eq=False)
class _Given:
    """An address that a person gave, and the node that was found there last."""

    backoff: Backoff
    node_id: NodeId | None = None


class PeerTable:
    """All peers of the node `own_id`. `at`: seconds on one clock, for all calls."""

    def __init__(self, own_id: NodeId, rules: PeerRules | None = None) -> None:
        self.rules = rules or PeerRules()
        self._own_id = own_id
        self._peers: dict[NodeId, Peer] = {}
        self._given: dict[Address, _Given] = {}

    # Where peers come from.

    def given(self, at: float, address: Address) -> None:
        """Adds an address that a person gave."""
        self._given.setdefault(address, _Given(backoff=Backoff(until=at)))

    def remembered(self, at: float, known: Iterable[KnownPeer]) -> None:
        """Adds the peers of an earlier run."""
        for each in known:
            peer = self._entry(at, each.node_id)
            if peer is not None:
                peer.seen_at = at - each.seen_seconds_ago
                self._learn(peer, each.name, each.addresses)

    def announced(self, at: float, node_id: NodeId, addresses: Iterable[Address]) -> None:
        """Adds a peer that announces itself, with a proof that it is a member."""
        peer = self._entry(at, node_id)
        if peer is not None:
            peer.announced = True
            self._learn(peer, None, addresses)
            peer.backoff.end(at)

    def withdrawn(self, node_id: NodeId) -> None:
        """Notes that a peer's announcement was taken back, or ran out."""
        if node_id in self._peers:
            self._peers[node_id].announced = False

    def gossiped(self, at: float, known: Iterable[KnownPeer]) -> None:
        """Adds the peers that another peer knows. What this node knows itself comes first."""
        for each in known:
            peer = self._entry(at, each.node_id, is_rumour=True)
            if peer is not None:
                peer.name = peer.name or one_line(each.name, self.rules.most_name_letters)
                room = self.rules.most_addresses - len(peer.addresses)
                peer.addresses += [address for address in each.addresses if address not in peer.addresses][:room]

    def retry_all(self, at: float) -> None:
        """Has all peers dialled now: this node came into a swarm, or got its new key, so that they may no longer
        refuse it."""
        for peer in self._peers.values():
            peer.reason = None
            peer.backoff.end(at)
        for given in self._given.values():
            given.backoff.end(at)

    def expelled(self, node_id: NodeId) -> None:
        """Forgets a peer that was removed from the swarm, until there is news of it again."""
        self._peers.pop(node_id, None)

    # Links.

    def due(self, at: float) -> list[Call]:
        """Returns whom to dial now. Each call ends with one of `linked`, `failed` and `found_self`."""
        calls = []
        for address, given in self._given.items():
            if self._is_due(given.backoff, at) and not self._is_linked(given.node_id):
                given.backoff.calling = True
                calls.append(Call(node_id=None, addresses=(address,)))
        for peer in self._peers.values():
            addresses = self._own_addresses(peer)
            if self._is_due(peer.backoff, at) and not peer.helped and addresses:
                peer.backoff.calling = True
                calls.append(Call(node_id=peer.node_id, addresses=addresses))
        return calls

    def next_at(self) -> float | None:
        """Returns when to ask `due` again if nothing happens before; it may be past."""
        backoffs = [given.backoff for given in self._given.values() if not self._is_linked(given.node_id)]
        backoffs += [peer.backoff for peer in self._peers.values() if not peer.helped and self._own_addresses(peer)]
        return min((backoff.until for backoff in backoffs if not backoff.calling), default=None)

    def linked(self, at: float, call: Call, node_id: NodeId, name: str, version: str, address: Address) -> bool:
        """Notes that a call reached this node. False if a link to it is open already: close this one."""
        peer = self._ended(node_id) if node_id == call.node_id else self._entry(at, node_id)
        self._found(at, call, node_id)
        if peer is None:
            self.failed(at, call)  # there is no room for more peers
            return False
        if peer.helped:
            return False
        peer.helped, peer.seen_at, peer.reason, peer.version = True, at, None, version
        peer.backoff.linked_at = at
        self._learn(peer, name, [address])
        return True

    def unlinked(self, at: float, node_id: NodeId) -> None:
        """Notes that the link to a peer closed."""
        peer = self._peers.get(node_id)
        if peer is not None:
            peer.helped, peer.seen_at = False, at
            peer.backoff.grow(at, self.rules)
        for given in self._given.values():
            if given.node_id == node_id:
                given.backoff.grow(at, self.rules)

    def failed(self, at: float, call: Call, refusal: str | None = None) -> None:
        """Notes that nobody answered a call, or that a node did and refused (a sentence says why)."""
        if call.node_id is None:
            backoff = self._given[call.addresses[0]].backoff
            backoff.calling = False
            backoff.grow(at, self.rules)
            return
        peer = self._ended(call.node_id)
        if peer is not None:
            peer.backoff.grow(at, self.rules)
            peer.reason = refusal

    def found_self(self, call: Call) -> None:
        """Notes that a call reached this very node."""
        if call.node_id is None:
            self._given.pop(call.addresses[0], None)

    def met(self, at: float, node_id: NodeId, name: str, version: str, address: Address) -> None:
        """Notes that a peer opened a link to this node; it listens at that address itself."""
        peer = self._entry(at, node_id)
        if peer is not None:
            peer.helping += 1
            peer.seen_at, peer.reason, peer.version = at, None, version
            self._learn(peer, name, [address])
            peer.backoff.end(at)

    def parted(self, at: float, node_id: NodeId) -> None:
        """Notes that a link which the peer had opened closed."""
        peer = self._peers.get(node_id)
        if peer is not None:
            peer.helping, peer.seen_at = max(0, peer.helping - 1), at

    # What is shown, sent and stored.

    def node_ids(self) -> list[NodeId]:
        return list(self._peers)

    def get(self, node_id: NodeId) -> Peer | None:
        return self._peers.get(node_id)

    def knows_host(self, host: str) -> bool:
        """Returns True if some peer has an address at that host."""
        return any(address.host == host for peer in self._peers.values() for address in peer.addresses)

    def shown(self, at: float) -> list[Peer]:
        """Returns the peers to show, by name: those that are here, and those that went not long ago."""
        recent = [peer for peer in self._peers.values() if peer.linked or peer.announced or self._is_recent(peer, at)]
        return sorted(recent, key=lambda peer: (peer.name, peer.node_id))

    def to_gossip(self) -> tuple[KnownPeer, ...]:
        """Returns the peers that others should know of."""
        return tuple(peer.known(0.0) for peer in self._peers.values() if peer.linked)

    def to_store(self, at: float) -> tuple[KnownPeer, ...]:
        """Returns the peers to remember: all that were ever linked."""
        return tuple(peer.known(at) for peer in self._peers.values() if peer.seen_at is not None)

    def expire(self, at: float) -> list[NodeId]:
        """Forgets the peers of which there was no news for long, and returns their ids."""
        rules = self.rules
        gone = [
            peer.node_id
            for peer in self._peers.values()
            if peer.idle
            and not peer.announced
            and at - peer.last_news_at > (rules.rumour_seconds if peer.seen_at is None else rules.memory_seconds)
        ]
        for node_id in gone:
            del self._peers[node_id]
        return gone

    # Helpers.

    def _entry(self, at: float, node_id: NodeId, *, is_rumour: bool = False) -> Peer | None:
        """Returns the peer's entry, a new one if need be; None for this node itself, and if there is no room."""
        if node_id == self._own_id:
            return None
        peer = self._peers.get(node_id)
        if peer is None and self._has_room(is_rumour=is_rumour):
            peer = self._peers[node_id] = Peer(node_id=node_id, backoff=Backoff(until=at), known_at=at)
        return peer

    def _has_room(self, *, is_rumour: bool) -> bool:
        """Makes room for one more by forgetting the one that matters least. False if that cannot be."""
        crowd, most = [*self._peers.values()], self.rules.most_peers
        if is_rumour and len(rumours := [peer for peer in crowd if peer.is_rumour]) >= self.rules.most_rumours:
            crowd, most = rumours, self.rules.most_rumours
        if len(crowd) < most:
            return True
        idle = [peer for peer in crowd if peer.idle]
        if not idle:
            return False
        least = min(idle, key=lambda peer: (peer.seen_at is not None, peer.announced, peer.last_news_at))
        del self._peers[least.node_id]
        return True

    def _learn(self, peer: Peer, name: str | None, addresses: Iterable[Address]) -> None:
        """Puts the newest addresses first; the oldest fall off the end."""
        newest = list(dict.fromkeys(addresses))
        older = [address for address in peer.addresses if address not in newest]
        peer.addresses = (newest + older)[: self.rules.most_addresses]
        if name:
            peer.name = one_line(name, self.rules.most_name_letters) or peer.name

    def _ended(self, node_id: NodeId) -> Peer | None:
        peer = self._peers.get(node_id)
        if peer is not None:
            peer.backoff.calling = False
        return peer

    def _found(self, at: float, call: Call, node_id: NodeId) -> None:
        if call.node_id is None:
            given = self._given[call.addresses[0]]
            given.node_id, given.backoff.calling, given.backoff.linked_at = node_id, False, at

    def _own_addresses(self, peer: Peer) -> tuple[Address, ...]:
        """Returns the addresses that are not dialled anyway because a person gave them."""
        return tuple(address for address in peer.addresses if address not in self._given)

    def _is_linked(self, node_id: NodeId | None) -> bool:
        peer = self._peers.get(node_id) if node_id is not None else None
        return peer is not None and peer.helped

    def _is_due(self, backoff: Backoff, at: float) -> bool:
        return not backoff.calling and backoff.until <= at

    def _is_recent(self, peer: Peer, at: float) -> bool:
        return peer.seen_at is not None and at - peer.seen_at < self.rules.shown_seconds
