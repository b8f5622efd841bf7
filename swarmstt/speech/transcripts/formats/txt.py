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
    """Makes what earlier versions made: spoken titles twice, and without what is missing; the first one only lines."""
    segments = [{name: value for name, value in each.items() if name != "text_from"} for each in document["segments"]]
    before = {**document, "segments": segments}
    with_lines = replace(options, txt_lines="segment")
    return {
        _written(each, how, with_titles=True)
        for each, how in ((cues.with_gaps(before), options), (before, options), (before, with_lines))
    }


def _written(document: dict[str, Any], options: OutputOptions, *, with_titles: bool = False) -> bytes:
    if options.txt_lines == "segment":
        return cues.written(WriteTXT, cues.plain(document), options)
    blocks: list[str] = []
    for chapter in readable_chapters({**document, "segments": cues.plain(document)}, with_titles=with_titles):
        blocks += [" ".join(chapter.title.split())] if chapter.title.strip() else []
        blocks += [joined(segment["text"] for segment in paragraph) for paragraph in chapter.paragraphs]
    return "\n\n".join([*blocks, ""])[:-1].encode("utf-8", "replace") if blocks else b""
