"""Invitations and invited guests as the web room sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmstt.core.requests import GuestTranscript
from swarmstt.errors import NotFoundError

TOKEN = "t" * 43


class FakeInvited:
    """Implements InvitedRows; `calls` has what was asked, `wanted` the tasks that the guest holds."""

    invitation_id = "1"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls: list[tuple[Any, ...]] = []
        self.wanted = {"b-00000"}
        self.raises: Exception | None = None

    def _called(self, *call: Any) -> None:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises

    async def register_guest(self, worker_id: str, hostname: str) -> None:
        self._called("register_guest", worker_id, hostname)

    async def describe(self, worker_id: str, *, device: str | None, slots: int) -> None:
        self._called("describe", worker_id, device, slots)

    def promise_heartbeats(self, worker_id: str) -> None:
        self._called("promise_heartbeats", worker_id)

    async def guest_heartbeat(self, worker_id: str) -> None:
        self._called("guest_heartbeat", worker_id)

    async def guest_progress(self, worker_id: str, task_id: str, progress: float | None) -> None:
        self._called("guest_progress", worker_id, task_id, progress)

    async def next_task(self, worker_id: str) -> dict[str, Any] | None:
        self._called("next_task", worker_id)
        return {"id": "b-00000", "chunk_path": "chunks/b-00000.flac"}

    async def complete_task(
        self, task_id: str, worker_id: str, transcript: GuestTranscript, processing_seconds: float
    ) -> None:
        self._called("complete_task", task_id, worker_id, transcript, processing_seconds)

    async def return_task(self, task_id: str, worker_id: str, error: str | None) -> None:
        self._called("return_task", task_id, worker_id, error)

    async def chunk_audio(self, filename: str) -> Path:
        self._called("chunk_audio", filename)
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

    def admit(self, token: str) -> FakeInvited | None:
        return self.rows if token == TOKEN and "1" in self.names else None

    async def invitations(self) -> dict[str, Any]:
        listed = [{"invitation_id": key, "name": name} for key, name in self.names.items()]
        return {"invitations": listed, "url_base": None, "open": bool(listed)}

    async def invite(self, name: str) -> dict[str, Any]:
        self.names["2"] = name
        return {"invitation_id": "2", "name": name, "url": f"http://192.168.1.5:8000/join/{TOKEN}"}

    async def revoke(self, invitation_id: str) -> None:
        if self.names.pop(invitation_id, None) is None:
            raise NotFoundError("There is no such invitation.")

    async def revoke_all(self) -> None:
        self.names.clear()
