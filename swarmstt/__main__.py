"""`python -m swarmstt` is the command line too."""

import sys

if not getattr(sys.flags, "safe_path", False):
    sys.path.pop(0)  # the current folder, which may be a book's: `python -m` would look there first

from swarmstt.cli import main

sys.exit(main())
