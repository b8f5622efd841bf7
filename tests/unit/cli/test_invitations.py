"""What `invite` says of an invitation that it made."""

from __future__ import annotations

from swarmstt.cli.invitations import advice


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
