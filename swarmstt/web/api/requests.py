"""From what a request carries to values, trusting nothing: types and ranges are checked here, sizes in `bodies.py`.

InputError says what is wrong with the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from swarmstt.codec import PlainError, from_plain
from swarmstt.config import OPTIONS
from swarmstt.core.books import UNKNOWN_ENGINE
from swarmstt.core.requests import BookOptions, GuestTranscript
from swarmstt.core.transcript import Segment, WindowScore, Word, Wordless
from swarmstt.display_text import one_line
from swarmstt.errors import InputError, UsageError
from swarmstt.ids import BookId
from swarmstt.option_values import listed, value_of
from swarmstt.options import BOOK, BOTH, Option, changed, options_of
from swarmstt.output_formats import chosen_formats
from swarmstt.web.api.bodies import unknown_name

Sent = TypeVar("Sent")

MOST_NAME_CHARACTERS = 200
MOST_PATH_CHARACTERS = 4096
MOST_SEGMENTS = 100_000

_BOOK_OPTIONS = {
    **{name: each for name, each in OPTIONS.items() if each.group in (BOOK, BOTH) and name != "output_format"},
    **options_of(BookOptions),
}
"""All that can be asked for a book, but for its formats."""


def name_of(thing: Any, what: str) -> str:
    """Reads a name or id: printable text of 1 to 200 characters."""
    if not isinstance(thing, str) or not thing.strip():
        raise InputError(f"{what} is missing; send it as text.")
    if len(thing) > MOST_NAME_CHARACTERS or not thing.isprintable():
        raise InputError(f"{what} must be at most {MOST_NAME_CHARACTERS} printable characters.")
    return thing


def book_id_of(request: web.Request) -> BookId:
    return BookId(name_of(request.match_info["book_id"], "The book's id"))


def seconds_of(thing: Any, what: str) -> float:
    """Reads a length of time: a finite number that is not negative."""
    seconds = _number(thing)
    if seconds is None or seconds < 0:
        raise InputError(f"{what} must be a number of seconds.")
    return seconds


def progress_of(thing: Any) -> float | None:
    """Reads a part done, 0..1; more than 1 counts as percent. None for what is not a number."""
    part = _number(thing)
    return None if part is None else min(1.0, max(0.0, part / 100 if part > 1 else part))


def _number(thing: Any) -> float | None:
    try:
        return from_plain(float, thing)
    except PlainError:
        return None


def book_options(given: Mapping[str, Any], usual: BookOptions) -> BookOptions:
    """Reads options by their names on the command line: as JSON values, or as text from a form. Empty text counts as
    not given; then it is as `usual`. None asks for what is so without any option. `output` may hold those of the files,
    and `formats` a list of what `output_format` names in words."""
    asked = dict(given)
    output = asked.pop("output", None)
    if isinstance(output, dict):
        asked.update(output)
    asked = {name: value for name, value in asked.items() if value != ""}
    formats = asked.pop("output_format", None) or asked.pop("formats", None)
    asked.pop("formats", None)
    if (unknown := unknown_name(asked, _BOOK_OPTIONS)) is not None:
        raise InputError(f"There is no option {unknown!r}; check its spelling.")
    values = {name: _value(_BOOK_OPTIONS[name], value) for name, value in asked.items()}
    if formats is not None:
        values["formats"] = _formats(formats)
    return changed(usual, values)


def _value(option: Option, given: Any) -> Any:
    if given is None:
        return option.default
    value = checked_value(option, given)
    if option.name in ("output_dir", "ebook"):
        if not Path(given).is_absolute():
            raise InputError(f"{option.name} must be a whole path, from the root of this PC's files.")
        return given
    return _whole_characters(value) if isinstance(value, str) else value


def _formats(given: Any) -> tuple[str, ...]:
    """Formats from a list, or from text such as "srt,vtt" or "all"."""
    if isinstance(given, (list, tuple)):
        given = ",".join(each if isinstance(each, str) else repr(each) for each in given)
    return chosen_formats(listed(checked_value(OPTIONS["output_format"], given)))


def checked_value(option: Option, given: Any, *, exact: bool = False) -> Any:
    """Returns the option's value as `value_of` does; InputError for what it does not take."""
    try:
        return value_of(option, given, option.name, exact=exact)
    except UsageError as error:
        raise InputError(error.message) from None


def guest_transcript(thing: Any) -> GuestTranscript:
    """Reads what a guest sends. Guests are of many kinds: fields we do not know are passed over, a missing language
    is "", a missing duration the end of the last segment, and words that are not as expected are left out. One that
    runs swarmstt also sends its `engine`, and where words are missing."""
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
    engine = thing.get("engine")
    return GuestTranscript(
        language=_whole_characters(language),
        duration=seconds,
        segments=decoded,
        engine=(one_line(engine) if isinstance(engine, str) else "") or UNKNOWN_ENGINE,
        wordless=_sent_by_ours(Wordless, thing.get("wordless")),
        windows=_sent_by_ours(WindowScore, thing.get("windows")),
    )


def _sent_by_ours(kind: type[Sent], thing: Any) -> tuple[Sent, ...]:
    """Only guests that run a swarmstt of today send it."""
    try:
        return from_plain(tuple[kind, ...], thing or [])  # type: ignore[valid-type]
    except PlainError:
        return ()


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
    tokens = thing.get("tokens")  # other programs send none, or something else by that name
    tokens = _whole_characters(tokens) if isinstance(tokens, str) else ""
    return replace(word, text=_whole_characters(word.text), tokens=tokens)


def _whole_characters(text: str) -> str:
    """Removes the halves of characters that JSON may hold: nothing can store them."""
    return text.encode("utf-8", "replace").decode()
