"""Who stands at the door, as the page shows it."""

from __future__ import annotations

from swarmstt.ids import NodeId
from swarmstt.node.strangers import Pairing, Strangers

DORA = NodeId("d" * 64)


def test_who_came_in_by_another_members_door_waits_at_this_one_no_more() -> None:
    strangers = Strangers()
    waiting = Pairing(node_id=DORA, name="dora", words=("a", "b", "c", "d"), state="waiting", came=True, at=0.0)
    strangers.paired(waiting)
    strangers.belongs(DORA)
    strangers.belongs(NodeId("e" * 64))
    assert [(each.name, each.state, each.words) for each in strangers.pairings()] == [("dora", "joined", waiting.words)]
