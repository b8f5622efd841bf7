"""A hard limit on the memory of a child that reads files from anywhere."""

from __future__ import annotations

import logging
import sys

ADDRESS_SPACE_BYTES = 3 * 2**30
"""Reading takes a tenth of it; the libraries alone reserve a few hundred megabytes of addresses."""

logger = logging.getLogger(__name__)


def limit_this_process() -> None:
    """Make allocations beyond the limit fail. Linux and Windows enforce it; elsewhere the node watches the child."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = ADDRESS_SPACE_BYTES if hard == resource.RLIM_INFINITY else min(ADDRESS_SPACE_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    elif sys.platform == "win32":
        from swarmstt.speech.process import windows_job

        if not windows_job.limit_this_process(ADDRESS_SPACE_BYTES):
            logger.warning("Windows sets no limit on the memory of this process; the node watches it.")
