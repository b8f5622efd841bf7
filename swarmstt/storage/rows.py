"""Between values and what a database row holds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import msgpack

from swarmstt.codec import from_plain, to_plain
from swarmstt.core.books import BookDescription, BookOutput, BookSettings, Chapter, FileSound, Gap
from swarmstt.core.ebooks.report import BookEbook
from swarmstt.core.edits import BookEdits
from swarmstt.core.ordering.facts import BookOrder
from swarmstt.core.speech.names import NameSpellings
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.ids import BookId

MOST_OTHERS = 5
"""A part may go out many times, such as to a PC that is put to sleep each hour: the last ones are enough."""
OTHERS_COLUMNS = ("helper_id", "helper_name", "parting")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRecord:
    """All that is kept of a book beside its chunks."""

    book_id: BookId
    fingerprint: str
    filename: str
    sources: tuple[str, ...]
    is_folder: bool
    uploaded: bool
    settings: BookSettings
    output: BookOutput
    local_only: bool
    added_at: str
    state: str = "open"
    reason: str | None = None
    language: str | None = None
    paused: bool = False
    read_whole: bool = False
    title: str | None = None
    author: str | None = None
    narrator: str | None = None
    series: str | None = None
    chapters: tuple[Chapter, ...] = ()
    damages: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    content_hash: str | None = None
    estimated_seconds: float = 0.0
    sound: tuple[FileSound, ...] = ()
    completed_at: str | None = None
    files: tuple[str, ...] = ()
    order: BookOrder = BookOrder()
    ebook: BookEbook | None = None
    edits: BookEdits = BookEdits()
    names: tuple[NameSpellings, ...] = ()
    """Those that are spelled in several ways, as it was last written."""
    for_program: bool = False
    """Another program sent it, and no person keeps it among their books."""

    @property
    def shown_chapters(self) -> tuple[Chapter, ...]:
        """Returns its chapters as a person wants them, or else as its files and what is said have them."""
        return self.chapters if self.edits.chapters is None else self.edits.chapters

    def described(self, description: BookDescription) -> BookRecord:
        """Returns the record with what the book's files say of it."""
        changes = {each.name: getattr(description, each.name) for each in fields(description)}
        changes["content_hash"] = description.content_hash or self.content_hash
        return replace(self, **changes)


def to_json(value: Any) -> str:
    """Writes JSON in ASCII, so that file names which are not Unicode survive too."""
    return json.dumps(to_plain(value), separators=(",", ":"))


_PLAIN_COLUMNS: dict[str, Any] = {
    "sources": tuple[str, ...],
    "settings": BookSettings,
    "output": BookOutput,
    "chapters": tuple[Chapter, ...],
    "damages": tuple[Gap, ...],
    "notes": tuple[str, ...],
    "files": tuple[str, ...],
    "sound": tuple[FileSound, ...],
    "file_order": BookOrder,
    "ebook": BookEbook | None,
    "edits": BookEdits,
    "names": tuple[NameSpellings, ...],
}
_NOT_IN_A_RECORD = ("position", "alone")
_FLAGS = ("is_folder", "uploaded", "local_only", "paused", "read_whole", "for_program")


def record_from_row(row: dict[str, Any]) -> BookRecord:
    values = {key: value for key, value in row.items() if key not in _NOT_IN_A_RECORD}
    values.update((key, from_plain(kind, json.loads(row[key]))) for key, kind in _PLAIN_COLUMNS.items())
    values.update((key, bool(row[key])) for key in _FLAGS)
    values["order"] = values.pop("file_order")
    return BookRecord(**values)


def row_from_record(record: BookRecord) -> dict[str, Any]:
    """Returns the parameters of the query add_book."""
    return {
        "book_id": record.book_id,
        "fingerprint": record.fingerprint,
        "filename": record.filename,
        "sources": to_json(record.sources),
        "is_folder": record.is_folder,
        "uploaded": record.uploaded,
        "settings": to_json(record.settings),
        "output": to_json(record.output),
        "local_only": record.local_only,
        "state": record.state,
        "language": record.language,
        "added_at": record.added_at,
        "file_order": to_json(record.order),
        "for_program": record.for_program,
    }


def with_others(tasks: list[dict[str, Any]], leases: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the rows of chunks, each with `others`: the last of its leases besides the one that it shows."""
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for lease in leases:
        found[lease["book_id"], lease["position"]].append(lease)
    for task in tasks:
        of_chunk = found.get((task["book_id"], task["position"]), [])
        others = [each for each in of_chunk if each["parting"] is not None or each["lease_id"] != task["lease_id"]]
        task["others"] = [{name: each[name] for name in OTHERS_COLUMNS} for each in others[-MOST_OTHERS:]]
    return tasks


def pack_transcript(transcript: ChunkTranscript) -> bytes:
    packed: bytes = msgpack.packb(to_plain(transcript))
    return packed


def unpack_transcript(data: bytes) -> ChunkTranscript:
    return from_plain(ChunkTranscript, msgpack.unpackb(data))
