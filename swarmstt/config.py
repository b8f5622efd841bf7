"""Every option of the program: one dataclass, built once from the command line, the environment and a file.

The command line beats the environment (SWARMSTT_PORT), which beats what was chosen on the page (settings.json), which
beats config.toml. UsageError names the place of a value that makes no sense.
"""

from __future__ import annotations

import functools
import math
import os
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from swarmstt.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_MOST_SHOWN = 100
"""Letters of a wrong value in a message."""
FORMATS = ("txt", "vtt", "srt", "tsv", "json")

MOST_SLOTS = 64
"""That one PC can have."""
"""Formats of transcripts, in the order in which whisper-ctranslate2 names them."""

BOOK = "book"
"""Group of options that decide a book: given to `transcribe` and `add`."""
NODE = "node"
"""Group of options that decide a node: given to `up`, and to `transcribe` where it runs one itself."""
UP = "up"
"""Group of options that only a node that stays needs."""
BOTH = "both"


def option(
    default: Any,
    help_text: str,
    *,
    group: str,
    metavar: str | None = None,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    most: float | None = None,
) -> Any:
    """A field of Config that is also an option of the command line, an environment variable and a key of the file."""
    metadata = {
        "help": help_text,
        "group": group,
        "metavar": metavar,
        "choices": choices,
        "least": least,
        "most": most,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Config:
    """All options. None: the program chooses."""

    model: str | None = option(None, "Whisper model: a name or a folder; default base", group=BOTH, metavar="NAME|DIR")
    device: str = option(
        "auto", "where to decode: a GPU if one works, else the CPU", group=NODE, choices=("auto", "cpu", "cuda")
    )
    compute_type: str = option(
        "auto",
        "arithmetic of the model: auto, int8, int8_float16, float16, float32 and what CTranslate2 knows",
        group=NODE,
        metavar="TYPE",
    )
    slots: int | None = option(
        None,
        "parts decoded at once; by default what cores and memory allow",
        group=NODE,
        metavar="N",
        least=1,
        most=MOST_SLOTS,
    )
    threads: int | None = option(None, "CPU threads for each of them", group=NODE, metavar="N", least=1, most=256)
    memory_gb: float | None = option(
        None,
        "the most memory that decoding may take on the CPU, in GB; by default what is free",
        group=NODE,
        metavar="GB",
        least=0.1,
        most=1024,
    )
    port: int = option(
        8000, "port of the page and its API, on this PC only", group=UP, metavar="N", least=0, most=65535
    )
    swarm_port: int = option(8765, "port for the other PCs", group=UP, metavar="N", least=0, most=65535)
    interface: tuple[str, ...] = option(
        (), "find and serve other PCs only at this address of this PC", group=UP, metavar="IP"
    )
    peer: tuple[str, ...] = option((), "another PC, where it is not found by itself", group=UP, metavar="HOST:PORT")
    no_discovery: bool = option(False, "do not look for other PCs on the network", group=UP)
    swarm_key_file: Path | None = option(
        None, "file with the key of the swarm: 64 hexadecimal digits", group=UP, metavar="FILE"
    )
    data_dir: Path | None = option(None, "folder for what is kept: books, models, logs", group=NODE, metavar="DIR")
    drop_folder: tuple[Path, ...] = option(
        (), "folder to watch for books; default: swarmstt in your documents", group=UP, metavar="DIR"
    )
    name: str | None = option(None, "this PC's name for the others", group=UP, metavar="NAME")
    help_when: str = option(
        "not_on_battery",
        "when to help other PCs with their books",
        group=UP,
        choices=("always", "not_on_battery", "idle", "hours"),
    )
    idle_minutes: int = option(
        10, "minutes that nobody uses this PC before it helps, with idle", group=UP, metavar="N", least=1, most=1440
    )
    help_from: str = option("22:00", "begin of the hours to help in, with hours", group=UP, metavar="HH:MM")
    help_until: str = option("07:00", "end of the hours to help in", group=UP, metavar="HH:MM")
    no_helping: bool = option(False, "coordinate only: decode nothing on this PC", group=UP)

    language: str | None = option(None, "language spoken (en, de, …); detected by default", group=BOOK, metavar="CODE")
    task: str = option("transcribe", "same language, or into English", group=BOOK, choices=("transcribe", "translate"))
    initial_prompt: str | None = option(None, "text in the style of the book", group=BOOK, metavar="TEXT")
    hotwords: str | None = option(None, "names and rare words to expect", group=BOOK, metavar="WORDS")
    beam_size: int = option(5, "beams of the search", group=BOOK, metavar="N", least=1, most=20)
    chunk_seconds: float = option(300.0, "longest part, in seconds", group=BOOK, metavar="S", least=30, most=1800)
    output_dir: Path | None = option(None, "folder for the transcripts", group=BOOK, metavar="DIR")
    output_format: str = option("all", "which files to write", group=BOOK, choices=(*FORMATS, "all"))
    word_timestamps: bool = option(False, "times of each word, in the JSON and for subtitles", group=BOOK)
    max_line_width: int | None = option(
        None, "characters in a line of subtitles", group=BOOK, metavar="N", least=1, most=1000
    )
    max_line_count: int | None = option(None, "lines in a subtitle", group=BOOK, metavar="N", least=1, most=100)
    max_words_per_line: int | None = option(
        None, "words in a line of subtitles", group=BOOK, metavar="N", least=1, most=1000
    )
    highlight_words: bool = option(False, "underline each word as it is spoken", group=BOOK)
    alone: bool = option(False, "on this PC only, even if others are there", group=BOOK)

    verbose: bool = option(False, "say more, with tracebacks", group="all")
    log_format: str = option("text", "form of log lines", group="all", choices=("text", "json"))

    @property
    def formats(self) -> tuple[str, ...]:
        return FORMATS if self.output_format == "all" else (self.output_format,)


def option_fields(*groups: str) -> list[Field[Any]]:
    """The fields of these groups (and those of every group)."""
    wanted = {*groups, "all"} | ({BOTH} if {BOOK, NODE} & set(groups) else set())
    return [each for each in fields(Config) if each.metadata["group"] in wanted]


@functools.cache
def kind_of(name: str) -> type:
    """The type of an option's values: bool, int, float, str or Path; tuple where the option is repeatable."""
    hint = get_type_hints(Config)[name]
    if get_origin(hint) is tuple:
        return tuple
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    assert isinstance(hint, type)
    return hint


def range_of(name: str) -> tuple[float, float]:
    """The least and the most value that a number among the options may have."""
    metadata = next(each.metadata for each in fields(Config) if each.name == name)
    least, most = metadata["least"], metadata["most"]
    return -math.inf if least is None else least, math.inf if most is None else most


def build_config(
    command_line: Mapping[str, Any],
    environ: Mapping[str, str],
    file: Path,
    settings: Callable[[Path | None], Mapping[str, Any]] = lambda data_dir: {},
) -> Config:
    """The options from all places; `command_line` holds only those that were given. `settings` are the options chosen
    on the page, by the data folder (None: the default one); None as a value leaves an option to the program."""
    in_file = {key: _parse(key, value, f"{key} in {file}") for key, value in _read_file(file).items()}
    values = dict(in_file)
    above = _above(command_line, environ)
    for key, value in settings(above.get("data_dir", in_file.get("data_dir"))).items():
        values[key] = None if value is None else _parse(key, value, f"{key} in settings.json")
    return Config(**{**values, **above})


def _above(command_line: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The options of the environment and the command line."""
    values: dict[str, Any] = {}
    if "WHISPER_MODEL" in environ:
        values["model"] = environ["WHISPER_MODEL"]
    for each in fields(Config):
        variable = f"SWARMSTT_{each.name.upper()}"
        if variable in environ:
            values[each.name] = _parse(each.name, environ[variable], variable)
    for key, value in command_line.items():
        values[key] = _parse(key, value, f"--{key}")
    return values


def _read_file(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            table: dict[str, Any] = tomllib.load(stream)
            return table
    except FileNotFoundError:
        return {}
    except (ValueError, OSError, RecursionError) as error:  # of TOML, or of its UTF-8
        raise UsageError(f"{file} cannot be read: {error}") from error


def parse_bool(text: str) -> bool:
    """True or False, as whisper-ctranslate2 spells them, in any case; ValueError otherwise."""
    try:
        return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _parse(name: str, value: Any, place: str) -> Any:
    """A value of the option's type and range; `place` says where it stood."""
    known = {each.name: each for each in fields(Config)}
    if name not in known:
        raise UsageError(f"{place}: there is no such option.")
    kind, metadata = kind_of(name), known[name].metadata
    try:
        if kind is tuple:
            parsed: Any = _paths(value) if Path in get_args(get_type_hints(Config)[name]) else _texts(value)
        elif kind is bool:
            parsed = value if isinstance(value, bool) else parse_bool(str(value))
        else:
            make = _home_path if kind is Path else kind
            parsed = make(str(value) if isinstance(value, bool) else value)
    except (ValueError, TypeError, OverflowError):  # of a number without end
        raise UsageError(f"{place} must be {_KIND_NAMES[kind]}, not {_shown(value)}.") from None
    if metadata["choices"] and parsed not in metadata["choices"]:
        raise UsageError(f"{place} must be one of {', '.join(metadata['choices'])}, not {_shown(value)}.")
    least, most = metadata["least"], metadata["most"]
    if (least is not None and not parsed >= least) or (most is not None and not parsed <= most):
        limits = f"at least {least}" if most is None else f"from {least} to {most}"
        raise UsageError(f"{place} must be {limits}, not {_shown(value)}.")
    return parsed


def _shown(value: Any) -> str:
    """Enough of it to be found."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _home_path(text: Any) -> Path:
    """ValueError where it begins with the home of somebody who is not known here."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(text) from error


def _paths(value: Any) -> tuple[Path, ...]:
    """A list of paths, or one text with the system's sign between them, as in PATH."""
    texts = value.split(os.pathsep) if isinstance(value, str) else _texts(value)
    return tuple(_home_path(text) for text in texts if text)


def _texts(value: Any) -> tuple[str, ...]:
    """A list of texts, or one text with commas or spaces between them."""
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError
    return tuple(value)


_KIND_NAMES = {
    tuple: "a list of texts",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
}
