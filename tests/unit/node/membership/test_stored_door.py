"""The door's time passes while the PC sleeps, and no clock gives it more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from swarmstt.core.membership.door import OPEN_SECONDS, Door
from swarmstt.node.membership.stored_door import StoredDoor, load_door, make_new_identity, new_roster
from swarmstt.swarm.trust.identity import load_identity
from swarmstt.swarm.trust.roster_file import RosterFile
from tests.swarm.membership.identities import NamedIdentity

ME = NamedIdentity("me")


@dataclass
class Clocks:
    """That of the door, which stands still while the PC sleeps, and that of the wall, which people set."""

    at: float = 100.0
    wall_seconds: float = 5000.0


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def stored(tmp_path: Path, clocks: Clocks) -> StoredDoor:
    door = Door(author=ME, roster=new_roster(ME.node_id))
    made = StoredDoor(door, RosterFile.of(tmp_path), lambda: clocks.at, opened=True, wall=lambda: clocks.wall_seconds)
    door.open(made.now())
    return made


@pytest.mark.attack
def test_a_pc_that_slept_through_its_ten_minutes_wakes_with_its_door_shut(stored: StoredDoor, clocks: Clocks) -> None:
    """It may wake in another network."""
    clocks.wall_seconds += OPEN_SECONDS
    at = stored.now()
    assert not stored.door.is_open(at)
    assert stored.door.pass_time(at)
    assert not stored.door.provisional


def test_a_short_sleep_takes_its_time_once(stored: StoredDoor, clocks: Clocks) -> None:
    clocks.wall_seconds += 100.0
    assert stored.door.seconds_left(stored.now()) == OPEN_SECONDS - 100.0
    clocks.wall_seconds += 10.0
    clocks.at += 10.0
    assert stored.door.seconds_left(stored.now()) == OPEN_SECONDS - 110.0


@pytest.mark.attack
def test_a_clock_that_is_set_back_gives_no_more_time(stored: StoredDoor, clocks: Clocks) -> None:
    for seconds in (-5000.0, 60.0, -60.0):
        clocks.wall_seconds += seconds
        assert stored.door.seconds_left(stored.now()) <= OPEN_SECONDS
    clocks.at += OPEN_SECONDS
    assert not stored.door.is_open(stored.now())


def test_a_pc_stays_in_the_swarm_of_a_key_file_until_it_leaves_that(tmp_path: Path) -> None:
    identity = load_identity(tmp_path)
    key_file = tmp_path / "key"
    key_file.write_text("ab" * 32)
    given = load_door(tmp_path, key_file, identity, lambda: 0.0)
    assert (given.is_given, given.door.fixed) == (True, True)
    later = load_door(tmp_path, None, identity, lambda: 0.0)
    assert (later.is_given, later.door.fixed) == (False, True)

    make_new_identity(tmp_path, stays_alone=False)  # as after its data folder was copied
    renewed = load_identity(tmp_path)
    assert renewed.node_id != identity.node_id
    assert load_door(tmp_path, None, renewed, lambda: 0.0).door.fixed

    make_new_identity(tmp_path, stays_alone=True)
    for _ in range(2):
        alone = load_door(tmp_path, None, load_identity(tmp_path), lambda: 0.0).door
        assert (alone.fixed, alone.alone, alone.declined) == (False, True, True)
        assert alone.roster.key != bytes.fromhex("ab" * 32)
        RosterFile.of(tmp_path).remove()  # nothing brings the key back
        alone = load_door(tmp_path, None, load_identity(tmp_path), lambda: 0.0).door
        assert not alone.fixed
        make_new_identity(tmp_path, stays_alone=True)
