"""Who stands at the door, as the page shows it."""

from __future__ import annotations

from swarmstt.core.door import OPEN_SECONDS, Door
from swarmstt.core.ring import begin
from swarmstt.ids import NodeId
from swarmstt.node.strangers import Pairing, Strangers, advice

DORA = NodeId("d" * 64)


def test_who_came_in_by_another_members_door_waits_at_this_one_no_more() -> None:
    strangers = Strangers()
    waiting = Pairing(node_id=DORA, name="dora", words=("a", "b", "c", "d"), state="waiting", came=True, at=0.0)
    strangers.paired(waiting)
    strangers.belongs(DORA)
    strangers.belongs(NodeId("e" * 64))
    assert [(each.name, each.state, each.words) for each in strangers.pairings()] == [("dora", "joined", waiting.words)]


def test_a_door_that_has_shut_because_many_came_says_so() -> None:
    ring = begin(NodeId("a" * 64), bytes(32), "0a0a")
    door = Door(own_id=NodeId("a" * 64), ring=ring, most_newcomers=1)
    door.open(0.0, ring)
    assert advice(door, Strangers(), 0.0) is None
    door.admit(1.0, DORA)
    said = advice(door, Strangers(), 1.0)
    assert said is not None
    assert said.startswith("1 new PCs came in")
    assert said.endswith("click Add a PC.")
    assert advice(door, Strangers(), OPEN_SECONDS) is None
