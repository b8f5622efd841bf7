"""The contract's JSON: all that is known of the transcript."""

from __future__ import annotations

import json
from typing import Any

from swarmstt.options import OutputOptions

_KEYS = (
    "book_id",
    "filename",
    "completed_at",
    "total_chunks",
    "segments",
    "full_text",
    "duration",
    "language",
    "model",
    "model_hash",
    "engine",
    "title",
    "author",
    "narrator",
    "series",
    "files",
    "chapters",
    "gaps",
    "notes",
)


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes the object with its fields in the contract's order, those that it does not name behind them."""
    ordered = {key: document[key] for key in _KEYS if key in document}
    ordered.update((key, value) for key, value in document.items() if key not in ordered)
    if not options.word_timestamps:
        ordered["segments"] = [
            {key: value for key, value in segment.items() if key != "words"} for segment in ordered["segments"]
        ]
    return (json.dumps(ordered, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")
