"""Finds the book that has the same sound as some files, whatever their tags, and what the new tags say of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from swarmstt.core.books import BookDescription, BookSettings
from swarmstt.core.ordering.titles import track_titles
from swarmstt.node.books.book_ids import book_id_of
from swarmstt.speech.audio.book_files import BookFiles
from swarmstt.speech.ingest.probe import Prober
from swarmstt.storage.rows import BookRecord

MOST_OTHER_BYTES = 64 * 2**20
"""Of a file, besides its sound: tags, a picture, an index. With more it is not worth comparing."""
_OTHER_PART = 0.1


async def known_by_sound(records: Iterable[BookRecord], files: BookFiles, settings: BookSettings) -> BookRecord | None:
    """Returns the book with the same sound and settings. Files are read for it only if their sizes may fit."""
    like = [each for each in records if each.sound and book_id_of("", each.settings) == book_id_of("", settings)]
    sizes = await asyncio.to_thread(lambda: [path.stat().st_size for path in files.files])
    like = [each for each in like if _may_be(each, sizes)]
    if not like:
        return None
    async with Prober() as prober:
        found = await prober.digests(files)
    return next((each for each in like if found is not None and _is_same(each, found)), None)


async def described_anew(record: BookRecord, files: BookFiles) -> BookDescription | None:
    """Returns what the tags of these files say of a book that has their sound; None if that cannot be found out."""
    starts = [each.start for each in record.sound]
    async with Prober() as prober:
        found = await prober.describe(
            files, titles=track_titles(files.paths), starts=starts, total_seconds=record.estimated_seconds
        )
    if found is None or record.order.by == "given":
        return None
    return BookDescription(
        title=found.title,
        author=found.author,
        narrator=found.narrator,
        series=found.series,
        chapters=found.chapters,
        damages=record.damages,
        notes=record.notes,
        estimated_seconds=record.estimated_seconds,
        sound=record.sound,
    )


def _may_be(record: BookRecord, sizes: list[int]) -> bool:
    if len(record.sound) != len(sizes):
        return False
    by_size = zip(sorted(sizes), sorted(each.byte_count for each in record.sound), strict=True)
    return all(0 <= size - sound <= max(MOST_OTHER_BYTES, _OTHER_PART * size) for size, sound in by_size)


def _is_same(record: BookRecord, digests: list[str]) -> bool:
    known = [each.digest for each in record.sound]
    return known == digests or (record.order.by == "given" and sorted(known) == sorted(digests))
