"""A transcript as text in each format: the contract's JSON, and what the writers of whisper-ctranslate2 make.

Their writers fail on segments without words, cut cues at line breaks and at arrows in the text, and never end on
widths of nothing; so they get a copy in which none of that occurs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from whisper_ctranslate2.writers import WriteSRT, WriteTSV, WriteTXT, WriteVTT

from swarmstt.config import FORMATS
from swarmstt.core.books import OutputOptions

_WRITERS = {"srt": WriteSRT, "vtt": WriteVTT, "tsv": WriteTSV, "txt": WriteTXT}
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
    "title",
    "author",
    "chapters",
    "gaps",
)
_SHORTEST_CUE_SECONDS = 0.001


def in_writing_order(formats: Iterable[str]) -> tuple[str, ...]:
    """The JSON first: it tells whose files the others are."""
    return tuple(sorted(set(formats), key=lambda name: (name != "json", FORMATS.index(name))))


def render(transcript: dict[str, Any], format: str, options: OutputOptions) -> str:  # noqa: A002
    """The whole file's text. `transcript` has the contract's keys; its segments have words, or `words` may lack."""
    if format == "json":
        return _json(transcript, options)
    segments = [copy for segment in transcript["segments"] if (copy := _plain(segment))]
    if options.arranges_words and format in {"srt", "vtt"}:
        _give_words(segments, transcript["segments"])
    _disarm(segments, format)
    output = StringIO()
    _WRITERS[format]("").write_result({"segments": segments}, output, _line_options(options))
    return output.getvalue()


def _json(transcript: dict[str, Any], options: OutputOptions) -> str:
    ordered = {key: transcript[key] for key in _KEYS if key in transcript}
    ordered.update((key, value) for key, value in transcript.items() if key not in ordered)
    if not options.word_timestamps:
        ordered["segments"] = [
            {key: value for key, value in segment.items() if key != "words"} for segment in ordered["segments"]
        ]
    return json.dumps(ordered, ensure_ascii=False, indent=2) + "\n"


def _plain(segment: dict[str, Any]) -> dict[str, Any] | None:
    """A segment with text on one line and a length above nothing; None if it has no text."""
    text = _one_line(segment["text"]).strip()
    start = max(0.0, segment["start"])
    end = max(segment["end"], start + _SHORTEST_CUE_SECONDS)
    return {"start": start, "end": end, "text": text} if text else None


def _give_words(segments: list[dict[str, Any]], originals: Sequence[dict[str, Any]]) -> None:
    """Adds the words to the copies, each after the one before and longer than nothing."""
    with_text = [original for original in originals if _one_line(original["text"]).strip()]
    cursor = 0.0
    for segment, original in zip(segments, with_text, strict=True):
        words = [word for word in original.get("words") or () if word["word"].strip()] or _spread(segment)
        segment["words"] = []
        for word in words:
            start = max(cursor, word["start"])
            cursor = max(word["end"], start + _SHORTEST_CUE_SECONDS)
            segment["words"].append({"word": _one_line(word["word"]), "start": start, "end": cursor})


def _spread(segment: dict[str, Any]) -> list[dict[str, Any]]:
    """Words for a segment that has none, each with a share of its time by its letters."""
    parts = [f" {part}" for part in segment["text"].split()]
    seconds_a_letter = (segment["end"] - segment["start"]) / sum(map(len, parts))
    words, start = [], segment["start"]
    for part in parts:
        end = start + len(part) * seconds_a_letter
        words.append({"word": part, "start": start, "end": end})
        start = end
    return words


def _disarm(segments: list[dict[str, Any]], format: str) -> None:  # noqa: A002
    """Changes what would end a cue or start a tag: VTT has entities for it, SRT nothing but other letters."""
    if format not in {"srt", "vtt"}:
        return
    has_arrow = "-->" in "".join(_texts(segments))
    for item, key in _text_places(segments):
        text = item[key]
        if format == "vtt":
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        elif has_arrow:
            text = text.replace(">", "›")
        item[key] = text


def _texts(segments: list[dict[str, Any]]) -> Iterable[str]:
    return (item[key] for item, key in _text_places(segments))


def _text_places(segments: list[dict[str, Any]]) -> Iterable[tuple[dict[str, Any], str]]:
    for segment in segments:
        yield segment, "text"
        for word in segment.get("words", ()):
            yield word, "word"


def _one_line(text: str) -> str:
    """The text without line breaks or tabs; a leading space, which parts words, stays."""
    line = " ".join(text.split())
    return f" {line}" if text[:1].isspace() else line


def _line_options(options: OutputOptions) -> dict[str, Any]:
    return {
        "max_line_width": options.max_line_width or None,
        "max_line_count": options.max_line_count or None,
        "max_words_per_line": options.max_words_per_line or None,
        "highlight_words": options.highlight_words,
    }
