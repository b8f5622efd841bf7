"""WebVTT subtitles."""

from __future__ import annotations

from typing import Any

from whisper_ctranslate2.writers import WriteVTT

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes cues, with entities for what would end one or start a tag."""
    segments = cues.with_words(document) if options.arranges_words else cues.plain(document)
    cues.change_texts(segments, _with_entities)
    return cues.written(WriteVTT, segments, options)


def _with_entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
