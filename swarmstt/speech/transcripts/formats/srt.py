"""SubRip subtitles."""

from __future__ import annotations

from typing import Any

from whisper_ctranslate2.writers import WriteSRT

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues
from swarmstt.speech.transcripts.tv_cues import tv_cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes numbered cues: as a TV shows them, unless the options say how."""
    said = cues.with_gaps(document)
    return _written(cues.with_words(said) if options.arranges_words else tv_cues(said), options)


def forms_before(document: dict[str, Any], options: OutputOptions) -> set[bytes]:
    """Makes what earlier versions made: without options a cue for each segment, and none where something is missing."""
    return {_written(cues.with_words(document) if options.arranges_words else cues.plain(document), options)}


def _written(segments: cues.Segments, options: OutputOptions) -> bytes:
    """An arrow in the text would end a cue, and there is no sign to write it otherwise."""
    if "-->" in "".join(cues.texts(segments)):
        cues.change_texts(segments, lambda text: text.replace(">", "›"))
    return cues.written(WriteSRT, segments, options)
