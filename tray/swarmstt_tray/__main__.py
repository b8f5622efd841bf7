"""`python -m swarmstt_tray` is the tray too."""

import sys

from swarmstt_tray.app import main

sys.exit(main())
