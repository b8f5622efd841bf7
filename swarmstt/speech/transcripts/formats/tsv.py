"""A table of start and end in milliseconds, and text."""

from __future__ import annotations

from typing import Any

from whisper_ctranslate2.writers import WriteTSV

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes a line for each segment that has text."""
    return cues.written(WriteTSV, cues.plain(document), options)
