"""What a helper has in hand, and how it says how far that is."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from swarmstt.core.work import ChunkJob
from swarmstt.ids import LeaseId, NodeId
from swarmstt.swarm.links.messages import Delivered, Failed, Heartbeat

MOST_IN_HEARTBEAT = 500
"""Leases in one message: a cluster has more in hand than a message may name."""


@dataclass(slots=True, kw_only=True, eq=False)
class InHand:
    """A chunk in hand; then, with `outcome`, what came of it until the coordinator acknowledges it or it is kept on
    disk."""

    coordinator: NodeId
    lease_id: LeaseId
    job: ChunkJob
    progress: float = 0.0
    task: asyncio.Task[None] | None = None
    outcome: Delivered | Failed | None = None


def set_if_finished(finished: asyncio.Event | None, chunks: Iterable[InHand], linked: Container[NodeId]) -> None:
    """Set the event of a helper that ends if it waits for none of its chunks: it does for one that has been begun and
    is still decoded or stored. Coordinators that are not linked store nothing. To be called when a chunk's task is all
    but done, too."""
    me = asyncio.current_task()
    if finished and not any(
        each.outcome is None or each.coordinator in linked or not (each.task.done() or each.task is me)
        for each in chunks
        if each.task is not None
    ):
        finished.set()


def progress_of(chunks: Iterable[InHand], coordinator: NodeId) -> dict[LeaseId, float]:
    """Return how far the leases of this coordinator are that have no outcome yet."""
    return {each.lease_id: each.progress for each in chunks if each.coordinator == coordinator and each.outcome is None}


def heartbeats(progress: Mapping[LeaseId, float]) -> Iterator[Heartbeat]:
    """Yield the messages that say how far these leases are; none if there are no leases."""
    leases = list(progress.items())
    for start in range(0, len(leases), MOST_IN_HEARTBEAT):
        yield Heartbeat(progress=dict(leases[start : start + MOST_IN_HEARTBEAT]))
