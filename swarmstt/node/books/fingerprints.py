"""What a book is known by among those of the library.

That is its fingerprint, which leaves out some bytes of a large file. Of a book whose audio is damaged a mended copy may
have the same fingerprint. So if such a book is known, all bytes are compared, and a copy that differs is known by all
of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from swarmstt.speech.audio.book_files import content_hash, fingerprint, is_sampled
from swarmstt.storage.rows import BookRecord

_CLOCK_SECONDS = 2.0
"""A moment is kept in whole seconds, and some disks know even ones only."""


def mark_of(files: Sequence[Path], records: Iterable[BookRecord]) -> str:
    """Returns what the book of these files is known by. It reads them: call it in a thread. OSError if it cannot."""
    mark = fingerprint(files)
    damaged = [record for record in records if record.fingerprint == mark and record.damages]
    if not damaged or not is_sampled(files):
        return mark
    whole = content_hash(files)
    return mark if any(_is_same(record, files, whole) for record in damaged) else whole


def _is_same(record: BookRecord, files: Sequence[Path], whole: str) -> bool:
    if record.content_hash is not None:
        return record.content_hash == whole
    # An earlier version read the book, and did not keep it.
    sources = tuple(Path(source) for source in record.sources)
    try:
        if sources != tuple(files):
            return content_hash(sources) == whole
    except OSError:
        pass  # its audio has gone
    latest = datetime.fromisoformat(record.added_at) + timedelta(seconds=_CLOCK_SECONDS)
    return all(path.stat().st_mtime <= latest.timestamp() for path in files)
