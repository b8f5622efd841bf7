"""What is kept of invitations."""

from datetime import datetime, timezone
from pathlib import Path

from swarmstt.storage.invitations import InvitationRecord
from swarmstt.storage.store import Store


def now() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


ANNA = InvitationRecord(invitation_id="1", name="Anna", token_sha256="aa", created_at="2026-01-01T00:00:00+00:00")
BEN = InvitationRecord(invitation_id="2", name="Ben", token_sha256="bb", created_at="2026-01-02T00:00:00+00:00")


async def test_invitations_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "swarmstt.sqlite"
    async with Store(path, now) as store:
        assert await store.invitations.all() == []
        await store.invitations.add(BEN)
        await store.invitations.add(ANNA)
        await store.invitations.used("2", "2026-01-03T00:00:00+00:00")
    async with Store(path, now) as store:
        anna, ben = await store.invitations.all()
        assert anna == ANNA
        assert (ben.name, ben.last_used_at) == ("Ben", "2026-01-03T00:00:00+00:00")
        await store.invitations.remove("1")
        assert [each.name for each in await store.invitations.all()] == ["Ben"]
