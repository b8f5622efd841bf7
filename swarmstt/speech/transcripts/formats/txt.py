"""Plain text to read: chapters and paragraphs; or a line for each segment."""

from __future__ import annotations

from typing import Any

from whisper_ctranslate2.writers import WriteTXT

from swarmstt.core.speech.paragraphs import readable_chapters
from swarmstt.core.speech.scripts import joined
from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes paragraphs with an empty line between them, under the titles of their chapters."""
    said = cues.with_gaps(document)
    if options.txt_lines == "segment":
        return cues.written(WriteTXT, cues.plain(said), options)
    blocks: list[str] = []
    for chapter in readable_chapters({**said, "segments": cues.plain(said)}):
        blocks += [" ".join(chapter.title.split())] if chapter.title.strip() else []
        blocks += [joined(segment["text"] for segment in paragraph) for paragraph in chapter.paragraphs]
    return "\n\n".join([*blocks, ""])[:-1].encode("utf-8", "replace") if blocks else b""
