"""WebVTT subtitles."""

from __future__ import annotations

from typing import Any

from whisper_ctranslate2.writers import WriteVTT

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues
from swarmstt.speech.transcripts.tv_cues import tv_cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes cues: as a TV shows them, unless the options say how."""
    said = cues.with_gaps(document)
    return _written(cues.with_words(said) if options.arranges_words else tv_cues(said), options)


def forms_before(document: dict[str, Any], options: OutputOptions) -> set[bytes]:
    """Makes what earlier versions made: without options a cue for each segment, and none where something is missing."""
    return {_written(cues.with_words(document) if options.arranges_words else cues.plain(document), options)}


def _written(segments: cues.Segments, options: OutputOptions) -> bytes:
    """With entities for what would end a cue or start a tag."""
    cues.change_texts(segments, _with_entities)
    return cues.written(WriteVTT, segments, options)


def _with_entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
