"""The node's door together with what of it is on disk: others hear of a change only once it is there."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from copy import copy
from pathlib import Path

from swarmstt.core.membership.door import Door
from swarmstt.core.membership.roster import KEY_BYTES, Roster, begin
from swarmstt.core.membership.statements import Author
from swarmstt.ids import NodeId
from swarmstt.swarm.links.messages import Handed
from swarmstt.swarm.trust.identity import renew_identity
from swarmstt.swarm.trust.roster_file import DamagedFileError, RosterFile, packed
from swarmstt.swarm.trust.swarm_key import forget_swarm_key, kept_swarm_key, key_id, load_swarm_key

logger = logging.getLogger(__name__)


class StoredDoor:
    """`damaged`: the file held something else, and was set aside. `opened`: the door has had its first ten minutes, or
    begun them. `is_given`: the swarm key is in a file that this start names. `wall` is the clock that people know."""

    def __init__(
        self,
        door: Door,
        file: RosterFile,
        clock: Callable[[], float],
        *,
        opened: bool,
        damaged: bool = False,
        is_given: bool = False,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.door = door
        self.opened = opened
        self.damaged = damaged
        self.is_given = is_given
        self._file = file
        self._clock = clock
        self._wall = wall
        self._wall_ahead = wall() - clock()
        self._saving = asyncio.Lock()
        self._saved = b""
        self._retired = False
        self._shareable = Handed(roster=door.roster, established=door.established)

    @property
    def data_dir(self) -> Path:
        return self._file.path.parent

    async def retire(self) -> None:
        """Writes nothing any more: this node is to begin again with another identity."""
        async with self._saving:
            self._retired = True

    def now(self) -> float:
        """Returns the time on the door's clock. On Linux and macOS that clock stands still while the PC sleeps; the
        door's time does not: a PC that slept through its ten minutes may be among strangers when it wakes."""
        at = self._clock()
        ahead = self._wall() - at
        if self.door.open_until is not None:
            self.door.open_until -= max(0.0, ahead - self._wall_ahead)
        self._wall_ahead = ahead
        return at

    @property
    def shareable(self) -> Handed | None:
        """The roster as it is on disk, for other members; None if there is nothing that they may have."""
        return None if self.door.fixed or self.door.removed else self._shareable

    async def save(self) -> None:
        """Writes what has changed. StorageError if that fails; then nobody must hear of the change."""
        async with self._saving:
            door, at, wall_seconds = copy(self.door), self.now(), self._wall()  # as it is now: it goes on meanwhile
            shareable = Handed(roster=door.roster, established=door.established)
            content = await asyncio.to_thread(packed, door, at, wall_seconds, opened=self.opened)
            if content != self._saved and not self.door.fixed and not self._retired:
                await asyncio.to_thread(self._file.save, content)
                self._saved, self._shareable = content, shareable


def load_door(data_dir: Path, given: Path | None, author: Author, clock: Callable[[], float]) -> StoredDoor:
    """Loads the door as it was stored, or makes that of a new swarm of one. `given`: a file with the swarm key; without
    it a node that once had such a file stays in that swarm. A file that holds something else is set aside.
    StorageError or UsageError for a file that cannot be used."""
    file = RosterFile.of(data_dir)
    at, damaged = clock(), False
    try:
        loaded = file.load(author, at, time.time())
    except DamagedFileError as error:
        logger.warning("%s It is now %s; this PC begins a swarm of its own.", error.message, file.set_aside())
        loaded, damaged = None, True
    if given is not None:
        door = _door_with_key(file, load_swarm_key(data_dir, given), author, loaded, at)
        return StoredDoor(door, file, clock, opened=True, damaged=damaged, is_given=True)
    if loaded is not None:
        door, opened = loaded
        return StoredDoor(door, file, clock, opened=opened)
    key = None if damaged else kept_swarm_key(data_dir)
    if key is not None:
        return StoredDoor(_door_with_key(file, key, author, None, at), file, clock, opened=True)
    # Nobody can tell whether it was alone before the damage: its door stays shut until a click.
    door = Door(author=author, roster=new_roster(author.node_id), established=damaged)
    return StoredDoor(door, file, clock, opened=damaged, damaged=damaged)


def _door_with_key(file: RosterFile, key: bytes, author: Author, loaded: tuple[Door, bool] | None, at: float) -> Door:
    if loaded is not None and loaded[0].fixed and loaded[0].roster.key == key:
        return loaded[0]
    roster = Roster(swarm_id=key_id(key), roots=frozenset({author.node_id}), key=key, covers="")
    door = Door(author=author, roster=roster, established=True, fixed=True)
    file.save(packed(door, at, time.time(), opened=True))
    return door


def make_new_identity(data_dir: Path, *, stays_alone: bool) -> None:
    """Gives a node another identity, which belongs to no swarm; what it had is kept aside. `stays_alone`: its door is
    shut until a click, and a key from a file is forgotten; without that a node goes on in the swarm of such a key.
    StorageError if that fails."""
    file = RosterFile.of(data_dir)
    if stays_alone:
        forget_swarm_key(data_dir)
    identity = renew_identity(data_dir)
    if stays_alone:
        door = Door(author=identity, roster=new_roster(identity.node_id), established=True, declined=True)
        file.save(packed(door, 0.0, 0.0, opened=True))
    else:
        file.remove()


def new_roster(own_id: NodeId) -> Roster:
    """Returns the roster of a new swarm of one."""
    return begin(own_id, new_key(), secrets.token_hex(4))


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)
