"""What is decided at a door, and what strangers may know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from swarmstt.codec import called

MOST_SWARM_ID_LETTERS = 100
"""A node id has 64, and what follows it a few."""


class DoorAnswer(Enum):
    """What is decided on a node that asks for the roster."""

    ADMITTED = "admitted"
    SHUT = "shut"
    REMOVED = "removed"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorStatus:
    """What strangers may know of a node whose door is open. It is announced by mDNS, and sent with the first answer on
    a connection."""

    swarm_id: str
    provisional: bool = field(metadata=called("young"))
    open: bool

    @property
    def is_usable(self) -> bool:
        """True if a status that was received can be what it claims to be."""
        letters = self.swarm_id
        return 0 < len(letters) <= MOST_SWARM_ID_LETTERS and letters.isascii() and letters.isprintable()
