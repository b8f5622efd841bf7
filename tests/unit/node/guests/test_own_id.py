"""A guest's id: the same at each start, and another one if a copy of its data folder helps too."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from swarmstt.cli.help import _is_over
from swarmstt.ids import HelperId
from swarmstt.node.data_dir import Folders
from swarmstt.node.guests.client import CopiedError, GuestClient
from swarmstt.node.guests.guest import Guest
from swarmstt.node.guests.invitation_url import parse_invitation
from swarmstt.node.guests.own_id import own_id
from swarmstt.node.guests.worker import GuestWorker
from swarmstt.web.api.views import InvitedTaskView
from swarmstt.web.guests.admissions import Admissions
from swarmstt.web.guests.app import build_guest_app
from tests.support.waiting import eventually
from tests.unit.node.guests.test_worker import FakeEngines, Host, guest
from tests.unit.web.fake_invitations import TOKEN, FakeInvitations, FakeInvited


def test_a_pc_is_the_same_guest_each_time(tmp_path: Path) -> None:
    with own_id(Folders(tmp_path / "new")) as first, own_id(Folders(tmp_path / "new")) as beside:
        assert first.value != beside.value
    with own_id(Folders(tmp_path / "new")) as second:
        assert second.value == first.value


def test_a_damaged_id_is_replaced_for_good(tmp_path: Path) -> None:
    (tmp_path / "guest-id").write_bytes(b"\xff\xfe abc")
    with own_id(Folders(tmp_path)) as first:
        assert len(first.value) == 16
    with own_id(Folders(tmp_path)) as second:
        assert second.value == first.value


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_other_users_do_not_come_into_a_guests_data_folder(tmp_path: Path) -> None:
    with own_id(Folders(tmp_path / "data")):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_two_runs_with_one_id_are_told_apart() -> None:
    guest = Guest(HelperId("1/w"), cast("Any", None), cast("Any", None))
    guest.begins("first")
    assert guest.who_is_copied("first") is None
    guest.begins("copy")
    assert guest.who_is_copied("copy") is None, "a start alone may be the same PC's"
    assert guest.who_is_copied("first") == "this one"
    assert [guest.who_is_copied("copy") for _ in range(2)] == ["another one", None], "it is said once"
    guest.begins(None)
    assert guest.who_is_copied("other") is None, "the node or the guest's program is older, or began again"
    assert guest.who_is_copied("first") == "this one"


class Busy(FakeInvited):
    """Has nothing to do for anybody."""

    async def next_task(self, worker_id: str) -> InvitedTaskView | None:
        await super().next_task(worker_id)
        return None


async def test_both_hear_of_it(tmp_path: Path) -> None:
    invitations, told = FakeInvitations(tmp_path), list[str]()
    invitations.rows = Busy(tmp_path)
    async with TestServer(build_guest_app(Admissions(invitations))) as server, aiohttp.ClientSession() as session:
        address = parse_invitation(str(server.make_url(f"/join/{TOKEN}")))
        client = GuestClient(session, address, "w", copied=lambda: told.append("copied"))
        await client.register("Anna", 1)
        assert await client.next_task() is None
        invitations.rows.copied = "another one"
        assert await client.next_task() is None
        assert told == ["copied"]
        invitations.rows.copied = "this one"
        with pytest.raises(CopiedError):
            await client.next_task()
    calls = invitations.rows.calls
    runs = {call[2] for call in calls if call[0] in ("begins", "who_is_copied")}
    assert (len(runs), len(calls[-1])) == (1, 3), "and no chunk was given to the one that is to take a new id"
    assert calls[-1][0] == "who_is_copied"


async def test_a_copy_hands_nothing_back(tmp_path: Path) -> None:
    """What it held was taken from it when the other one began, which may hold that very chunk now, by the same id."""
    (tmp_path / "b-00000.flac").write_bytes(b"fLaC")
    invitations, engines, host = FakeInvitations(tmp_path), FakeEngines(), Host(tmp_path)
    invitations.rows, engines.slot_count = host, 2
    engines.may_end.clear()
    async with guest(invitations, engines) as worker:
        running = asyncio.ensure_future(worker.run())
        await eventually(lambda: engines.decoded)
        host.copied = "this one"
        with pytest.raises(CopiedError):
            await running
    assert host.named("return_task") == []


def test_a_new_id_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Copied:
        async def run(self) -> None:
            raise CopiedError

    with own_id(Folders(tmp_path)) as here:
        before = here.value
        assert not asyncio.run(_is_over(cast("GuestWorker", Copied()), here))
        assert here.value != before
    assert "takes a new id" in "".join(capsys.readouterr())
    with own_id(Folders(tmp_path)) as again:
        assert again.value == here.value
