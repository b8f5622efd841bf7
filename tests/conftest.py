"""What all tests share."""

import os

# The tests start the program hundreds of times: it keeps its compiled code, as it does on a person's PC, also where a
# shell says that Python must not.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
