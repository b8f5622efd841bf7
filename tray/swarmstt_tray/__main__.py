"""`python -m swarmstt_tray` is the tray too."""

import sys

if not getattr(sys.flags, "safe_path", False):
    sys.path.pop(0)  # the current folder, which may be a book's: `python -m` would look there first

from swarmstt_tray.app import main

sys.exit(main())
