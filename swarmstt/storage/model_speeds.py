"""What was decoded with which model by whom, and how long it took."""

from __future__ import annotations

from swarmstt.core.books import SAMPLE_RATE
from swarmstt.core.models.speeds import Seen
from swarmstt.ids import HelperId
from swarmstt.storage.database import Database

LEAST_SECONDS = 15.0
"""Whisper works as long for less sound as for this: what is shorter says little."""


class SeenSpeeds:
    """Reads it from the results of all books that are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, lease_id: int) -> tuple[list[Seen], int]:
        """Returns what was delivered under later leases than this one, the oldest first, and the last lease of it; of
        very many results the last ones count."""
        parameters = {"lease_id": lease_id, "least_samples": int(LEAST_SECONDS * SAMPLE_RATE)}
        rows = await self._database.read("results_after", parameters)
        seen = [
            Seen(
                helper_id=HelperId(row["helper_id"]),
                model=row["model"],
                device=row["device"],
                audio_seconds=row["sample_count"] / SAMPLE_RATE,
                processing_seconds=row["processing_seconds"],
            )
            for row in reversed(rows)
        ]
        return seen, max((row["lease_id"] for row in rows), default=lease_id)
