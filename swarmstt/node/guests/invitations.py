"""Invitations for guests: who has one may help this node from anywhere, until it expires or is revoked."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from swarmstt.errors import ConflictError, ExpiredError, NotFoundError, StorageError
from swarmstt.ids import HelperId, NodeId, token_digest
from swarmstt.node.guests.guests import Guests
from swarmstt.node.guests.invitation_url import JOIN, base_url, new_token
from swarmstt.node.guests.invited import Invited, Titles
from swarmstt.node.guests.plain_listening import PlainListening
from swarmstt.phrases import FOR_ONE_COMMAND, INVITATION_EXPIRED
from swarmstt.storage.invitations import InvitationRecord, InvitationTable
from swarmstt.swarm.network.interfaces import lan_address
from swarmstt.tasks import TaskSet
from swarmstt.web.api.status_views import InvitationsView, InvitationView, NewInvitationView

logger = logging.getLogger(__name__)

MOST_INVITATIONS = 100
USED_EVERY = timedelta(minutes=1)
"""Between two notes of when an invitation was used."""
LOOK_SECONDS = 15.0
"""Between two looks at the PC's addresses, which change when it is carried to another network, and at the clock."""
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmPort:
    """Where guests come over TLS, and whose certificate they find there."""

    node_id: NodeId
    port: int


class Invitations:
    """Implements InvitationsPort and GuestPort of the web room. `swarm_port` returns None while the node meets nobody.
    `revoked` is called with an invitation's id when nobody may come by it any more."""

    def __init__(
        self,
        table: InvitationTable,
        guests: Guests,
        library: Titles,
        now: Callable[[], datetime],
        tasks: TaskSet,
        *,
        own_id: NodeId,
        swarm_port: Callable[[], SwarmPort | None],
        revoked: Callable[[str], None],
        look_seconds: float = LOOK_SECONDS,
        admitted: Callable[..., Invited] = Invited,
    ) -> None:
        self._table = table
        self._guests = guests
        self._library = library
        self._now = now
        self._tasks = tasks
        self._own_id = own_id
        self._swarm_port = swarm_port
        self._records: dict[str, InvitationRecord] = {}
        self._used_at: dict[str, datetime] = {}
        self._ended: set[str] = set()
        """Those that are over, and whose guests were turned out."""
        self._plain: PlainListening | None = None
        self._revoked = revoked
        self._look_seconds = look_seconds
        self._admitted = admitted

    async def load(self) -> None:
        self._records = {record.invitation_id: record for record in await self._table.all(self._own_id)}

    def admit(self, token: str) -> Invited | None:
        """Returns the rows for whoever has this token; ExpiredError if its time is over. Each hash is compared whole,
        and all of them each time: how long it takes says nothing."""
        digest = token_digest(token)
        found = [each for each in self._records.values() if hmac.compare_digest(each.token_sha256, digest)]
        if not found:
            return None
        (record,) = found
        if self._is_over(record):
            raise ExpiredError(INVITATION_EXPIRED)
        invitation_id = record.invitation_id
        return self._admitted(
            invitation_id,
            self._guests,
            self._library,
            lambda: invitation_id in self._records and not self._is_over(record),
            is_plain=record.is_plain,
            used=lambda: self._note_use(invitation_id),
        )

    def name_of(self, helper_id: HelperId) -> str | None:
        """Returns for whom the invitation was made by which that guest came; None if there is none, or it has no
        name."""
        record = self._records.get(helper_id.partition("/")[0])
        return record.name or None if record is not None and "/" in helper_id else None

    def _is_over(self, record: InvitationRecord) -> bool:
        return self._has_expired(record) or self._is_of_old_identity(record)

    def _has_expired(self, record: InvitationRecord) -> bool:
        return self._now() >= datetime.fromisoformat(record.expires_at)

    def _is_of_old_identity(self, record: InvitationRecord) -> bool:
        """Returns True if its guests look for a certificate that this node has no more, and talk to no other."""
        return record.node_id != self._own_id and not record.is_plain

    def _note_use(self, invitation_id: str) -> None:
        now, before = self._now(), self._used_at.get(invitation_id)
        if before is None or now - before >= USED_EVERY:
            self._used_at[invitation_id] = now
            self._tasks.start(self._keep_use(invitation_id, now))

    async def _keep_use(self, invitation_id: str, at: datetime) -> None:
        try:
            await self._table.used(invitation_id, at.isoformat(timespec="seconds"))
        except StorageError as error:  # the guest is as welcome, and its next use is kept
            logger.warning("%s", error.message)

    async def invitations(self) -> InvitationsView:
        at = self._swarm_port()
        return {
            "invitations": [self._view(record) for record in self._records.values()],
            "url_base": None if at is None else await self._url_base("https", at.port),
            "open": at is not None and self._holds(plain=False),
            "plain_url_base": None if self._plain is None else await self._url_base("http", self._plain.port),
            "plain_open": self._plain is not None and self._plain.is_open,
        }

    def _holds(self, *, plain: bool) -> bool:
        """Returns True if there is an invitation of that kind by which somebody may come."""
        return any(each.is_plain is plain and not self._is_over(each) for each in self._records.values())

    def _view(self, record: InvitationRecord) -> InvitationView:
        used = self._used_at.get(record.invitation_id)
        return {
            "invitation_id": record.invitation_id,
            "name": record.name,
            "created_at": record.created_at,
            "last_used_at": used.isoformat(timespec="seconds") if used else record.last_used_at,
            "expires_at": record.expires_at,
            "expired": self._has_expired(record),
            "of_old_identity": self._is_of_old_identity(record),
            "plain": record.is_plain,
        }

    async def _url_base(self, scheme: str, port: int) -> str | None:
        """Returns where others in this network reach that port of this PC; None if they do not."""
        interfaces = () if self._plain is None else self._plain.interfaces
        host = await asyncio.to_thread(lan_address, interfaces)
        return None if host is None or ipaddress.ip_address(host).is_loopback else base_url(scheme, host, port)

    async def invite(self, name: str, *, days: int, plain: bool) -> NewInvitationView:
        at = self._swarm_port()
        if self._plain is None or at is None:
            raise ConflictError(FOR_ONE_COMMAND)
        await self._make_room()
        token = new_token(None if plain else at.node_id)
        now = self._now()
        record = InvitationRecord(
            invitation_id=secrets.token_hex(4),
            name=name,
            token_sha256=token_digest(token),
            created_at=now.isoformat(timespec="seconds"),
            expires_at=(now + timedelta(days=days)).isoformat(timespec="seconds"),
            is_plain=plain,
            node_id=self._own_id,
        )
        await self._table.add(record)
        self._records[record.invitation_id] = record
        await self.look()
        scheme, port = ("http", self._plain.port) if plain else ("https", at.port)
        base = await self._url_base(scheme, port) or base_url(scheme, _LOOPBACK, port)
        return {
            "invitation_id": record.invitation_id,
            "name": name,
            "url": f"{base}{JOIN}{token}",
            "expires_at": record.expires_at,
            "plain": plain,
        }

    async def _make_room(self) -> None:
        """Forgets the oldest one that expired if there are as many as may be."""
        if len(self._records) < MOST_INVITATIONS:
            return
        over = [each.invitation_id for each in self._records.values() if self._is_over(each)]
        if not over:
            raise ConflictError(f"There are {MOST_INVITATIONS} invitations already; revoke some first.")
        await self.revoke(over[0])

    async def revoke(self, invitation_id: str) -> None:
        if self._records.pop(invitation_id, None) is None:
            raise NotFoundError("There is no such invitation: it has been revoked.")
        self._used_at.pop(invitation_id, None)
        self._ended.discard(invitation_id)
        self._revoked(invitation_id)
        await self._table.remove(invitation_id)
        await self._guests.turn_out(invitation_id)
        await self.look()

    async def revoke_all(self) -> None:
        for invitation_id in list(self._records):
            with suppress(NotFoundError):  # revoked by another request meanwhile
                await self.revoke(invitation_id)

    @asynccontextmanager
    async def listen(self, plain: PlainListening) -> AsyncIterator[None]:
        """Lets guests come until the context is left; over plain HTTP by `plain`, while there is such an invitation."""
        self._plain = plain
        try:
            await self.look()
            yield
        finally:
            self._plain = None
            await plain.close()

    async def watch(self) -> None:
        """Follows the PC's addresses and the clock, until cancelled."""
        while True:
            await asyncio.sleep(self._look_seconds)
            await self.look()

    async def look(self) -> None:
        """Turns out the guests of invitations that expired, and hears plain HTTP where it should, and nowhere else."""
        for invitation_id, record in list(self._records.items()):
            if not self._is_over(record):
                self._ended.discard(invitation_id)  # the clock was set back
            elif invitation_id not in self._ended:
                self._ended.add(invitation_id)
                self._revoked(invitation_id)
                await self._guests.turn_out(invitation_id)
        if self._plain is not None:
            await self._plain.look(wanted=self._holds(plain=True))
