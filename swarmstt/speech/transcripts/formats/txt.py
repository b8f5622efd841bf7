"""Plain text to read: chapters and paragraphs; or a line for each segment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from whisper_ctranslate2.writers import WriteTXT

from swarmstt.core.speech.paragraphs import readable_chapters
from swarmstt.core.speech.scripts import joined
from swarmstt.options import OutputOptions
from swarmstt.speech.transcripts import cues


def render(document: dict[str, Any], options: OutputOptions) -> bytes:
    """Makes paragraphs with an empty line between them, under the titles of their chapters."""
    return _written(cues.with_gaps(document), options)


def forms_before(document: dict[str, Any], options: OutputOptions) -> set[bytes]:
    """Makes what earlier versions made, which did not say where something is missing; the first one only lines."""
    lines = replace(options, txt_lines="segment")
    return {_written(document, each) for each in (options, lines)}


def _written(document: dict[str, Any], options: OutputOptions) -> bytes:
    if options.txt_lines == "segment":
        return cues.written(WriteTXT, cues.plain(document), options)
    blocks: list[str] = []
    for chapter in readable_chapters({**document, "segments": cues.plain(document)}):
        blocks += [" ".join(chapter.title.split())] if chapter.title.strip() else []
        blocks += [joined(segment["text"] for segment in paragraph) for paragraph in chapter.paragraphs]
    return "\n\n".join([*blocks, ""])[:-1].encode("utf-8", "replace") if blocks else b""
