"""What strangers say of their doors."""

from __future__ import annotations

import pytest

from swarmstt.core.membership.door_status import MOST_SWARM_ID_LETTERS, DoorStatus


@pytest.mark.parametrize(
    ("swarm_id", "is_usable"),
    [
        ("a" * 64 + "-s1", True),
        ("a" * MOST_SWARM_ID_LETTERS, True),
        ("a" * (MOST_SWARM_ID_LETTERS + 1), False),
        ("", False),
        ("swärm", False),
        ("a\x1b[2J", False),
    ],
)
def test_an_id_is_short_and_can_be_shown(swarm_id: str, is_usable: bool) -> None:
    assert DoorStatus(swarm_id=swarm_id, provisional=True, open=True).is_usable is is_usable
