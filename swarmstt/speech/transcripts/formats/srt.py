"""SubRip subtitles."""

from __future__ import annotations

from typing import Any

from whisper_ctranslate2.writers import WriteSRT

from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes numbered cues. An arrow in the text would end a cue, and there is no sign to write it otherwise."""
    segments = cues.with_words(document) if options.arranges_words else cues.plain(document)
    if "-->" in "".join(cues.texts(segments)):
        cues.change_texts(segments, lambda text: text.replace(">", "›"))
    return cues.written(WriteSRT, segments, options)
