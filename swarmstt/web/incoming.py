"""From what a request carries to values, trusting nothing: sizes, types and ranges are checked here.

InputError says what is wrong with the request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import msgpack
from aiohttp import web

from swarmstt.config import FORMATS, kind_of, parse_bool, range_of
from swarmstt.core.books import OutputOptions
from swarmstt.core.plain import PlainError, from_plain
from swarmstt.core.requests import BookOptions, GuestTranscript
from swarmstt.core.transcript import Segment, Word
from swarmstt.errors import InputError, TooLargeError
from swarmstt.ids import BookId
from swarmstt.web.replies import MSGPACK_TYPES

MOST_BODY_BYTES = 8 * 2**20
"""Enough for the words of an hour of speech many times over."""
MOST_NAME_CHARACTERS = 200
MOST_OPTION_CHARACTERS = 10_000
MOST_PATH_CHARACTERS = 4096
MOST_SEGMENTS = 100_000

_PLAIN = BookOptions()
_OUTPUT_NAMES = frozenset(each.name for each in fields(OutputOptions))
_OPTION_NAMES = frozenset(each.name for each in fields(BookOptions)) - {"output"} | _OUTPUT_NAMES | {"output_format"}


async def read_map(request: web.Request) -> dict[str, Any]:
    """The body as a map, {} if there is none; msgpack by Content-Type, else JSON."""
    body = await _read_body(request)
    if not body.strip():
        return {}
    try:
        if request.content_type in MSGPACK_TYPES:
            thing = msgpack.unpackb(body)
        else:
            thing = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise InputError("The request's body could not be understood; send JSON or msgpack.") from error
    if not isinstance(thing, dict):
        raise InputError("The request's body must be an object with named fields.")
    return thing


async def _read_body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    async for block in request.content.iter_any():
        body += block
        if len(body) > MOST_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> TooLargeError:
    return TooLargeError(f"The request is larger than {MOST_BODY_BYTES // 2**20} MB; send less.")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number.")


def name_of(thing: Any, what: str) -> str:
    """A name or id: printable text of 1 to 200 characters."""
    if not isinstance(thing, str) or not thing.strip():
        raise InputError(f"{what} is missing; send it as text.")
    if len(thing) > MOST_NAME_CHARACTERS or not thing.isprintable():
        raise InputError(f"{what} must be at most {MOST_NAME_CHARACTERS} printable characters.")
    return thing


def book_id_of(request: web.Request) -> BookId:
    return BookId(name_of(request.match_info["book_id"], "The book's id"))


def seconds_of(thing: Any, what: str) -> float:
    """A length of time: a finite number that is not negative."""
    seconds = _number(thing)
    if seconds is None or seconds < 0:
        raise InputError(f"{what} must be a number of seconds.")
    return seconds


def progress_of(thing: Any) -> float | None:
    """A part done, 0..1; more than 1 counts as percent. None for what is no number."""
    part = _number(thing)
    return None if part is None else min(1.0, max(0.0, part / 100 if part > 1 else part))


def _number(thing: Any) -> float | None:
    try:
        return from_plain(float, thing)
    except PlainError:
        return None


def book_options(given: Mapping[str, Any], usual: BookOptions) -> BookOptions:
    """Options by their names on the command line: as JSON values, or as text from a form. Empty text counts as not
    given; then it is as `usual`. None wishes what is so without any wish. `output` may hold those of the subtitles, as
    in BookOptions."""
    flat = dict(given)
    output = flat.pop("output", None)
    if isinstance(output, dict):
        flat.update(output)
    flat = {name: value for name, value in flat.items() if value != ""}
    if unknown := sorted(map(str, set(flat) - _OPTION_NAMES)):  # msgpack may have names of bytes
        raise InputError(f"There is no option {unknown[0][:100]!r}; check its spelling.")
    in_words, as_list = flat.pop("output_format", None), flat.pop("formats", None)
    formats = in_words or as_list
    values = {name: _option(name, value) for name, value in flat.items()}
    subtitle = {name: values.pop(name) for name in _OUTPUT_NAMES & set(values)}
    if formats is not None:
        values["formats"] = _formats(formats)
    return replace(usual, output=replace(usual.output, **subtitle), **values)


def _option(name: str, value: Any) -> Any:
    """One option's value, of its type and in its range."""
    if value is None:
        return getattr(_PLAIN.output if name in _OUTPUT_NAMES else _PLAIN, name)
    kind: type = bool if name in ("alone", "first") else str if name in ("model", "output_dir") else kind_of(name)
    if isinstance(value, str) and len(value) > MOST_OPTION_CHARACTERS:
        raise InputError(f"{name} is longer than {MOST_OPTION_CHARACTERS} characters; shorten it.")
    if name == "task" and value not in ("transcribe", "translate"):
        raise InputError("task must be transcribe or translate.")
    try:
        parsed: Any = from_plain(kind, _from_text(kind, value) if isinstance(value, str) else value)
        if kind is str and name != "output_dir":
            parsed = _whole_characters(parsed)
    except (ValueError, PlainError):
        shown = str(value)[:100] if isinstance(value, (str, int, float)) else type(value).__name__
        raise InputError(f"{name} cannot be {shown!r}.") from None
    if name == "output_dir" and not Path(parsed).is_absolute():
        raise InputError("output_dir must be a whole path, from the root of this PC's files.")
    if kind not in (int, float):
        return parsed
    least, most = range_of(name)
    if not least <= parsed <= most:
        raise InputError(f"{name} must be from {least} to {most}.")
    return parsed


def _from_text(kind: type, text: str) -> Any:
    return parse_bool(text) if kind is bool else kind(text)


def _formats(given: Any) -> tuple[str, ...]:
    """Formats from a list, or from text such as "srt,vtt" or "all"."""
    names = given.replace(",", " ").split() if isinstance(given, str) else given
    if names == ["all"]:
        return FORMATS
    if not isinstance(names, (list, tuple)) or not names or not all(name in FORMATS for name in names):
        raise InputError(f"The formats are {', '.join(FORMATS)}.")
    return tuple(name for name in FORMATS if name in names)


def guest_transcript(thing: Any) -> GuestTranscript:
    """What a guest sends. Guests are of many kinds: fields we do not know are passed over, a missing language is "",
    a missing duration the end of the last segment, and words that are not as expected are left out."""
    if not isinstance(thing, dict):
        raise InputError("transcript is missing; send it with its language, duration and segments.")
    segments = thing.get("segments")
    if not isinstance(segments, list) or len(segments) > MOST_SEGMENTS:
        raise InputError(f"transcript.segments must be a list of at most {MOST_SEGMENTS} segments.")
    language = thing.get("language") or ""
    if not isinstance(language, str) or len(language) > MOST_NAME_CHARACTERS:
        raise InputError("transcript.language must be text, such as en.")
    decoded = tuple([_segment(each) for each in segments])
    last_end = max((segment.end for segment in decoded), default=0.0)
    duration = thing.get("duration")
    seconds = last_end if duration is None else seconds_of(duration, "transcript.duration")
    return GuestTranscript(language=_whole_characters(language), duration=seconds, segments=decoded)


def _segment(thing: Any) -> Segment:
    try:
        segment = from_plain(Segment, {key: thing[key] for key in ("start", "end", "text")})
    except (KeyError, TypeError, PlainError):
        raise InputError("Each segment must have start and end in seconds, and text.") from None
    words = thing.get("words")
    return Segment(start=segment.start, end=segment.end, text=_whole_characters(segment.text), words=_words(words))


def _words(thing: Any) -> tuple[Word, ...]:
    if not isinstance(thing, list):
        return ()
    try:
        return tuple([_word(each) for each in thing])
    except (AttributeError, PlainError):
        return ()


def _word(thing: Any) -> Word:
    text, probability = thing.get("word", thing.get("text")), thing.get("probability", 1.0)
    word = from_plain(
        Word, {"start": thing.get("start"), "end": thing.get("end"), "text": text, "probability": probability}
    )
    return replace(word, text=_whole_characters(word.text))


def _whole_characters(text: str) -> str:
    """Without the halves of characters that JSON may hold: nothing can store them."""
    return text.encode("utf-8", "replace").decode()
