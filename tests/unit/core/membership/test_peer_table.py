"""Whom a node knows and dials: one entry for each, whatever way it came, and never too many."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from swarmstt.core.membership.addresses import Address
from swarmstt.core.membership.peer_table import PeerTable
from swarmstt.core.membership.peers import Call, KnownPeer, PeerRules
from swarmstt.ids import NodeId

ME, ANNA, BEN = NodeId("me"), NodeId("anna"), NodeId("ben")
HOME, TRAIN, CABLE = Address("192.168.1.7", 8765), Address("10.0.0.7", 8765), Address("192.168.1.8", 8765)
RULES = PeerRules()


@pytest.fixture
def table() -> PeerTable:
    return PeerTable(ME)


def link(table: PeerTable, at: float, node_id: NodeId = ANNA, address: Address = HOME) -> None:
    """The one call that is due reaches that node."""
    (call,) = table.due(at)
    assert table.linked(at, call, node_id, "Anna's PC", "1.0", address)


def test_who_is_announced_is_dialled_once(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME, CABLE])
    assert table.due(0.0) == [Call(node_id=ANNA, addresses=(HOME, CABLE))]
    table.announced(0.1, ANNA, [HOME])
    assert table.due(0.1) == []
    assert table.next_at() is None


def test_a_node_does_not_dial_itself(table: PeerTable) -> None:
    table.announced(0.0, ME, [HOME])
    table.gossiped(0.0, [KnownPeer(node_id=ME, name="me", addresses=(HOME,))])
    assert table.due(0.0) == []
    table.given(0.0, HOME)
    (call,) = table.due(0.0)
    table.found_self(call)
    assert table.due(1000.0) == []
    assert table.next_at() is None


def test_pauses_grow_up_to_a_minute_and_news_ends_them(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    at, pauses = 0.0, []
    for _ in range(12):
        (call,) = table.due(at)
        table.failed(at, call)
        next_at = table.next_at()
        assert next_at is not None
        assert table.due(next_at - 0.001) == []
        pauses.append(next_at - at)
        at = next_at
    assert pauses[:3] == [0.25, 0.5, 1.0]
    assert pauses[-1] == RULES.longest_pause_seconds
    (call,) = table.due(at)
    table.failed(at, call)
    table.met(at + 1.0, ANNA, "Anna's PC", "1.0", HOME)
    assert len(table.due(at + 1.0)) == 1


def test_a_link_that_breaks_is_dialled_again_at_once(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    link(table, 0.0)
    table.unlinked(60.0, ANNA)
    assert table.next_at() == 60.0 + RULES.first_pause_seconds


def test_links_that_break_as_they_open_are_no_storm(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    at, count = 0.0, 0
    while at < 600.0:
        link(table, at)
        table.unlinked(at + 0.01, ANNA)
        next_at = table.next_at()
        assert next_at is not None
        at, count = next_at, count + 1
    assert count < 25


def test_a_given_address_is_dialled_for_whoever_is_there(table: PeerTable) -> None:
    table.given(0.0, HOME)
    assert table.due(0.0) == [Call(node_id=None, addresses=(HOME,))]
    table.failed(0.0, Call(node_id=None, addresses=(HOME,)))
    link(table, 0.25, ANNA)
    assert table.due(100.0) == []
    table.unlinked(100.0, ANNA)
    # Another PC has the address now.
    link(table, 101.0, BEN)
    assert table.due(200.0) == []


def test_a_given_peer_that_was_announced_too_gets_one_link(table: PeerTable) -> None:
    table.given(0.0, HOME)
    table.announced(0.0, ANNA, [HOME, CABLE])
    for_anyone, for_anna = table.due(0.0)
    assert for_anna.addresses == (CABLE,)
    assert table.linked(0.1, for_anna, ANNA, "Anna's PC", "1.0", CABLE)
    assert not table.linked(0.2, for_anyone, ANNA, "Anna's PC", "1.0", HOME)
    assert table.due(1000.0) == []


def test_the_address_that_worked_comes_first_and_old_ones_fall_off() -> None:
    table = PeerTable(ME, PeerRules(most_addresses=2))
    table.announced(0.0, ANNA, [HOME, CABLE])
    (call,) = table.due(0.0)
    table.linked(0.0, call, ANNA, "Anna's PC", "1.0", CABLE)
    table.gossiped(1.0, [KnownPeer(node_id=ANNA, name="?", addresses=(TRAIN,))])
    table.unlinked(60.0, ANNA)
    assert table.due(61.0)[0].addresses == (CABLE, HOME)
    table.met(62.0, ANNA, "Anna's PC", "1.0", TRAIN)
    anna = table.get(ANNA)
    assert anna is not None
    assert anna.addresses == [TRAIN, CABLE]


def test_states_as_a_person_sees_them(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    assert seen(table) == ("away", None)
    (call,) = table.due(0.0)
    table.failed(0.0, call, "It belongs to another swarm.")
    assert seen(table) == ("refused", "It belongs to another swarm.")
    link(table, 1.0)
    assert seen(table) == ("linked", None)
    table.met(1.0, ANNA, "Anna's PC", "1.0", HOME)
    table.unlinked(2.0, ANNA)
    assert seen(table) == ("linked", None)
    table.parted(3.0, ANNA)
    assert seen(table) == ("away", None)


def seen(table: PeerTable) -> tuple[str, str | None]:
    anna = table.get(ANNA)
    assert anna is not None
    return anna.state, anna.reason


def test_who_vanished_goes_from_the_list_but_not_from_memory(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    link(table, 0.0)
    table.unlinked(10.0, ANNA)
    table.withdrawn(ANNA)
    assert [peer.node_id for peer in table.shown(11.0)] == [ANNA]
    assert table.shown(11.0 + RULES.shown_seconds) == []
    assert table.expire(11.0 + RULES.shown_seconds) == []
    assert table.expire(11.0 + RULES.memory_seconds) == [ANNA]


def test_rumours_end(table: PeerTable) -> None:
    table.gossiped(0.0, [KnownPeer(node_id=ANNA, name="Anna's PC", addresses=(HOME,))])
    (call,) = table.due(0.0)
    assert table.to_gossip() == ()
    assert table.to_store(0.0) == ()
    assert table.expire(1.0 + RULES.rumour_seconds) == [], "a call is on its way"
    table.failed(10.0, call)
    assert table.shown(10.0) == []
    assert table.expire(1.0 + RULES.rumour_seconds) == [ANNA]


def test_what_is_kept_is_taken_up_again(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    link(table, 0.0)
    assert table.to_gossip() == (KnownPeer(node_id=ANNA, name="Anna's PC", addresses=(HOME,)),)
    table.unlinked(50.0, ANNA)
    assert table.to_gossip() == ()
    kept = table.to_store(80.0)
    assert kept == (KnownPeer(node_id=ANNA, name="Anna's PC", addresses=(HOME,), seen_seconds_ago=30.0),)
    again = PeerTable(ME)
    again.remembered(1000.0, kept)
    assert again.due(1000.0) == [Call(node_id=ANNA, addresses=(HOME,))]
    assert again.to_store(1000.0) == kept


def test_a_flood_of_rumours_pushes_nobody_out_who_counts() -> None:
    table = PeerTable(ME, PeerRules(most_peers=3))
    table.announced(0.0, ANNA, [HOME])
    link(table, 0.0)
    table.announced(0.0, BEN, [CABLE])
    for number in range(100):
        rumour = KnownPeer(node_id=NodeId(f"ghost {number}"), name="", addresses=(TRAIN,))
        table.gossiped(1.0, [rumour])
    assert {ANNA, BEN} <= {peer.node_id for peer in table.shown(1.0)}
    assert len(table.due(1.0)) == 2


def test_peers_that_a_member_invented_keep_no_real_one_out_while_they_are_dialled() -> None:
    table = PeerTable(ME)
    for number in range(RULES.most_peers):
        table.gossiped(0.0, [KnownPeer(node_id=NodeId(f"ghost {number}"), name="", addresses=(TRAIN,))])
        table.due(0.0)  # of those that are being dialled none is forgotten
    table.announced(1.0, ANNA, [HOME])
    table.met(1.0, BEN, "Ben's PC", "1.0", CABLE)
    assert {call.node_id for call in table.due(1.0)} == {ANNA, BEN}
    assert len(table.node_ids()) == RULES.most_rumours + 2


def test_with_a_new_key_nobody_is_waited_for(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    table.given(0.0, CABLE)
    for call in table.due(0.0):
        table.failed(0.0, call, "It belongs to another swarm.")
    assert table.due(0.1) == []
    table.retry_all(0.1)
    assert len(table.due(0.1)) == 2
    assert seen(table) == ("away", None)


def test_who_was_expelled_is_nobody_until_it_is_heard_of_again(table: PeerTable) -> None:
    table.announced(0.0, ANNA, [HOME])
    (call,) = table.due(0.0)
    table.expelled(ANNA)
    assert table.node_ids() == []
    assert not table.knows_host(HOME.host)
    table.failed(1.0, call, "It belongs to another swarm.")
    table.unlinked(1.0, ANNA)
    table.parted(1.0, ANNA)
    table.withdrawn(ANNA)
    assert table.node_ids() == []
    table.announced(2.0, ANNA, [HOME])
    assert table.node_ids() == [ANNA]
    assert table.knows_host(HOME.host)


def test_where_all_places_are_linked_there_is_no_room_for_one_more() -> None:
    table = PeerTable(ME, PeerRules(most_peers=1))
    table.announced(0.0, ANNA, [HOME])
    link(table, 0.0)
    table.given(0.0, CABLE)
    (call,) = table.due(0.0)
    assert not table.linked(0.0, call, BEN, "Ben's PC", "1.0", CABLE)
    assert table.node_ids() == [ANNA]
    table.met(0.0, BEN, "Ben's PC", "1.0", CABLE)
    assert table.node_ids() == [ANNA]
    assert table.next_at() == RULES.first_pause_seconds


def test_remembering_oneself_is_nothing(table: PeerTable) -> None:
    table.remembered(0.0, [KnownPeer(node_id=ME, name="me", addresses=(HOME,))])
    assert table.node_ids() == []


def test_an_address_without_a_name_keeps_the_name(table: PeerTable) -> None:
    table.gossiped(0.0, [KnownPeer(node_id=ANNA, name="Anna's PC", addresses=(HOME,))])
    table.met(0.0, ANNA, "", "1.0", TRAIN)
    anna = table.get(ANNA)
    assert anna is not None
    assert (anna.name, anna.addresses) == ("Anna's PC", [TRAIN, HOME])


ids = st.sampled_from([ME, ANNA, BEN, NodeId("c"), NodeId("d")])
addresses = st.sampled_from([HOME, TRAIN, CABLE])


class AnyNews(RuleBasedStateMachine):
    """Whatever is heard in whatever order, there is at most one link and one call for each node."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0.0
        self.table = PeerTable(ME, PeerRules(most_peers=3, most_rumours=2))
        self.calls: list[Call] = []
        self.links: set[NodeId] = set()

    @rule(seconds=st.floats(min_value=0.0, max_value=1e6))
    def wait(self, seconds: float) -> None:
        self.at += seconds
        self.table.expire(self.at)

    @rule(node_id=ids, address=addresses)
    def hear(self, node_id: NodeId, address: Address) -> None:
        self.table.announced(self.at, node_id, [address])

    @rule(node_id=ids)
    def miss(self, node_id: NodeId) -> None:
        self.table.withdrawn(node_id)

    @rule(node_id=ids, address=addresses)
    def hear_of(self, node_id: NodeId, address: Address) -> None:
        self.table.gossiped(self.at, [KnownPeer(node_id=node_id, name="", addresses=(address,))])

    @rule(address=addresses)
    def name(self, address: Address) -> None:
        self.table.given(self.at, address)

    @rule(node_id=ids, address=addresses)
    def meet(self, node_id: NodeId, address: Address) -> None:
        self.table.met(self.at, node_id, "name", "1.0", address)

    @rule(node_id=ids)
    def part(self, node_id: NodeId) -> None:
        self.table.parted(self.at, node_id)

    @rule()
    def call(self) -> None:
        self.calls += self.table.due(self.at)

    @rule(data=st.data(), node_id=ids)
    def answer(self, data: st.DataObject, node_id: NodeId) -> None:
        if not self.calls:
            return
        call = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
        found = call.node_id or node_id
        if found == ME:
            self.table.found_self(call)
        elif self.table.linked(self.at, call, found, "name", "1.0", call.addresses[0]):
            assert found not in self.links
            self.links.add(found)

    @rule(data=st.data(), refusal=st.none() | st.just("It says no."))
    def no_answer(self, data: st.DataObject, refusal: str | None) -> None:
        if self.calls:
            self.table.failed(self.at, self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1))), refusal)

    @rule(data=st.data())
    def break_link(self, data: st.DataObject) -> None:
        if self.links:
            node_id = data.draw(st.sampled_from(sorted(self.links)))
            self.links.discard(node_id)
            self.table.unlinked(self.at, node_id)

    @invariant()
    def all_is_well(self) -> None:
        known = [call.node_id for call in self.calls if call.node_id is not None]
        assert len(known) == len(set(known)), "one call for each peer"
        named = [call.addresses for call in self.calls if call.node_id is None]
        assert len(named) == len(set(named)), "one call for each address"
        assert self.links == {peer.node_id for peer in self.table.shown(self.at) if peer.helped}
        assert len(self.table.shown(self.at)) <= 3
        next_at = self.table.next_at()
        if next_at is not None and next_at <= self.at:
            calls = self.table.due(self.at)
            assert calls, "what is due leads to a call"
            self.calls += calls


TestAnyNews = AnyNews.TestCase
TestAnyNews.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_names_are_fit_to_be_shown(table: PeerTable) -> None:
    table.gossiped(0.0, [KnownPeer(node_id=BEN, name="ben\n\x1b[31m\u202e", addresses=(HOME,))])
    ben = table.get(BEN)
    assert ben is not None
    assert ben.name == "ben [31m"
    link(table, 0.0, BEN)
    table.met(0.0, BEN, "\n", "1.0", HOME)
    assert ben.name == "Anna's PC", "a name of nothing is none"
