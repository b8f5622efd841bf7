"""`python -m swarmstt` is the command line too."""

import sys

from swarmstt.cli import main

sys.exit(main())
