"""What `invite` says of invitations."""

from __future__ import annotations

from typing import Any

import pytest

from swarmstt.cli.outsiders.invitations import advice, line_of
from swarmstt.cli.parser import parse

MADE = {"expires_at": "2024-02-14T10:00:00+00:00", "plain": False}
REACHED = {
    "url_base": "https://192.168.1.7:8765",
    "open": True,
    "plain_url_base": "http://192.168.1.7:8000",
    "plain_open": True,
}


def said(*, plain: bool = False, **listed: Any) -> str:
    return "\n".join(advice({**MADE, "plain": plain}, {**REACHED, **listed}))


def test_what_a_tunnel_must_point_at_is_named_where_guests_are_heard() -> None:
    assert "swarmstt help URL" in said()
    assert "It helps until 2024-02-1" in said()
    assert "TCP tunnel to 192.168.1.7:8765" in said()
    assert "--plain" in said()
    assert "tunnel that ends TLS at http://192.168.1.7:8000" in said(plain=True)
    assert "others on the way can read" in said(plain=True)
    assert "others on the way" not in said()


@pytest.mark.parametrize("plain", [False, True])
def test_a_node_that_others_cannot_reach_is_no_place_for_a_tunnel(plain: bool) -> None:
    away = said(plain=plain, url_base=None, plain_url_base=None)
    silent = said(plain=plain, open=False, plain_open=False)
    for each in (away, silent):
        assert "swarmstt help URL" in each
        assert "tunnel" not in each
    assert "--interface" in away
    assert "192.168.1.7:8" in silent


def test_one_for_nobody_in_particular_is_listed_as_such() -> None:
    moments = {"created_at": "2024-01-15T10:00:00+00:00", "last_used_at": None, "expires_at": MADE["expires_at"]}
    invitation = {"invitation_id": "1", "name": "", "expired": False, "plain": False, **moments}
    invitation["of_old_identity"] = False
    assert line_of(invitation).startswith("Without a name: since 2024-01-1")
    anna = {**invitation, "name": "Anna"}
    assert line_of(anna).startswith("Anna: since 2024-01-1")
    assert ", until 2024-02-1" in line_of(anna)
    assert line_of(anna).endswith(", never used")
    assert "plain" not in line_of(anna)
    void = line_of({**anna, "of_old_identity": True})
    assert "no longer valid, since this PC has a new identity: make a new one, never used" in void
    assert "until" not in void
    old = line_of({**anna, "plain": True, "expired": True, "last_used_at": "2024-03-15T10:00:00+00:00"})
    assert ", expired 2024-02-1" in old
    assert ", over plain HTTP" in old
    assert ", last used 2024-03-1" in old


def test_days(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["invite"]).days == 30
    assert parse(["invite", "--days", "7"]).days == 7
    for wrong in ("0", "-1", "3651", "seven", "1.5", "9" * 10, ""):
        with pytest.raises(SystemExit) as ended:
            parse(["invite", "--days", wrong])
        assert ended.value.code == 2
        assert "--days" in capsys.readouterr().err
