"""PCs of one swarm that have different versions of the program say so."""

from __future__ import annotations

from swarmstt import __version__
from swarmstt.node.membership.peer_values import version_note


def test_another_version_is_said() -> None:
    assert version_note(None) is None
    assert version_note(__version__) is None
    assert version_note("0.2.0\x1b[31m", "0.1.0") == (
        "It has version 0.2.0 [31m of swarmstt, this PC has 0.1.0: update both to the same one."
    )
