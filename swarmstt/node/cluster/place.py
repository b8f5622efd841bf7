"""Where a cluster's scheduler is, as --cluster says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from swarmstt.errors import UsageError

_ADDRESS = re.compile(r"(?:[a-z]+://)?(?:\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}/?")
_LOOPBACK = re.compile(r"(?:[a-z]+://)?(?:localhost|127\.[\d.]+|\[::1\]):")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlace:
    """The address of a scheduler, or the file in which it wrote that."""

    text: str
    is_file: bool

    @property
    def is_read_on_the_way(self) -> bool:
        """Whether others in the network can read what goes there; of a file that is not known."""
        return not self.is_file and not self.text.startswith(("tls://", "wss://")) and not _LOOPBACK.match(self.text)


def cluster_place(given: str) -> ClusterPlace:
    """Reads an address or the name of a scheduler file, which may come later. UsageError for anything else, and if Dask
    is not installed."""
    if find_spec("distributed") is None:
        raise UsageError("--cluster needs Dask; install it with: pip install 'swarmstt[cluster]'")
    is_file = Path(given).suffix == ".json" or Path(given).is_file()
    if not is_file and not _ADDRESS.fullmatch(given):
        raise UsageError(
            f"--cluster {given} is neither a scheduler's address (tls://HOST:8786) nor a scheduler file (.json)."
        )
    return ClusterPlace(text=given, is_file=is_file)
