"""Identities that really sign, for tests of what is written and sent."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from swarmstt.swarm.trust.identity import Identity, load_identity


@cache
def real_author(name: str) -> Identity:
    """Returns an identity that is made once in a run of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        return load_identity(Path(folder))
