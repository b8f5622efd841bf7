"""What `invite` says of invitations."""

from __future__ import annotations

from swarmstt.cli.invitations import advice, line_of


def test_what_a_tunnel_must_point_at_is_named_where_guests_are_heard() -> None:
    said = "\n".join(advice("http://192.168.1.7:8000", is_open=True))
    assert "swarmstt help URL" in said
    assert "tunnel or forwarded port at http://192.168.1.7:8000" in said


def test_a_node_that_others_cannot_reach_is_no_place_for_a_tunnel() -> None:
    for said in ("\n".join(advice(None, is_open=False)), "\n".join(advice("http://192.168.1.7:8000", is_open=False))):
        assert "swarmstt help URL" in said
        assert "tunnel" not in said
    assert "--interface" in advice(None, is_open=False)[-1]
    assert "192.168.1.7:8000" in advice("http://192.168.1.7:8000", is_open=False)[-1]


def test_one_for_nobody_in_particular_is_listed_as_such() -> None:
    invitation = {"invitation_id": "1", "created_at": "2024-01-15T10:00:00+00:00", "last_used_at": None}
    assert line_of({**invitation, "name": ""}).startswith("Without a name: since 2024-01-1")
    assert line_of({**invitation, "name": "Anna"}).startswith("Anna: since 2024-01-1")
    assert line_of({**invitation, "name": "Anna"}).endswith(", never used")
    used = line_of({**invitation, "name": "Anna", "last_used_at": "2024-03-15T10:00:00+00:00"})
    assert ", last used 2024-03-1" in used
