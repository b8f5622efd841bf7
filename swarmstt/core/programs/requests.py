"""What another program asks for: the fields of the two kinds of speech servers that programs know, as one value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from swarmstt.errors import InputError
from swarmstt.options import MOST_CHARACTERS

Task = Literal["transcribe", "translate"]
AnswerFormat = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json", "tsv", "asr_json"]
"""The first six are those of OpenAI's API, `asr_json` is whisper-asr-webservice's `json`."""

OPENAI_FORMATS: Mapping[str, AnswerFormat] = {
    "json": "json",
    "text": "text",
    "srt": "srt",
    "verbose_json": "verbose_json",
    "vtt": "vtt",
    "diarized_json": "diarized_json",
}
ASR_FORMATS: Mapping[str, AnswerFormat] = {
    "txt": "text",
    "vtt": "vtt",
    "srt": "srt",
    "tsv": "tsv",
    "json": "asr_json",
}
"""By the names of whisper-asr-webservice."""

Fields = Mapping[str, Sequence[str]]
"""The fields of a form, each with all of its values. `name[]` is `name`."""

_READ = frozenset(
    {
        *("model", "language", "languages", "response_format", "timestamp_granularities", "stream"),
        *("prompt", "initial_prompt", "keywords", "hotwords", "task", "output", "word_timestamps"),
    }
)
_YES = frozenset({"true", "1", "yes", "on"})
_DETECT = frozenset({"", "auto", "detect", "none", "null", "und", "undefined"})
"""What programs send for a language that is to be found out."""

_WITH_REGION = re.compile(r"([A-Za-z]{2,3})[-_][A-Za-z0-9-_]{2,}")
"""Whisper knows languages, and not where they are spoken: en-US is en."""


class FieldError(InputError):
    """A field of a request cannot be understood. `param` names it."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRequest:
    """What a program wants to have of a recording. `model` and `language` are as it wrote them, None if it leaves
    them to us. `languages`: those that it may be, if it is not said which. `words`, `segments`: with their times, where
    the format has a place for them."""

    task: Task
    answer_format: AnswerFormat
    model: str | None = None
    language: str | None = None
    languages: tuple[str, ...] = ()
    prompt: str | None = None
    hotwords: str | None = None
    words: bool = False
    segments: bool = False
    streams: bool = False


def plain_fields(fields: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Returns fields by their plain names: `keywords[]`, `keywords[0]` and `keywords` are one."""
    found: dict[str, list[str]] = {}
    for name, values in fields.items():
        found.setdefault(_plain(name), []).extend(values)
    return found


def is_passed_over(name: str) -> bool:
    """Returns whether nobody looks at a field of that name, so that it may hold what it likes: the voices of
    known_speaker_references[] are sound."""
    return _plain(name) not in _READ


def _plain(name: str) -> str:
    return name.partition("[")[0].strip()


def openai_request(fields: Fields, task: Task) -> ProgramRequest:
    """Reads the form of `/v1/audio/transcriptions` and `/translations`. Fields that are not known are passed over;
    FieldError for a format that is not one."""
    granularities, language = _all(fields, "timestamp_granularities"), _language(fields)
    return ProgramRequest(
        task=task,
        answer_format=_format(_first(fields, "response_format"), "response_format", OPENAI_FORMATS, "json"),
        model=_first(fields, "model"),
        language=language,
        languages=() if language else _several_languages(fields),
        prompt=_text(_first(fields, "prompt")),
        hotwords=_text(", ".join(_all(fields, "keywords") or _all(fields, "hotwords"))),
        words="word" in granularities,
        segments="segment" in granularities,
        streams=_is_yes(_first(fields, "stream")),
    )


def asr_request(fields: Fields) -> ProgramRequest:
    """Reads the query of `/asr`. FieldError for a task or an output that is not one."""
    task = (_first(fields, "task") or "transcribe").lower()
    if task not in ("transcribe", "translate"):
        raise FieldError(f"There is no task {task[:100]!r}: use transcribe or translate.", "task")
    return ProgramRequest(
        task="translate" if task == "translate" else "transcribe",
        answer_format=_format(_first(fields, "output"), "output", ASR_FORMATS, "txt"),
        language=_language(fields),
        prompt=_text(_first(fields, "initial_prompt")),
        words=_is_yes(_first(fields, "word_timestamps")),
    )


def _all(fields: Fields, name: str) -> list[str]:
    """All values of a field; some programs send several in one, with commas."""
    return [part.strip() for value in fields.get(name, ()) for part in value.split(",") if part.strip()]


def _first(fields: Fields, name: str) -> str | None:
    return next((value.strip() for value in fields.get(name, ()) if value.strip()), None)


def _is_yes(value: str | None) -> bool:
    return value is not None and value.lower() in _YES


def _language(fields: Fields) -> str | None:
    """The language, or None if it is to be found out."""
    given = _first(fields, "language")
    if given is not None and given.lower() not in _DETECT:
        return _without_region(given)
    several = _several_languages(fields)
    return several[0] if len(several) == 1 else None


def _several_languages(fields: Fields) -> tuple[str, ...]:
    """Those that it may be; one that is to be found out says that it may be any."""
    given = _all(fields, "languages")
    if any(each.lower() in _DETECT for each in given):
        return ()
    return tuple(dict.fromkeys(map(_without_region, given)))


def _without_region(given: str) -> str:
    with_region = _WITH_REGION.fullmatch(given)
    return given if with_region is None else with_region[1]


def _text(value: str | None) -> str | None:
    """The end of a text that is too long: Whisper looks at no more than that of a prompt either."""
    return value[-MOST_CHARACTERS:] if value else None


def _format(given: str | None, param: str, formats: Mapping[str, AnswerFormat], usual: str) -> AnswerFormat:
    found = formats.get((given or usual).lower())
    if found is None:
        raise FieldError(f"There is no {param} {given!r:.100}: use {', '.join(formats)}.", param)
    return found
