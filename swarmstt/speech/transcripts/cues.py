"""Text in cues and lines, by the writers of whisper-ctranslate2.

Their writers fail on segments without words, cut cues at line breaks and at arrows in the text, and never end on
widths of nothing; so they get a copy in which none of that occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import StringIO
from typing import Any

from swarmstt.core.speech import paragraphs
from swarmstt.core.speech.scripts import columns, is_spaceless, may_begin
from swarmstt.options import OutputOptions

Segments = list[dict[str, Any]]

_SHORTEST_CUE_SECONDS = 0.001


def with_gaps(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document with a segment for each gap, which says what is missing there, and that it `is_gap`."""
    return {**document, "segments": paragraphs.with_gaps(document["segments"], document.get("gaps") or [])}


def plain(document: dict[str, Any]) -> Segments:
    """Copies the segments that have text, each on one line and longer than nothing, without their words."""
    return [_plain(segment) for segment in _with_text(document)]


def with_words(document: dict[str, Any]) -> Segments:
    """Copies the segments that have text with their words, each word after the one before and longer than nothing."""
    segments = plain(document)
    cursor = 0.0
    for segment, original in zip(segments, _with_text(document), strict=True):
        words = [word for word in original.get("words") or () if word["word"].strip()] or _spread(segment)
        segment["words"] = []
        for word in words:
            start = max(cursor, word["start"])
            cursor = max(word["end"], start + _SHORTEST_CUE_SECONDS)
            segment["words"].append({"word": _one_line(word["word"]), "start": start, "end": cursor})
    return segments


def written(writer: Callable[[str], Any], segments: Segments, options: OutputOptions) -> bytes:
    """Returns what a writer of whisper-ctranslate2 makes of these segments."""
    output = StringIO()
    line_options = _line_options(options, wide=_are_wide(segments))
    writer("").write_result({"segments": segments}, output, line_options)
    return output.getvalue().encode("utf-8", "replace")


def texts(segments: Segments) -> Iterable[str]:
    """Returns every text of the segments and their words."""
    return (item[key] for item, key in _text_places(segments))


def change_texts(segments: Segments, change: Callable[[str], str]) -> None:
    """Changes every text of the segments and their words in place."""
    for item, key in _text_places(segments):
        item[key] = change(item[key])


def _text_places(segments: Segments) -> Iterable[tuple[dict[str, Any], str]]:
    for segment in segments:
        yield segment, "text"
        for word in segment.get("words", ()):
            yield word, "word"


def _with_text(document: dict[str, Any]) -> Segments:
    return [segment for segment in document["segments"] if segment["text"].strip()]


def _plain(segment: dict[str, Any]) -> dict[str, Any]:
    start = max(0.0, segment["start"])
    end = max(segment["end"], start + _SHORTEST_CUE_SECONDS)
    plain = {"start": start, "end": end, "text": _one_line(segment["text"]).strip()}
    return {**plain, "is_gap": True} if segment.get("is_gap") else plain


def _spread(segment: dict[str, Any]) -> list[dict[str, Any]]:
    """Words for a segment that has none, each with a share of its time by its letters."""
    parts = [part for word in segment["text"].split() for part in _parts_of(word)]
    seconds_a_letter = (segment["end"] - segment["start"]) / sum(map(len, parts))
    words, start = [], segment["start"]
    for part in parts:
        end = start + len(part) * seconds_a_letter
        words.append({"word": part, "start": start, "end": end})
        start = end
    return words


def _parts_of(word: str) -> list[str]:
    """Returns the pieces between which a line may be broken: each letter, in scripts without spaces."""
    pieces: list[str] = []
    for letter in word:
        if not pieces or not ((is_spaceless(letter) or is_spaceless(pieces[-1][-1])) and may_begin(letter)):
            pieces = [*pieces[:-1], (pieces[-1] if pieces else "") + letter]
        else:
            pieces.append(letter)
    return [f" {pieces[0]}", *pieces[1:]]


def _are_wide(segments: Segments) -> bool:
    text = "".join(segment["text"] for segment in segments[:1000])
    return columns(text) * 2 > 3 * len(text)


def _one_line(text: str) -> str:
    """The text without line breaks or tabs; a leading space, which parts words, stays."""
    line = " ".join(text.split())
    return f" {line}" if text[:1].isspace() else line


def _line_options(options: OutputOptions, *, wide: bool) -> dict[str, Any]:
    width = options.max_line_width or None
    return {
        # The writers count letters; those of Chinese, Japanese and Korean are as wide as two.
        "max_line_width": max(1, width // 2) if width and wide else width,
        "max_line_count": options.max_line_count or None,
        "max_words_per_line": options.max_words_per_line or None,
        "highlight_words": options.highlight_words,
    }
