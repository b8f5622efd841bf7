"""The answers to other programs as bytes, in each of their formats."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from whisper_ctranslate2.languages import LANGUAGES

from swarmstt.core.programs.answers import Heard, answer
from swarmstt.core.programs.requests import AnswerFormat, ProgramRequest
from swarmstt.core.speech.merge import BookFacts, Merge
from swarmstt.core.transcript import Segment
from swarmstt.display_text import without_controls
from swarmstt.options import OutputOptions
from swarmstt.output_formats import FORMATS
from swarmstt.speech.transcripts.formats import render

_FILE_FORMATS: dict[AnswerFormat, str] = {"text": "txt", "srt": "srt", "vtt": "vtt", "tsv": "tsv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOrder:
    """An answer to be written to the file `path`, once all chunks have been sent."""

    facts: BookFacts
    request: ProgramRequest
    path: str


def content_type_of(request: ProgramRequest) -> str:
    name = _FILE_FORMATS.get(request.answer_format)
    return "application/json" if name is None else FORMATS[name].content_type


def rendered(merge: Merge, facts: BookFacts, request: ProgramRequest) -> bytes:
    """Makes the whole answer."""
    if request.answer_format == "text":
        return heard_of(merge, facts).text.encode("utf-8", "replace") + b"\n"
    if request.answer_format in _FILE_FORMATS:
        return render(merge.document(facts), _FILE_FORMATS[request.answer_format], OutputOptions())
    text = json.dumps(answer(heard_of(merge, facts), request), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")


def heard_of(merge: Merge, facts: BookFacts) -> Heard:
    return Heard(
        segments=tuple(shown(segment) for segment in merge.whole_sentences(facts)),
        windows=tuple(merge.windows),
        duration=merge.duration,
        language=facts.language,
        language_name=LANGUAGES.get(facts.language, facts.language),
    )


def shown(segment: Segment) -> Segment:
    """Returns it without signs that no program expects in text."""
    return replace(segment, text=without_controls(segment.text))
