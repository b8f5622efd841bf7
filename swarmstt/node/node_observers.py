"""Who hears of what happens in a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from swarmstt.core.scheduling.actions import AnyAction
from swarmstt.observers import Observers


@dataclass(frozen=True, slots=True)
class NodeObservers:
    """One group of observers for each kind of news. `serving.py` registers page and drop folders."""

    actions: Observers[[Sequence[AnyAction]]] = field(default_factory=Observers)
    """What the core did."""
    node: Observers[[]] = field(default_factory=Observers)
    """Something that the node shows of itself is different: its availability, its name, what it fetches, a folder."""
    fetches: Observers[[str, int, int]] = field(default_factory=Observers)
    """Some of a model has come: its name, and how many bytes of how many. They hear it in any thread."""
    revoked: Observers[[str]] = field(default_factory=Observers)
    """An invitation was revoked: its id."""
    programs_revoked: Observers[[str]] = field(default_factory=Observers)
    """A program may come no more: its id."""
