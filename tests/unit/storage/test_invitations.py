"""What is kept of invitations."""

from dataclasses import replace
from pathlib import Path

from swarmstt.ids import NodeId
from swarmstt.storage.invitations import InvitationRecord
from swarmstt.storage.store import Store
from tests.support.clocks import now

OWN_ID = NodeId("a" * 64)
ANNA = InvitationRecord(
    invitation_id="1",
    name="Anna",
    token_sha256="aa",
    created_at="2026-01-01T00:00:00+00:00",
    expires_at="2026-01-31T00:00:00+00:00",
    is_plain=False,
    node_id=OWN_ID,
)
BEN = replace(
    ANNA, invitation_id="2", name="Ben", token_sha256="bb", created_at="2026-01-02T00:00:00+00:00", is_plain=True
)


async def test_invitations_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "swarmstt.sqlite"
    async with Store(path, now) as store:
        assert await store.invitations.all(OWN_ID) == []
        await store.invitations.add(BEN)
        await store.invitations.add(ANNA)
        await store.invitations.used("2", "2026-01-03T00:00:00+00:00")
    async with Store(path, now) as store:
        anna, ben = await store.invitations.all(OWN_ID)
        assert anna == ANNA
        assert ben == replace(BEN, last_used_at="2026-01-03T00:00:00+00:00")
        await store.invitations.remove("1")
        assert [each.name for each in await store.invitations.all(OWN_ID)] == ["Ben"]
