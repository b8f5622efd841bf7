"""What other nodes say of peers, as far as it is taken."""

from __future__ import annotations

import pytest

from swarmstt.core.membership.addresses import Address, Reachable
from swarmstt.core.membership.peers import KnownPeer
from swarmstt.ids import NodeId
from swarmstt.node.membership.peer_values import MOST_ADDRESSES, MOST_GOSSIPED, checked, still_reachable
from swarmstt.swarm.links.messages import GossipedPeer

BEN = NodeId("b" * 64)


def gossiped(*addresses: str, node_id: str = BEN) -> GossipedPeer:
    return GossipedPeer(node_id=NodeId(node_id), name="ben", addresses=addresses)


def hosts(peers: list[KnownPeer]) -> list[str]:
    return [address.host for peer in peers for address in peer.addresses]


@pytest.mark.attack
def test_gossip_has_a_node_dial_nothing_on_its_own_pc_or_on_anothers_interface() -> None:
    said = gossiped("127.0.0.1:22", "[::1]:22", "0.0.0.0:22", "localhost:22", "[fe80::1%eth0]:1", "169.254.169.254:80")
    assert checked([said], Reachable()) == []
    assert checked([gossiped("\uff11\uff12\uff17.0.0.1:22", "127\u30020\u30020\u30021:22")], Reachable()) == []
    assert hosts(checked([gossiped("127.0.0.1:22", "10.0.0.1:8765")], Reachable())) == ["10.0.0.1"]
    assert hosts(checked([said], Reachable(loopback=True))) == ["127.0.0.1", "::1"]


@pytest.mark.attack
def test_so_much_gossip_is_taken_and_no_more() -> None:
    assert len(hosts(checked([gossiped(*(f"10.0.0.{each}:1" for each in range(100)))], Reachable()))) == MOST_ADDRESSES
    many = [gossiped("10.0.0.1:1", node_id=f"{number:064x}") for number in range(2 * MOST_GOSSIPED)]
    assert len(checked(many, Reachable())) == MOST_GOSSIPED
    assert checked([gossiped("10.0.0.1:1", node_id="x"), gossiped("nothing")], Reachable()) == []


def test_what_an_earlier_run_left_is_dialled_by_the_same_rule() -> None:
    known = KnownPeer(node_id=BEN, name="ben", addresses=(Address("127.0.0.1", 1), Address("fe80::1%eth0", 1)))
    assert still_reachable(known, Reachable()).addresses == (Address("fe80::1%eth0", 1),)
