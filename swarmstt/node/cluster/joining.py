"""Joins a Dask cluster to a node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from swarmstt.node.cluster.place import ClusterPlace
from swarmstt.node.models.sharing import ModelGiving
from swarmstt.swarm.links.helper_server import HelperServer
from swarmstt.swarm.links.local import serve_locally
from swarmstt.tasks import TaskSet

if TYPE_CHECKING:
    from swarmstt.node.cluster.cluster import Cluster


@asynccontextmanager
async def join_cluster(
    place: ClusterPlace, giving: ModelGiving, server: HelperServer, tasks: TaskSet, changed: Callable[[], None]
) -> AsyncIterator[Cluster]:
    """Has a cluster help that coordinator until the context is left. `tasks` fail if a part of it dies; `changed` is
    called when what is shown of it may be something else."""
    from swarmstt.node.cluster.cluster import Cluster  # Dask is heavy, and an extra
    from swarmstt.node.cluster.worker import dask_version, engine_version

    engine, dask = await asyncio.to_thread(lambda: (engine_version(), dask_version()))
    cluster = Cluster(place, giving.model, engine=engine, dask=dask, changed=changed)
    async with cluster.working():
        tasks.heed(cluster.failed)
        serving = tasks.start(serve_locally(cluster.helper, server, kind="cluster"))
        try:
            yield cluster
        finally:
            serving.cancel()
