"""A hard limit on the memory of a child that reads files from anywhere."""

from __future__ import annotations

import sys

ADDRESS_SPACE_BYTES = 3 * 2**30
"""Reading takes a tenth of it; the libraries alone reserve a few hundred megabytes of addresses."""


def limit_this_process() -> None:
    """Makes allocations beyond the limit fail. Only Linux enforces it; elsewhere the node watches the child."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = ADDRESS_SPACE_BYTES if hard == resource.RLIM_INFINITY else min(ADDRESS_SPACE_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
