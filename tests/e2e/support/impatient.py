"""swarmstt, with drop folders that are looked at more often, and believed sooner, than a person's.

Run as a program it is the command line. What a drop folder does is tested with it; how long it waits is not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from swarmstt.cli import main
from swarmstt.node.drop_folder.watching import DropFolders
from tests.e2e.support.home import Home

SETTLE_SECONDS, RESCAN_SECONDS = 1.0, 2.0


class ImpatientHome(Home):
    """A home whose nodes are impatient."""

    def command(self, name: str, *arguments: str | Path) -> list[str]:
        python, _, _, *rest = super().command(name, *arguments)
        return [python, "-m", "tests.e2e.support.impatient", *rest]


if __name__ == "__main__":
    defaults = DropFolders.__init__.__kwdefaults__
    assert defaults is not None
    assert {"settle_seconds", "rescan_seconds"} <= defaults.keys()
    defaults.update(settle_seconds=SETTLE_SECONDS, rescan_seconds=RESCAN_SECONDS)
    sys.exit(main())
