"""What is sent down the links to peers: each thing once a link, and nothing to those that were removed."""

from __future__ import annotations

import asyncio
from typing import cast

from swarmstt.core.membership.roster import begin
from swarmstt.ids import NodeId
from swarmstt.node.membership.gossip import Gossip
from swarmstt.swarm.links.link import LinkClosedError
from swarmstt.swarm.links.messages import DoorShut, GossipedPeer, Handed, Known, News
from swarmstt.swarm.network.websocket import WebSocketLink
from tests.support.waiting import settled

ANNA, BEN = NodeId("anna"), NodeId("ben")
NOBODY = Known(peers=())
ONE = Known(peers=(GossipedPeer(node_id=ANNA, name="anna", addresses=()),))
ROSTER = Handed(roster=begin(NodeId("a" * 64), bytes(32), "0a0a"), established=True)


class FakeLink:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[News] = []
        self.is_closed = False
        self.has_room = asyncio.Event()
        self.has_room.set()

    async def send(self, message: News) -> None:
        await self.has_room.wait()
        if self.is_closed:
            raise LinkClosedError
        self.sent.append(message)


class Links:
    """The links of a node to others, and whom it bars."""

    def __init__(self) -> None:
        self.links = {ANNA: FakeLink(), BEN: FakeLink()}
        self.barred: set[NodeId] = set()
        self.gossip = Gossip(
            lambda node_id: node_id not in self.barred, lambda: cast("dict[NodeId, WebSocketLink]", self.links)
        )

    def sent_to(self, node_id: NodeId) -> list[News]:
        return self.links[node_id].sent


async def test_each_link_gets_a_thing_once() -> None:
    links = Links()
    await links.gossip.spread(NOBODY, ROSTER)
    await links.gossip.spread(NOBODY, ROSTER)
    await links.gossip.spread(ONE, ROSTER)
    await links.gossip.spread(ONE, None)
    assert links.sent_to(ANNA) == links.sent_to(BEN) == [ROSTER, NOBODY, ONE]


async def test_a_new_link_gets_all_of_it() -> None:
    links = Links()
    await links.gossip.spread(ONE, ROSTER)
    links.links[BEN] = FakeLink()
    await links.gossip.spread(ONE, ROSTER)
    assert links.sent_to(BEN) == [ROSTER, ONE]


async def test_a_removed_node_gets_nothing() -> None:
    links = Links()
    links.barred.add(BEN)
    await links.gossip.spread(ONE, ROSTER)
    await links.gossip.send_all(DoorShut())
    assert links.sent_to(BEN) == []
    assert links.sent_to(ANNA) == [ROSTER, ONE, DoorShut()]


async def test_a_closed_link_holds_nobody_up() -> None:
    links = Links()
    links.links[ANNA].is_closed = True
    await links.gossip.spread(ONE, ROSTER)
    await links.gossip.send_all(DoorShut())
    assert links.sent_to(BEN) == [ROSTER, ONE, DoorShut()]


async def test_one_that_has_stopped_reading_holds_nobody_up_and_gets_the_newest_later() -> None:
    links = Links()
    links.links[ANNA].has_room.clear()
    waiting = [asyncio.ensure_future(links.gossip.spread(NOBODY, None)) for _ in range(2)]
    waiting.append(asyncio.ensure_future(links.gossip.send_all(DoorShut())))
    await settled()
    await links.gossip.spread(ONE, ROSTER)
    assert links.sent_to(BEN) == [NOBODY, DoorShut(), ROSTER, ONE]
    links.links[ANNA].has_room.set()
    await asyncio.gather(*waiting)
    assert [each for each in links.sent_to(ANNA) if each != DoorShut()] == [NOBODY, ROSTER, ONE]


async def test_who_is_removed_while_it_does_not_read_gets_nothing_more() -> None:
    links = Links()
    links.links[ANNA].has_room.clear()
    waiting = asyncio.ensure_future(links.gossip.spread(NOBODY, None))
    await settled()
    links.barred.add(ANNA)
    await links.gossip.spread(ONE, ROSTER)
    links.links[ANNA].has_room.set()
    await waiting
    assert links.sent_to(ANNA) == [NOBODY]
