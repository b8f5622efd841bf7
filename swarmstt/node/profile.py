"""What a node is called, and what it takes unless something else is asked for."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime, timezone

from swarmstt.config import Config
from swarmstt.core.models.known import AUTO
from swarmstt.ids import NodeId

DEFAULT_MODEL = "base"


@dataclass(slots=True, kw_only=True)
class Profile:
    """Shared by all parts of a node that show or need it; its person may change it while the node runs."""

    node_id: NodeId
    name: str
    model: str
    """That books are decoded with for which no other is asked."""
    swarm_address: str | None = None
    """Where other PCs reach this one, as far as it was known at the start; None if they do not."""

    @property
    def named_model(self) -> str:
        """A model that can be loaded: the default one, if a model is chosen for each book."""
        return DEFAULT_MODEL if self.model == AUTO else self.model


def profile_of(node_id: NodeId, config: Config) -> Profile:
    """Returns the profile that a node starts with."""
    name = config.name or socket.gethostname() or "this PC"
    return Profile(node_id=node_id, name=name, model=config.model or DEFAULT_MODEL)


def time_of_day() -> datetime:
    return datetime.now(timezone.utc)
