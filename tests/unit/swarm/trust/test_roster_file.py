"""What a node keeps of its swarm."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from swarmstt.core.membership.bounds import DEFAULT_LIMITS
from swarmstt.core.membership.cases import without_key
from swarmstt.core.membership.door import OPEN_SECONDS, Door
from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.core.membership.roster import OfferedKey, Roster, begin, merged, with_accepted, with_said
from swarmstt.core.membership.statements import admission, removal
from swarmstt.ids import NodeId
from swarmstt.node.membership.stored_door import load_door, make_new_identity
from swarmstt.swarm.trust.identity import Identity, load_identity
from swarmstt.swarm.trust.roster_file import DamagedFileError, RosterFile, packed
from tests.support.authors import real_author

ME, ANNA = real_author("me"), real_author("anna")
BEN, CLARA = NodeId("b" * 64), NodeId("c" * 64)


def door() -> Door:
    roster = begin(ME.node_id, bytes(range(32)), "0a0a")
    said = admission(ME.node_id, ANNA.node_id), admission(ANNA.node_id, BEN), admission(ME.node_id, CLARA)
    for each in (*said, removal(ANNA.node_id, BEN), removal(ME.node_id, ANNA.node_id, [BEN])):
        author = ME if each.author == ME.node_id else ANNA
        roster = with_said(roster, author, each, bytes(range(1, 33)))
    roster = with_accepted(roster, ANNA, ME.node_id)
    left = with_said(begin(ME.node_id, bytes(32), "1b1b"), ME, removal(ME.node_id, BEN), bytes(range(1, 33)))
    return Door(
        author=ME,
        roster=roster,
        established=True,
        awaited={CLARA: 7200.0},
        open_until=700.0,
        left_behind=(without_key(left, left.statements),),
    )


def test_all_is_as_it_was(tmp_path: Path) -> None:
    file = RosterFile.of(tmp_path)
    assert file.load(ME, 0.0, 0.0) is None
    stored = door()
    file.save(packed(stored, 200.0, 5000.0, opened=True))
    loaded = file.load(ME, 10.0, 5100.0)
    assert loaded is not None
    kept, opened = loaded
    assert opened
    assert kept.roster == stored.roster
    assert kept.left_behind == stored.left_behind
    assert kept.roster.hosts == {ANNA.node_id: {ME.node_id}}
    assert (kept.established, kept.removed, kept.declined, kept.awaited) == (True, False, False, {CLARA: 7200.0})
    assert kept.roster.members == {ME.node_id, CLARA}
    assert kept.seconds_left(10.0) == 400.0
    assert kept.open_until == 410.0
    if sys.platform != "win32":
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_what_was_stored_before_acceptances_and_swarms_left_behind_is_taken_along(tmp_path: Path) -> None:
    stored = door()
    content = json.loads(packed(stored, 200.0, 5000.0, opened=True))
    del content["acceptances"], content["left_behind"]
    RosterFile.of(tmp_path).path.write_text(json.dumps(content))
    loaded = load_door(tmp_path, None, ME, lambda: 0.0)
    assert not loaded.damaged
    assert loaded.door.roster.hosts == {}
    assert loaded.door.left_behind == ()
    assert (loaded.door.roster.members, loaded.door.roster.key) == (stored.roster.members, stored.roster.key)


@pytest.mark.parametrize(("wall_seconds", "left"), [(4000.0, 0.0), (4970.0, 500.0), (5500.0, 0.0), (9e9, 0.0)])
def test_a_changed_clock_holds_no_door_open(tmp_path: Path, wall_seconds: float, left: float) -> None:
    file = RosterFile.of(tmp_path)
    file.save(packed(door(), 200.0, 5000.0, opened=True))
    loaded = file.load(ME, 10.0, wall_seconds)
    assert loaded is not None
    assert loaded[0].seconds_left(10.0) == left


def old_file(changed: Mapping[str, object]) -> bytes:
    """As earlier versions wrote it for a node that was alone."""
    node_id = ME.node_id
    stored = {
        "swarm_id": f"{node_id}-0a0a",
        "epoch": 1,
        "key": "ab" * 32,
        "roll": {node_id: {"stamp": 1, "removed": False}},
        "absorbed": [],
        "grown": False,
        "removed": False,
        "declined": False,
        "let_in": [],
        "opened": True,
        "open_until": None,
    }
    return json.dumps({**stored, **changed}).encode()


@pytest.mark.attack
@pytest.mark.parametrize(
    ("changed", "looks"),
    [
        ({}, False),
        ({"open_until": 5000.0}, False),
        ({"open_until": 5300.0}, True),
        ({"open_until": 9000.0}, False),
        ({"opened": False}, None),
    ],
    ids=["ten minutes over", "over since", "in them", "a clock that was set back", "not begun"],
)
def test_one_that_an_earlier_version_left_alone_goes_nowhere_after_its_ten_minutes(
    tmp_path: Path, changed: dict[str, object], looks: bool | None
) -> None:
    file = RosterFile.of(tmp_path)
    file.path.write_bytes(old_file(changed))
    loaded = file.load(ME, 100.0, 5000.0)
    assert loaded is not None
    kept, opened = loaded
    assert kept.wants(100.0, DoorStatus(swarm_id="0", provisional=False, open=True)) is bool(looks)
    assert kept.established is (looks is False)
    assert opened is (looks is not None)


@pytest.mark.attack
def test_no_clock_reopens_a_door(tmp_path: Path) -> None:
    """Whatever time it is said to be at each start: in all starts together it is open for ten minutes at most."""
    file, total = RosterFile.of(tmp_path), 0.0
    opened = Door(author=ME, roster=begin(ME.node_id, bytes(32), "0a0a"))
    opened.open(0.0)
    file.save(packed(opened, 0.0, 5000.0, opened=True))
    for wall_seconds in (5000.0, 4990.0, 4980.0, 5000.0, 5100.0, 4000.0, 5000.0):
        loaded = file.load(ME, 0.0, wall_seconds)
        assert loaded is not None
        kept, _ = loaded
        ran = min(100.0, kept.seconds_left(0.0))
        total += ran
        kept.pass_time(ran)
        file.save(packed(kept, ran, wall_seconds + ran, opened=True))
    assert total <= OPEN_SECONDS
    assert not kept.is_open(ran)
    assert kept.established


def unusable() -> list[bytes]:
    """Rosters that once ended a node at every start (S11, S12), and one of which a byte was changed."""
    good = json.loads(packed(door(), 200.0, 5000.0, opened=True))
    said = good["statements"]
    changes: list[dict[str, object]] = [
        {"swarm_id": f"{ME.node_id}-" + "a" * 400},
        {"swarm_id": "x"},
        {"key": "ab"},
        {"roots": []},
        {"roots": ["x"]},
        {"statements": [{**said[0], "subject": "x"}, *said[1:]]},
        {"statements": [{**said[0], "subject": CLARA}, *said[1:]]},
        {"statements": [{**said[0], "stays": [f"{number:064x}" for number in range(99)]}, *said[1:]]},
        {"acceptances": [{**good["acceptances"][0], "author": ANNA.node_id}]},
        {"acceptances": [{**good["acceptances"][0], "signature": "00"}]},
        {"certificates": {}},
        {"left_behind": [{**good["left_behind"][0], "certificates": {}}]},
        {"left_behind": [{**good["left_behind"][0], "roots": [CLARA]}]},
        {"certificates": {ME.node_id: "00" * 9000}},
    ]
    old: list[dict[str, object]] = [{"swarm_id": "s" * 400}, {"key": "00"}]
    return [json.dumps({**good, **each}).encode() for each in changes] + [old_file(each) for each in old]


@pytest.mark.parametrize("content", [b"", b"[]", b"1", b"{}", b"\xff", b'{"key": "zz"}', *unusable()])
def test_a_file_that_cannot_be_used_is_set_aside_and_the_node_goes_on_alone(tmp_path: Path, content: bytes) -> None:
    file = RosterFile.of(tmp_path)
    file.path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="is damaged"):
        file.load(ME, 0.0, 0.0)
    stored = load_door(tmp_path, None, ME, lambda: 0.0)
    assert (stored.damaged, stored.door.alone, stored.door.is_open(0.0)) == (True, True, False)
    assert (tmp_path / "swarm.json.damaged").read_bytes() == content


def test_a_stamp_of_any_size_in_an_old_file_is_read(tmp_path: Path) -> None:
    """M5, S12: it counted once, and barred every later removal."""
    RosterFile.of(tmp_path).path.write_bytes(
        old_file({"epoch": 2**31 - 1, "roll": {each: {"stamp": 2**64 - 1} for each in (ME.node_id, BEN)}})
    )
    stored = load_door(tmp_path, None, ME, lambda: 0.0)
    assert stored.door.expel(BEN, (), bytes(32))
    assert not stored.door.has(BEN)


# What an earlier version stored.


def migrated(tmp_path: Path, author: Identity, key: int, **removed: bool) -> Roster:
    """Returns what an old file becomes on that node. `removed`: whom it names, and whether as removed."""
    file = RosterFile(path=tmp_path / author.node_id)
    names = {"me": ME.node_id, "anna": ANNA.node_id, "ben": BEN, "clara": CLARA}
    entries = {names[name]: {"stamp": 2, "removed": is_removed} for name, is_removed in removed.items()}
    file.path.write_bytes(old_file({"key": f"{key:064x}", "roll": entries, "grown": True}))
    loaded = file.load(author, 0.0, 0.0)
    assert loaded is not None
    assert not loaded[0].removed
    return loaded[0].roster


def handed(mine: Roster, theirs: Roster, own: Identity, giver: Identity) -> Roster:
    return merged(
        mine,
        theirs.statements,
        theirs.certificates,
        own_id=own.node_id,
        fresh_key=real_key(own),
        offered=OfferedKey.of(giver.node_id, theirs),
    )


def real_key(author: Identity) -> bytes:
    return bytes.fromhex(author.node_id)


def test_two_that_read_their_old_files_agree(tmp_path: Path) -> None:
    mine = migrated(tmp_path, ME, 1, me=False, anna=False, ben=False, clara=True)
    theirs = migrated(tmp_path, ANNA, 1, me=False, anna=False, ben=False, clara=True)
    assert mine.swarm_id == theirs.swarm_id
    assert mine.members == theirs.members == {ME.node_id, ANNA.node_id, BEN}
    assert mine.key == theirs.key == (1).to_bytes(32, "big")
    assert mine.bars(CLARA)
    assert handed(mine, theirs, ME, ANNA).key == mine.key


def test_one_that_missed_a_removal_before_it_was_updated_hears_of_it(tmp_path: Path) -> None:
    mine = migrated(tmp_path, ME, 2, me=False, anna=False, clara=True)
    theirs = migrated(tmp_path, ANNA, 1, me=False, anna=False, clara=False)
    one, other = handed(mine, theirs, ME, ANNA), handed(theirs, mine, ANNA, ME)
    one, other = handed(one, other, ME, ANNA), handed(other, one, ANNA, ME)
    assert one.members == other.members == {ME.node_id, ANNA.node_id}
    assert one.key == other.key
    assert one.key not in (mine.key, theirs.key), "clara knows one of those"


def test_an_old_file_that_was_flooded_makes_a_roster_within_its_limits(tmp_path: Path) -> None:
    """M6: two messages filled it."""
    entries = {f"{number:064x}": {"stamp": 1, "removed": number % 2 == 0} for number in range(1000)}
    RosterFile.of(tmp_path).path.write_bytes(old_file({"roll": {ME.node_id: {"stamp": 1}, **entries}}))
    loaded = RosterFile.of(tmp_path).load(ME, 0.0, 0.0)
    assert loaded is not None
    assert len(loaded[0].roster.statements) < DEFAULT_LIMITS.most_admissions + DEFAULT_LIMITS.most_removals
    assert len(loaded[0].roster.members) <= DEFAULT_LIMITS.most_admissions


@pytest.mark.parametrize("stays_alone", [True, False])
def test_a_new_identity_belongs_to_no_swarm(tmp_path: Path, stays_alone: bool) -> None:
    old = load_identity(tmp_path)
    load_door(tmp_path, None, old, lambda: 0.0)
    make_new_identity(tmp_path, stays_alone=stays_alone)
    new = load_identity(tmp_path)
    assert new.node_id != old.node_id
    assert [each.read_bytes() for each in tmp_path.glob("identity.*.old.pem")] != []
    stored = load_door(tmp_path, None, new, lambda: 0.0)
    assert stored.door.alone
    assert (stored.opened, stored.door.declined) == (stays_alone, stays_alone)
