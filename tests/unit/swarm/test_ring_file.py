"""What a node keeps of its swarm."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from swarmstt.core.door import OPEN_SECONDS, Door
from swarmstt.core.ring import begin, with_member, without_member
from swarmstt.errors import StorageError
from swarmstt.ids import NodeId
from swarmstt.swarm.ring_file import RingFile, packed

ME, ANNA, BEN = NodeId("me"), NodeId("anna"), NodeId("ben")


def door() -> Door:
    ring = with_member(with_member(begin(ME, bytes(range(32)), "0a0a"), ANNA), BEN)
    ring = without_member(ring, BEN, bytes(range(1, 33)))
    return Door(own_id=ME, ring=ring, grown=True, let_in=frozenset({BEN}), open_until=700.0)


def test_all_is_as_it_was(tmp_path: Path) -> None:
    file = RingFile.of(tmp_path)
    assert file.load(ME, 0.0, 0.0) is None
    file.save(packed(door(), 200.0, 5000.0, opened=True))
    loaded = file.load(ME, 10.0, 5100.0)
    assert loaded is not None
    kept, opened = loaded
    assert opened
    assert kept.ring == door().ring
    assert (kept.grown, kept.removed, kept.declined, kept.let_in) == (True, False, False, frozenset({BEN}))
    assert kept.seconds_left(10.0) == 400.0
    if sys.platform != "win32":
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("wall_seconds", "left"), [(4000.0, OPEN_SECONDS), (5500.0, 0.0), (9e9, 0.0)])
def test_a_changed_clock_holds_no_door_open(tmp_path: Path, wall_seconds: float, left: float) -> None:
    file = RingFile.of(tmp_path)
    file.save(packed(door(), 200.0, 5000.0, opened=True))
    loaded = file.load(ME, 10.0, wall_seconds)
    assert loaded is not None
    assert loaded[0].seconds_left(10.0) == left


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"key": "zz"}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = RingFile.of(tmp_path)
    file.path.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        file.load(ME, 0.0, 0.0)
