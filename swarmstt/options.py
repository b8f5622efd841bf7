"""What an option is, and the options that travel with a book: each is declared once, as a field with all about it.

A new decode option is one field of DecodeOptions. The command line, the environment, config.toml, HTTP, the store, the
guests and the messages between nodes follow from it. Nothing here reads a value: `option_values.py` does.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from swarmstt.codec import UNSAID_IF_NONE, called, called_name

Declared = TypeVar("Declared")

BOOK = "book"
"""Group of options that decide a book: given to `transcribe` and `add`."""
NODE = "node"
"""Group of options that decide a node: given to `up`, and to `transcribe` where it runs one itself."""
UP = "up"
"""Group of options that only a node that stays needs."""
BOTH = "both"
ALL_COMMANDS = "all"
REQUEST = "request"
"""Group of options that only a request has, and no command line."""

MOST_CHARACTERS = 10_000
"""In the value of any option."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that text must have. `what` names it for a person; `canonical` gives its one spelling, or ValueError."""

    what: str
    canonical: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """All about an option. Its name is the one outside: of the command line, the environment, the file and HTTP.

    `kind` is bool, int, float, str or Path, or tuple if the option is repeatable, of `item_kind` then. `several`: its
    value may be several of the choices, with commas. `setting`: what it is called as a setting of the page; None: a
    person cannot choose it there.
    """

    name: str
    kind: type
    item_kind: type
    default: Any
    help: str
    group: str
    metavar: str | None
    choices: tuple[str, ...]
    least: float | None
    most: float | None
    several: bool
    form: Form | None
    most_characters: int
    setting: str | None


def option(
    default: Any,
    help_text: str,
    *,
    group: str,
    metavar: str | None = None,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    most: float | None = None,
    several: bool = False,
    form: Form | None = None,
    most_characters: int = MOST_CHARACTERS,
    name: str | None = None,
    setting: str | None = None,
    unsaid_if_none: bool = False,
) -> Any:
    """Declares a dataclass field that is also an option; `name`: what it is called outside, if not as the field.
    `unsaid_if_none`: earlier versions know no None there (`UNSAID_IF_NONE`)."""
    about = {
        "help": help_text,
        "group": group,
        "metavar": metavar,
        "choices": choices,
        "least": least,
        "most": most,
        "several": several,
        "form": form,
        "most_characters": most_characters,
        "setting": setting,
    }
    unsaid = UNSAID_IF_NONE if unsaid_if_none else {}
    return field(default=default, metadata={"option": about, **(called(name) if name else {}), **unsaid})


@functools.cache
def options_of(kind: type) -> Mapping[str, Option]:
    """Returns the options that are fields of a dataclass, or of a dataclass in one of its fields, by their names."""
    found: dict[str, Option] = {}
    hints = get_type_hints(kind)
    for each in fields(kind):
        if is_dataclass(hints[each.name]):
            found |= options_of(hints[each.name])
        elif "option" in each.metadata:
            name = called_name(each)
            value_kind, item_kind = _kinds(hints[each.name])
            found[name] = Option(
                name=name, kind=value_kind, item_kind=item_kind, default=each.default, **each.metadata["option"]
            )
    return found


def _kinds(hint: Any) -> tuple[type, type]:
    """The type of an option's values, and of each part of one."""
    if get_origin(hint) is tuple:
        return tuple, get_args(hint)[0]
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    assert isinstance(hint, type)
    return hint, hint


def changed(value: Declared, values: Mapping[str, Any]) -> Declared:
    """Returns a dataclass with these values in place of its own: by the outside names of its fields, and of those of
    the dataclasses in it."""
    own: dict[str, Any] = {}
    for each in fields(value):  # type: ignore[arg-type] # a dataclass, for which there is no type
        current = getattr(value, each.name)
        if called_name(each) in values:
            own[each.name] = values[called_name(each)]
        elif is_dataclass(current):
            own[each.name] = changed(current, values)
    return replace(value, **own)  # type: ignore[type-var]


def flat(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the plain form of such a dataclass without the maps in it: all its options side by side."""
    found: dict[str, Any] = {}
    for name, value in plain.items():
        found |= flat(value) if isinstance(value, Mapping) else {name: value}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOptions:
    """How every chunk of a book is decoded: decided once per book, the same on every PC.

    `language` is a Whisper code such as "en"; None only as long as it is to be detected. `task` is "transcribe" or
    "translate". `beam_size`: as many beams everywhere; None for the two searches of `core/speech/searches.py`.
    """

    language: str | None = option(
        None, "language spoken, by name or code (German, de); detected by default", group=BOOK, metavar="LANGUAGE"
    )
    task: str = option("transcribe", "same language, or into English", group=BOOK, choices=("transcribe", "translate"))
    initial_prompt: str | None = option(None, "text in the style of the book", group=BOOK, metavar="TEXT")
    hotwords: str | None = option(None, "names and rare words to expect", group=BOOK, metavar="WORDS")
    beam_size: int | None = option(
        None,
        "search beams; by default 1, and 5 if the result is doubtful",
        group=BOOK,
        metavar="N",
        least=1,
        most=20,
        unsaid_if_none=True,
    )

    @property
    def known_language(self) -> str:
        """Returns the language, which is known before anything is decoded; ValueError if it is not."""
        if self.language is None:
            raise ValueError("no language was decided")
        return self.language


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How a book's files look. The line options are for SRT and VTT; None leaves each segment one cue."""

    word_timestamps: bool = option(False, "times of each word, in the JSON and for subtitles", group=BOOK)
    max_line_width: int | None = option(
        None, "characters in a line of subtitles", group=BOOK, metavar="N", least=1, most=1000
    )
    max_line_count: int | None = option(None, "lines in a subtitle", group=BOOK, metavar="N", least=1, most=100)
    max_words_per_line: int | None = option(
        None, "words in a line of subtitles", group=BOOK, metavar="N", least=1, most=1000
    )
    highlight_words: bool = option(False, "underline each word as it is spoken", group=BOOK)
    epub_marks: str = option(
        "sentence", "what the EPUB marks while it is spoken", group=BOOK, choices=("sentence", "word")
    )
    epub_sound: bool = option(True, "put the sound into the EPUB", group=BOOK)
    txt_lines: str = option(
        "paragraph", "the text in paragraphs, or a line for each segment", group=BOOK, choices=("paragraph", "segment")
    )
    beside: bool = option(False, "write srt, vtt, lrc and txt beside the audio too", group=BOOK)
    names: str | None = option(
        None,
        "spellings of names to use, without transcribing again: Armstrong, Lionette=Lyonette",
        group=BOOK,
        metavar="NAMES",
    )
    keep_heard: bool = option(False, "keep the words as heard, even if there is an ebook", group=BOOK)

    @property
    def arranges_words(self) -> bool:
        """Says if cues are built of words."""
        return bool(self.max_line_width or self.max_line_count or self.max_words_per_line or self.highlight_words)
