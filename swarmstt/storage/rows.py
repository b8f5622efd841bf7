"""Between values and what a database row holds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgpack

from swarmstt.core.books import BookOutput, BookSettings, Chapter, Gap
from swarmstt.core.plain import from_plain, to_plain
from swarmstt.core.transcript import ChunkTranscript
from swarmstt.ids import BookId

MOST_OTHERS = 5
"""A part may go out many times, such as to a PC that is put to sleep each hour: the last ones tell enough."""
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
    alone: bool
    added_at: str
    state: str = "open"
    reason: str | None = None
    language: str | None = None
    paused: bool = False
    read_whole: bool = False
    title: str | None = None
    author: str | None = None
    chapters: tuple[Chapter, ...] = ()
    damages: tuple[Gap, ...] = ()
    estimated_seconds: float = 0.0
    completed_at: str | None = None
    files: tuple[str, ...] = ()


def to_json(value: Any) -> str:
    """ASCII, so that file names which are no Unicode survive too."""
    return json.dumps(to_plain(value), separators=(",", ":"))


_PLAIN_COLUMNS: dict[str, Any] = {
    "sources": tuple[str, ...],
    "settings": BookSettings,
    "output": BookOutput,
    "chapters": tuple[Chapter, ...],
    "damages": tuple[Gap, ...],
    "files": tuple[str, ...],
}
_FLAGS = ("is_folder", "uploaded", "alone", "paused", "read_whole")


def record_from_row(row: dict[str, Any]) -> BookRecord:
    values = {key: value for key, value in row.items() if key != "position"}
    values.update((key, from_plain(kind, json.loads(row[key]))) for key, kind in _PLAIN_COLUMNS.items())
    values.update((key, bool(row[key])) for key in _FLAGS)
    return BookRecord(**values)


def row_from_record(record: BookRecord) -> dict[str, Any]:
    """The parameters of the query add_book."""
    return {
        "book_id": record.book_id,
        "fingerprint": record.fingerprint,
        "filename": record.filename,
        "sources": to_json(record.sources),
        "is_folder": record.is_folder,
        "uploaded": record.uploaded,
        "settings": to_json(record.settings),
        "output": to_json(record.output),
        "alone": record.alone,
        "state": record.state,
        "language": record.language,
        "added_at": record.added_at,
    }


def with_others(tasks: list[dict[str, Any]], leases: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of chunks, each with `others`: the last of the leases of it that are not the one which it shows."""
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
