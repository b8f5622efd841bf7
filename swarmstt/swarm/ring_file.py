"""What a node keeps of its swarm, in a file that only its owner may read: so a restart changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmstt.core.door import OPEN_SECONDS, Door
from swarmstt.core.plain import PlainError, from_plain, to_plain
from swarmstt.core.ring import KEY_BYTES, Ring, Standing
from swarmstt.errors import StorageError
from swarmstt.ids import NodeId
from swarmstt.swarm.private_files import make_private, write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """`opened`: the door has had its first ten minutes, or begun them; `open_until` on the clock of the wall."""

    swarm_id: str
    epoch: int
    key: str
    roll: dict[NodeId, Standing]
    absorbed: frozenset[str]
    grown: bool
    removed: bool
    declined: bool
    let_in: frozenset[NodeId]
    opened: bool
    open_until: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingFile:
    """`swarm.json` in the data folder."""

    path: Path

    @classmethod
    def of(cls, data_dir: Path) -> RingFile:
        return cls(path=data_dir / "swarm.json")

    def load(self, own_id: NodeId, at: float, wall_seconds: float) -> tuple[Door, bool] | None:
        """The door as it was kept, and whether it was ever opened; None at the first start. `at` and `wall_seconds`
        are the same moment on the door's clock and on the wall's. StorageError for a file that cannot be used."""
        try:
            if not self.path.exists():
                return None
            make_private(self.path)
            kept = from_plain(_Kept, json.loads(self.path.read_bytes()))
            return _door(kept, own_id, at, wall_seconds), kept.opened
        except OSError as error:
            raise StorageError(f"What is kept of the swarm, {self.path}, cannot be used: {error.strerror}.") from error
        except (ValueError, RecursionError, PlainError) as error:
            raise StorageError(f"{self.path} is damaged; move it away to begin a new swarm, or join one.") from error

    def save(self, content: bytes) -> None:
        try:
            write_private(self.path, content)
        except OSError as error:
            raise StorageError(f"{self.path} cannot be written: {error.strerror}.") from error


def packed(door: Door, at: float, wall_seconds: float, *, opened: bool) -> bytes:
    """What the file holds for this door."""
    ring = door.ring
    kept = _Kept(
        swarm_id=ring.swarm_id,
        epoch=ring.epoch,
        key=ring.key.hex(),
        roll=ring.roll,
        absorbed=ring.absorbed,
        grown=door.grown,
        removed=door.removed,
        declined=door.declined,
        let_in=door.let_in,
        opened=opened,
        open_until=None if door.open_until is None else float(round(wall_seconds + door.open_until - at)),
    )
    plain: dict[str, Any] = to_plain(kept)
    return json.dumps(plain, indent=1).encode()


def _door(kept: _Kept, own_id: NodeId, at: float, wall_seconds: float) -> Door:
    ring = Ring(
        swarm_id=kept.swarm_id,
        epoch=kept.epoch,
        key=bytes.fromhex(kept.key),
        roll=kept.roll,
        absorbed=kept.absorbed,
    )
    if len(ring.key) != KEY_BYTES:
        raise ValueError("the key has another length")
    door = Door(
        own_id=own_id,
        ring=ring,
        grown=kept.grown,
        removed=kept.removed,
        declined=kept.declined,
        let_in=kept.let_in,
    )
    if kept.open_until is not None:
        # A clock that was set back must not hold the door open longer.
        door.open_until = at + min(OPEN_SECONDS, kept.open_until - wall_seconds)
        door.pass_time(at)
    return door
