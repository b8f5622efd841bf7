"""What a book is known by: its audio, and the settings that decide its words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from swarmstt.codec import to_plain
from swarmstt.core.books import BookSettings
from swarmstt.ids import BookId
from swarmstt.options import flat

_DECIDED_FROM_THE_FIRST = frozenset(
    {"model_hash", "language", "task", "initial_prompt", "hotwords", "beam_size", "chunk_seconds"}
)
"""Settings that have always been part of a book's id."""

_BEAMS_AT_FIRST = 5
"""What was hashed while this was the default. A number of beams that is left open counts as it: a book that an earlier
version transcribed as usual is not transcribed again because the usual search has changed."""


def book_id_of(mark: str, settings: BookSettings) -> BookId:
    """Gives the same id to the same audio with the same settings, on whatever PC and under whatever name.

    The device and --compute_type are not part of it: the PCs of a home differ in them, decode one book together all the
    same, and a book that is done is not decoded again because another PC would have rounded otherwise. A setting that
    the first version did not have counts only if it is not as usual: books from before it keep their ids. Nor are the
    names of an ebook part of it: with an ebook that comes later, or without one, it is the same book.
    """
    usual = flat(to_plain(BookSettings(model="", model_hash="")))
    said = {"beam_size": _BEAMS_AT_FIRST, **flat(to_plain(replace(settings, chosen=None, grain=None, names=None)))}
    deciding = {
        name: value
        for name, value in said.items()
        if name in _DECIDED_FROM_THE_FIRST or (name != "model" and value != usual.get(name))
    }
    text = json.dumps([mark, deciding], sort_keys=True)
    return BookId(hashlib.sha256(text.encode()).hexdigest()[:8])
