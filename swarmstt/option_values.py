"""From what was given for an option to its value: the one check for command line, environment, files, HTTP and page."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

from swarmstt.codec import PlainError, from_plain
from swarmstt.errors import UsageError
from swarmstt.options import Form, Option
from swarmstt.phrases import did_you_mean

_MOST_SHOWN = 100
"""Letters of a wrong value in a message."""


def value_of(option: Option, given: Any, place: str, *, exact: bool = False) -> Any:
    """Returns the option's value: of its kind, of its choices, in its range. UsageError says what is wrong at `place`.

    Text is read as a person writes it. `exact`: it is a program that gives the value, which has its kind already.
    """
    if isinstance(given, str) and len(given) > option.most_characters:
        raise UsageError(f"{place} is longer than {option.most_characters} characters; shorten it.")
    is_text = isinstance(given, str) and not exact
    try:
        value = (_FROM_TEXT if is_text else _AS_GIVEN)[option.kind](option, given)
        if option.form is not None:
            value = _in_form(option.form, value, exact=exact)
    except (ValueError, TypeError, OverflowError, PlainError):
        raise UsageError(f"{place} must be {_what(option)}, not {_shown(given)}.") from None
    if wanted := _missed(option, value):
        raise UsageError(f"{place} must be {wanted}, not {_shown(given)}.{_meant(option, value)}")
    return value


def parse_bool(text: str) -> bool:
    """Reads True or False, as whisper-ctranslate2 spells them, or yes or no, in any case; ValueError otherwise."""
    try:
        return {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def listed(text: str) -> tuple[str, ...]:
    """Splits a text at its commas and spaces."""
    return tuple(text.replace(",", " ").split())


def time_of_day(text: str) -> time:
    """Reads a time such as 22:30 or 6:05; ValueError otherwise."""
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone


TIME_OF_DAY = Form(what="a time of day such as 22:30", canonical=lambda text: f"{time_of_day(text):%H:%M}")


def _in_form(form: Form, text: str, *, exact: bool) -> str:
    canonical = form.canonical(text)
    if exact and canonical != text:
        raise ValueError(text)
    return canonical


def _missed(option: Option, value: Any) -> str | None:
    """What the value should be among or within, if it is not."""
    parts = listed(value) if option.several else (value,)
    if option.choices and not (parts and all(part in option.choices for part in parts)):
        return f"one of {', '.join(option.choices)}"
    least, most = option.least, option.most
    if (least is not None and not value >= least) or (most is not None and not value <= most):
        return f"at least {least}" if most is None else f"from {least} to {most}"
    return None


def _meant(option: Option, value: Any) -> str:
    if not option.choices:
        return ""
    wrong = next((part for part in listed(str(value)) if part not in option.choices), "")
    return did_you_mean(wrong, option.choices)


def _what(option: Option) -> str:
    return option.form.what if option.form is not None else _KIND_NAMES[option.kind]


def _shown(given: Any) -> str:
    """Enough of it to be found."""
    if not isinstance(given, (str, int, float, bool, type(None))):
        return f"a {type(given).__name__}"
    if isinstance(given, int) and abs(given) >= 10**_MOST_SHOWN:  # whose digits Python may refuse to write
        return "a number of so many digits"
    text = repr(given)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _path(option: Option, given: Any) -> Path:
    """ValueError if it begins with the home of somebody who is not known here."""
    try:
        return Path(given).expanduser()
    except RuntimeError as error:
        raise ValueError(given) from error


def _items(option: Option, given: Any) -> tuple[Any, ...]:
    """From one text, with the system's sign between paths as in PATH, or from a list of texts."""
    if isinstance(given, str):
        texts = tuple(given.split(os.pathsep)) if option.item_kind is Path else listed(given)
    else:
        texts = from_plain(tuple[str, ...], given)
    return tuple(_path(option, text) for text in texts if text) if option.item_kind is Path else texts


Reader = Callable[[Option, Any], Any]

_FROM_TEXT: Mapping[type, Reader] = {
    bool: lambda _, text: parse_bool(text),
    int: lambda _, text: int(text),
    float: lambda _, text: float(text),
    str: lambda _, text: text,
    Path: _path,
    tuple: _items,
}
_AS_GIVEN: Mapping[type, Reader] = {
    bool: lambda _, given: from_plain(bool, given),
    int: lambda _, given: from_plain(int, given),
    float: lambda _, given: from_plain(float, given),
    str: lambda _, given: from_plain(str, given),
    Path: _path,
    tuple: _items,
}
_KIND_NAMES = {
    tuple: "a list of texts",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
}
