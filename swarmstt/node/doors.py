"""The door that a node starts with."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from swarmstt.core.door import Door
from swarmstt.core.ring import KEY_BYTES, Ring, Standing, begin
from swarmstt.ids import NodeId
from swarmstt.swarm.ring_file import RingFile, packed
from swarmstt.swarm.swarm_key import kept_swarm_key, key_id, load_swarm_key


def load_door(file: RingFile, given: Path | None, own_id: NodeId, at: float) -> tuple[Door, bool]:
    """The door as it was kept, or that of a new swarm of one, and whether it was ever opened. `given`: a file with the
    swarm key; without it a node that had one goes on in that swarm. `at`: now, on the door's clock."""
    data_dir = file.path.parent
    loaded = file.load(own_id, at, time.time())
    if given is not None:
        return _door_with_key(file, load_swarm_key(data_dir, given), own_id, loaded, at), True
    if loaded is not None:
        return loaded
    key = kept_swarm_key(data_dir)
    ring = new_ring(own_id) if key is None else begin(own_id, key, secrets.token_hex(4))
    return Door(own_id=own_id, ring=ring), False


def _door_with_key(file: RingFile, key: bytes, own_id: NodeId, loaded: tuple[Door, bool] | None, at: float) -> Door:
    if loaded is not None and loaded[0].ring.key == key:
        door = loaded[0]
    else:
        ring = Ring(swarm_id=key_id(key), epoch=1, key=key, roll={own_id: Standing(stamp=1)})
        door = Door(own_id=own_id, ring=ring, grown=True)
        file.save(packed(door, at, time.time(), opened=True))
    door.fixed = True
    return door


def new_ring(own_id: NodeId) -> Ring:
    return begin(own_id, secrets.token_bytes(KEY_BYTES), secrets.token_hex(4))
