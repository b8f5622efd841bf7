"""The command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 it failed, 2 wrong usage."""
    try:
        # Imported here, since it takes a second in which a person may press Ctrl-C already.
        from swarmstt.launching import forget_current_folder, open_standard_streams

        open_standard_streams()
        forget_current_folder()
        from swarmstt.cli import running

        return running.main(arguments)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
