"""Every option of the program: one dataclass, built once from the command line, the environment and a file.

The command line beats the environment (SWARMSTT_PORT), which beats what was chosen on the page (settings.json), which
beats config.toml. UsageError names the place of a value that makes no sense.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmstt.errors import UsageError
from swarmstt.option_values import TIME_OF_DAY, listed, value_of
from swarmstt.options import (
    ALL_COMMANDS,
    BOOK,
    BOTH,
    NODE,
    UP,
    DecodeOptions,
    Option,
    OutputOptions,
    changed,
    option,
    options_of,
)
from swarmstt.output_formats import ALL, FORMATS, chosen_formats

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_SLOTS = 64
USUAL_INVITATION_DAYS = 30
MOST_INVITATION_DAYS = 3650
"""That one PC can have."""
MOST_NAME_CHARACTERS = 63
"""As long as a name on the network may be."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """All options. None: the program chooses."""

    model: str | None = option(
        None, "Whisper model: a name, a folder, or auto; default base", group=BOTH, metavar="NAME|DIR", setting="model"
    )
    device: str = option(
        "auto", "where to transcribe: a GPU if one works, else the CPU", group=NODE, choices=("auto", "cpu", "cuda")
    )
    compute_type: str = option(
        "auto",
        "arithmetic of the model: auto, int8, int8_float16, float16, float32 and what CTranslate2 knows",
        group=NODE,
        metavar="TYPE",
    )
    slots: int | None = option(
        None,
        "parts transcribed at once; by default as many as cores and memory allow",
        group=NODE,
        metavar="N",
        least=1,
        most=MOST_SLOTS,
        setting="slots",
    )
    threads: int | None = option(None, "CPU threads for each of them", group=NODE, metavar="N", least=1, most=256)
    memory_gb: float | None = option(
        None,
        "the most memory that transcribing may take on the CPU, in GB; by default what is free",
        group=NODE,
        metavar="GB",
        least=0.1,
        most=1024,
        setting="memory_gb",
    )
    cluster: str | None = option(
        None,
        "scheduler of a Dask cluster whose workers help: its address, or its scheduler file",
        group=NODE,
        metavar="ADDRESS|FILE",
    )
    port: int = option(
        8000, "port of the page and its API, on this PC only", group=UP, metavar="N", least=0, most=65535
    )
    swarm_port: int = option(8765, "port for the other PCs", group=UP, metavar="N", least=0, most=65535)
    interface: tuple[str, ...] = option(
        (), "find and serve other PCs only at this address of this PC", group=UP, metavar="IP"
    )
    peer: tuple[str, ...] = option((), "another PC, if it is not found automatically", group=UP, metavar="HOST:PORT")
    no_discovery: bool = option(False, "do not look for other PCs on the network", group=UP)
    swarm_key_file: Path | None = option(
        None, "file with the key of the swarm: 64 hexadecimal digits", group=UP, metavar="FILE"
    )
    data_dir: Path | None = option(None, "folder for books, models and logs", group=NODE, metavar="DIR")
    drop_folder: tuple[Path, ...] = option(
        (),
        "folder to watch for books; default: swarmstt in your documents",
        group=UP,
        metavar="DIR",
        setting="drop_folders",
    )
    name: str | None = option(
        None,
        "this PC's name for the others",
        group=UP,
        metavar="NAME",
        most_characters=MOST_NAME_CHARACTERS,
        setting="name",
    )
    help_when: str = option(
        "not_on_battery",
        "when to help other PCs with their books",
        group=UP,
        choices=("always", "not_on_battery", "idle", "hours"),
        setting="help_when",
    )
    idle_minutes: int = option(
        10,
        "with idle: minutes without use before it helps",
        group=UP,
        metavar="N",
        least=1,
        most=1440,
        setting="idle_minutes",
    )
    help_from: str = option(
        "22:00",
        "with hours: when it starts to help",
        group=UP,
        metavar="HH:MM",
        form=TIME_OF_DAY,
        setting="help_from",
    )
    help_until: str = option(
        "07:00",
        "with hours: when it stops helping",
        group=UP,
        metavar="HH:MM",
        form=TIME_OF_DAY,
        setting="help_until",
    )
    no_helping: bool = option(False, "coordinate only: do not transcribe on this PC", group=UP)
    updates: str | None = option(
        None,
        "check there once a day for a new version, and say so; off by default",
        group=UP,
        metavar="URL|FILE",
    )
    updates_key: str | None = option(
        None, "the minisign public key that signs what is there", group=UP, metavar="KEY", most_characters=200
    )

    decode: DecodeOptions = DecodeOptions()
    chunk_seconds: float = option(300.0, "longest part, in seconds", group=BOOK, metavar="S", least=30, most=1800)
    done_within_hours: float = option(
        12.0,
        "with --model auto: choose the best model that finishes within so many hours",
        group=BOOK,
        metavar="HOURS",
        least=0.01,
        most=8760,
        name="done_within",
    )
    output_dir: Path | None = option(None, "folder for the transcripts", group=BOOK, metavar="DIR")
    ebook: Path | None = option(None, "the ebook of the book, as an EPUB", group=BOOK, metavar="FILE")
    output_format: str = option(
        ALL, "which files to write; several with commas", group=BOOK, choices=(*FORMATS, ALL), several=True
    )
    output: OutputOptions = OutputOptions()
    local_only: bool = option(False, "on this PC only, even if others are there", group=BOOK, name="alone")

    verbose: bool = option(False, "print more, with tracebacks", group=ALL_COMMANDS)
    log_format: str = option("text", "form of log lines", group=ALL_COMMANDS, choices=("text", "json"))

    @property
    def formats(self) -> tuple[str, ...]:
        """Returns the formats to write, in their order."""
        return chosen_formats(listed(self.output_format))


OPTIONS = options_of(Config)
"""All of them by their names on the command line, in the order of its help."""

PAGE_SETTINGS: Mapping[str, Option] = {each.setting: each for each in OPTIONS.values() if each.setting is not None}
"""Those that a person may choose on the page, by what they are called there."""


def options_in(*groups: str) -> list[Option]:
    """Returns the options of these groups, and those of every group."""
    wanted = {*groups, ALL_COMMANDS} | ({BOTH} if {BOOK, NODE} & set(groups) else set())
    return [each for each in OPTIONS.values() if each.group in wanted]


def build_config(
    command_line: Mapping[str, Any],
    environ: Mapping[str, str],
    file: Path,
    settings: Callable[[Path | None], Mapping[str, Any]] = lambda data_dir: {},
) -> Config:
    """Gathers the options from all places; `command_line` holds only those that were given. `settings` are the options
    chosen on the page, by the data folder (None: the default one); None as a value leaves an option to the program."""
    in_file = {key: _value(key, value, f"{key} in {file}") for key, value in _read_file(file).items()}
    values = dict(in_file)
    above = _above(command_line, environ)
    for key, value in settings(above.get("data_dir", in_file.get("data_dir"))).items():
        values[key] = None if value is None else _value(key, value, f"{key} in settings.json")
    return changed(Config(), {**values, **above})


def check_hours(config: Config) -> None:
    """UsageError for hours to help in that begin when they end. (A settings file of an earlier release may have such
    hours, so it is read all the same: there they mean the whole day.)"""
    if config.help_when == "hours" and config.help_from == config.help_until:
        raise UsageError(f"The hours to help in begin and end at {config.help_from}. Choose two times, or help always.")


def _above(command_line: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The options of the environment and the command line."""
    values: dict[str, Any] = {}
    if "WHISPER_MODEL" in environ:
        values["model"] = environ["WHISPER_MODEL"]
    for name in OPTIONS:
        variable = f"SWARMSTT_{name.upper()}"
        if variable in environ:
            values[name] = _value(name, environ[variable], variable)
    for key, value in command_line.items():
        values[key] = _value(key, value, f"--{key}")
    return values


def _read_file(file: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(_text_of(file.read_bytes()))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} cannot be read: save it as UTF-8, which your editor offers when it saves.") from error
    except (ValueError, OSError, RecursionError) as error:
        raise UsageError(f"{file} cannot be read: {error}{_hint(error)}") from error
    return table


def _text_of(content: bytes) -> str:
    """Returns the text of a file; editors of Windows begin it with a mark, or write it in UTF-16 behind one."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf16 else "utf-8-sig").replace("\r\n", "\n")


def _hint(error: Exception) -> str:
    """Returns what to do if somebody wrote a path of Windows in double quotes."""
    is_escape = any(word in str(error) for word in ("Unescaped '\\'", "Invalid hex value", "Invalid escape"))
    return "; write paths with \\ in single quotes: 'C:\\Users\\Anna'" if is_escape else ""


def _value(name: str, given: Any, place: str) -> Any:
    """A value of the option; `place` says where it stood."""
    if name not in OPTIONS:
        raise UsageError(f"{place}: there is no such option.")
    if OPTIONS[name].kind is str and type(given) in (int, float):
        given = str(given)  # in the file a name or a prompt may be a number, such as 1984, without quotes
    return value_of(OPTIONS[name], given, place)
