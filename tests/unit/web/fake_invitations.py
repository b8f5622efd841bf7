"""Invitations and invited guests as the web room sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmstt.core.requests import GuestTranscript
from swarmstt.errors import ExpiredError, NotFoundError
from swarmstt.web.api.status_views import InvitationsView, InvitationView, NewInvitationView
from swarmstt.web.api.views import InvitedTaskView
from swarmstt.web.guests.admissions import WhoIsCopied

TOKEN = "t" * 43
EXPIRES = "2024-02-14T10:00:00+00:00"


class FakeInvited:
    """Implements InvitedRows; `calls` has what was asked, `wanted` the tasks that the guest holds."""

    invitation_id = "1"
    is_plain = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls: list[tuple[Any, ...]] = []
        self.wanted = {"b-00000"}
        self.raises: Exception | None = None
        self.copied: WhoIsCopied | None = None

    def note_use(self) -> None:
        """Nobody asks for that."""

    def _called(self, *call: Any) -> None:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises

    async def register(self, worker_id: str, hostname: str) -> None:
        self._called("register", worker_id, hostname)

    def begins(self, worker_id: str, run: str | None) -> None:
        self._called("begins", worker_id, run)

    def who_is_copied(self, worker_id: str, run: str) -> WhoIsCopied | None:
        self._called("who_is_copied", worker_id, run)
        return self.copied

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        self._called("describe", worker_id, device, slots)

    def promise_heartbeats(self, worker_id: str) -> None:
        self._called("promise_heartbeats", worker_id)

    async def heartbeat(self, worker_id: str) -> None:
        self._called("heartbeat", worker_id)

    async def progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        self._called("progress", worker_id, task_id, progress)

    async def next_task(self, worker_id: str) -> InvitedTaskView | None:
        self._called("next_task", worker_id)
        return {
            "id": "b-00000",
            "book_id": "b",
            "chunk_id": 0,
            "status": "in_progress",
            "worker_id": worker_id,
            "start_time": 0.0,
            "end_time": 1.0,
            "original_filename": "b.mp3",
            "processing_time": None,
            "chunk_path": "chunks/b-00000.flac",
            "sample_count": 16_000,
            "model": "base",
            "model_hash": "hash",
            "tries": 0,
        }

    async def complete(self, task_id: str, worker_id: str, given: GuestTranscript, processing_seconds: float) -> None:
        self._called("complete", task_id, worker_id, given, processing_seconds)

    async def return_task(self, task_id: str, worker_id: str, error: str | None) -> None:
        self._called("return_task", task_id, worker_id, error)

    async def audio(self, filename: str) -> Path:
        self._called("audio", filename)
        if filename != "b-00000.flac":
            raise NotFoundError("There is no such chunk; ask for the next task.")
        return self.folder / filename

    def is_wanted(self, worker_id: str, task_id: str) -> bool:
        return task_id in self.wanted


class FakeInvitations:
    """Implements GuestPort and InvitationsPort; with one invitation at first, that of TOKEN."""

    def __init__(self, folder: Path) -> None:
        self.rows = FakeInvited(folder)
        self.names: dict[str, str] = {"1": "Anna"}
        self.asked: list[tuple[str, int, bool]] = []
        self.is_over = False

    def admit(self, token: str) -> FakeInvited | None:
        if self.is_over:
            raise ExpiredError("It has expired.")
        return self.rows if token == TOKEN and "1" in self.names else None

    async def invitations(self) -> InvitationsView:
        listed: list[InvitationView] = [
            {
                "invitation_id": key,
                "name": name,
                "created_at": "2024-01-15T10:00:00+00:00",
                "last_used_at": None,
                "expires_at": EXPIRES,
                "expired": False,
                "plain": True,
                "of_old_identity": False,
            }
            for key, name in self.names.items()
        ]
        return {
            "invitations": listed,
            "url_base": None,
            "open": False,
            "plain_url_base": None,
            "plain_open": bool(listed),
        }

    async def invite(self, name: str, *, days: int, plain: bool) -> NewInvitationView:
        self.names["2"] = name
        self.asked.append((name, days, plain))
        return {
            "invitation_id": "2",
            "name": name,
            "url": f"http://192.168.1.5:8000/join/{TOKEN}",
            "expires_at": EXPIRES,
            "plain": plain,
        }

    async def revoke(self, invitation_id: str) -> None:
        if self.names.pop(invitation_id, None) is None:
            raise NotFoundError("There is no such invitation.")

    async def revoke_all(self) -> None:
        self.names.clear()
