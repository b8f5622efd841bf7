"""Invitations for guests: who has one may help this node from anywhere. While there is none, nobody else is heard."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from swarmstt.core.manners import FOR_ONE_COMMAND
from swarmstt.errors import ConflictError, LocalError, NotFoundError, StorageError
from swarmstt.ids import HelperId
from swarmstt.node.guests import Guests
from swarmstt.node.invited import Invited
from swarmstt.node.shelf import Shelf
from swarmstt.storage.invitations import InvitationRecord, InvitationTable
from swarmstt.swarm.interfaces import lan_address, own_addresses
from swarmstt.swarm.listening import listening_sockets
from swarmstt.tasks import TaskSet

logger = logging.getLogger(__name__)

MOST_INVITATIONS = 100
USED_EVERY = timedelta(minutes=1)
"""Between two notes of when an invitation was used."""
LOOK_SECONDS = 15.0
"""Between two looks at the PC's addresses, which change when it is carried to another network."""
_TOKEN_BYTES = 32


class Listening(Protocol):
    """Listens on the PC's other addresses; `Outside` of the web room."""

    @property
    def addresses(self) -> frozenset[str]: ...

    async def open(self, address: str, listening: socket.socket) -> None: ...

    async def close(self, address: str) -> None: ...

    async def close_all(self) -> None: ...


class Invitations:
    """Implements InvitationsPort and GuestPort of the web room."""

    def __init__(
        self, table: InvitationTable, guests: Guests, shelf: Shelf, now: Callable[[], datetime], tasks: TaskSet
    ) -> None:
        self._table = table
        self._guests = guests
        self._shelf = shelf
        self._now = now
        self._tasks = tasks
        self._records: dict[str, InvitationRecord] = {}
        self._used_at: dict[str, datetime] = {}
        self._listening: Listening | None = None
        self._interfaces: Sequence[str] = ()
        self._port = 0
        self._turn = asyncio.Lock()
        self._complained: set[str] = set()
        self.on_revoked: Callable[[str], None] = lambda invitation_id: None
        """Called with an invitation's id when it is taken back."""

    async def load(self) -> None:
        self._records = {record.invitation_id: record for record in await self._table.all()}

    def admit(self, token: str) -> Invited | None:
        """Each hash is compared whole, and all of them each time: how long it takes tells nothing."""
        digest = _digest(token)
        found = [each for each in self._records.values() if hmac.compare_digest(each.token_sha256, digest)]
        if not found:
            return None
        invitation_id = found[0].invitation_id
        self._note_use(invitation_id)
        return Invited(invitation_id, self._guests, self._shelf, lambda: invitation_id in self._records)

    def name_of(self, helper_id: HelperId) -> str | None:
        """For whom the invitation was made by which that guest came; None where there is none, or it has no name."""
        record = self._records.get(helper_id.partition("/")[0])
        return record.name or None if record is not None and "/" in helper_id else None

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

    async def invitations(self) -> dict[str, Any]:
        return {
            "invitations": [self._view(record) for record in self._records.values()],
            "url_base": await self._url_base(),
            "open": bool(self._listening and self._listening.addresses),
        }

    def _view(self, record: InvitationRecord) -> dict[str, Any]:
        used = self._used_at.get(record.invitation_id)
        return {
            "invitation_id": record.invitation_id,
            "name": record.name,
            "created_at": record.created_at,
            "last_used_at": used.isoformat(timespec="seconds") if used else record.last_used_at,
        }

    async def _url_base(self) -> str | None:
        host = await asyncio.to_thread(lan_address, self._interfaces)
        if host is None or not self._port or ipaddress.ip_address(host).is_loopback:
            return None
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    async def invite(self, name: str) -> dict[str, Any]:
        if self._listening is None:
            raise ConflictError(FOR_ONE_COMMAND)
        if len(self._records) >= MOST_INVITATIONS:
            raise ConflictError(f"There are {MOST_INVITATIONS} invitations already; take some back first.")
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        record = InvitationRecord(
            invitation_id=secrets.token_hex(4),
            name=name,
            token_sha256=_digest(token),
            created_at=self._now().isoformat(timespec="seconds"),
        )
        await self._table.add(record)
        self._records[record.invitation_id] = record
        await self.look()
        base = await self._url_base() or f"http://127.0.0.1:{self._port}"
        return {"invitation_id": record.invitation_id, "name": name, "url": f"{base}/join/{token}"}

    async def revoke(self, invitation_id: str) -> None:
        if self._records.pop(invitation_id, None) is None:
            raise NotFoundError("There is no such invitation; it was taken back already.")
        self._used_at.pop(invitation_id, None)
        self.on_revoked(invitation_id)
        await self._table.remove(invitation_id)
        await self._guests.turn_out(invitation_id)
        await self.look()

    async def revoke_all(self) -> None:
        for invitation_id in list(self._records):
            with suppress(NotFoundError):  # taken back by another request meanwhile
                await self.revoke(invitation_id)

    @asynccontextmanager
    async def listen(self, listening: Listening, port: int, interfaces: Sequence[str]) -> AsyncIterator[None]:
        """Has guests heard on that port of the PC's addresses (of those named, if any) while there is an invitation,
        until the context is left."""
        self._listening, self._port, self._interfaces = listening, port, interfaces
        try:
            await self.look()
            yield
        finally:
            async with self._turn:
                self._listening = None
                await listening.close_all()

    async def watch(self) -> None:
        """Follows the PC's addresses, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Listens where it should, and nowhere else."""
        async with self._turn:
            if self._listening is None:
                return
            wanted = await asyncio.to_thread(_addresses, self._interfaces) if self._records else set()
            for address in self._listening.addresses - wanted:
                await self._listening.close(address)
            for address in sorted(wanted - self._listening.addresses):
                await self._open(self._listening, address)

    async def _open(self, listening: Listening, address: str) -> None:
        try:
            (bound,) = listening_sockets([address], self._port)
        except LocalError as error:
            if address not in self._complained:
                logger.warning("Guests cannot come by %s, port %d: %s", address, self._port, error.message)
            self._complained.add(address)
            return
        self._complained.discard(address)
        await listening.open(address, bound)


def _addresses(interfaces: Sequence[str]) -> set[str]:
    """Where guests may come: loopback has the page, and link-local IPv6 addresses cannot stand in a URL."""
    found = {each.ip: ipaddress.ip_address(each.ip) for each in own_addresses(interfaces)}
    return {
        ip for ip, address in found.items() if not address.is_loopback and not (":" in ip and address.is_link_local)
    }


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
