"""What the HTTP API answers about a Dask cluster; as in views.py."""

from __future__ import annotations

from typing import Literal, TypedDict


class ClusterDoingView(TypedDict):
    """A chunk that a worker of a cluster decodes."""

    title: str
    progress: float
    """0..1"""


class ClusterWorkerView(TypedDict):
    """A worker of a Dask cluster."""

    name: str
    address: str
    threads: int
    slots: int
    """Chunks that it decodes at once; 0: it is not used."""
    state: Literal["working", "idle", "not_used"]
    version: str | None
    """Of swarmstt; None: not known."""
    engine: str | None
    """"ctranslate2 4.8.1"."""
    device: str | None
    doing: list[ClusterDoingView]
    reason: str | None
    """Trouble, or why it is not used."""


class ClusterView(TypedDict):
    """A Dask cluster that decodes this node's books."""

    address: str
    """Of its scheduler, or the scheduler's file."""
    worker_count: int
    usable_count: int
    """How many of them can decode."""
    threads: int
    """Of all workers."""
    workers: list[ClusterWorkerView]
    """Fifty at the most."""
