"""The record of a book, as the database has it."""

from __future__ import annotations

from swarmstt.core.books import BookOutput
from swarmstt.storage.rows import BookRecord
from tests.unit.core.worlds import BOOK, SETTINGS

RECORD = BookRecord(
    book_id=BOOK,
    fingerprint="f",
    filename="a.mp3",
    sources=("/a.mp3",),
    is_folder=False,
    uploaded=False,
    settings=SETTINGS,
    output=BookOutput(folder="/out", name="a", formats=("srt",)),
    local_only=False,
    added_at="2026-01-02T03:04:05+00:00",
    files=("/out/a.srt",),
)
