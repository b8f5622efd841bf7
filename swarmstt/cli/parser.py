"""The commands and their options, as argparse knows them. The options themselves are the fields of Config."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import Field
from typing import Any

from swarmstt import __version__
from swarmstt.config import BOOK, NODE, UP, kind_of, option_fields, parse_bool

EPILOG = "Each option is also an environment variable (SWARMSTT_PORT) and a key of config.toml in your config folder."

GUEST_OPTIONS = ("device", "compute_type", "slots", "threads", "data_dir", "name")
"""The options of `help`: the model is that of the book."""


def build_parser() -> argparse.ArgumentParser:
    """The parser; the chosen command is `command` in what it returns, options that were not given are left out."""
    parser = argparse.ArgumentParser(
        prog="swarmstt",
        description="Turns audiobooks into text, on all the PCs of a home together.",
    )
    parser.add_argument("--version", action="version", version=f"swarmstt {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    transcribe = _command(commands, "transcribe", "transcribe files or folders, each as one book, and wait", BOOK, NODE)
    transcribe.add_argument("paths", nargs="+", metavar="PATH", help="an audio file, or a folder of them")

    _command(commands, "up", "run a node until Ctrl-C", NODE, UP)

    add = _command(commands, "add", "give books to the node that runs on this PC, and return", BOOK)
    add.add_argument("paths", nargs="+", metavar="PATH", help="an audio file, or a folder of them")
    _data_dir(add)

    for name, text in (("status", "what the node on this PC is doing"), ("peers", "the other PCs that it knows")):
        shown = _command(commands, name, text)
        shown.add_argument("--json", action="store_true", help="as JSON")
        _data_dir(shown)

    for name, text in (("pause", "stop helping, at once"), ("resume", "go on helping")):
        _data_dir(_command(commands, name, text))

    invite = _command(commands, "invite", "print an invitation URL for a guest, who helps from any network")
    invite.add_argument("--name", dest="invitation_name", default=None, metavar="NAME", help="for whom it is")
    invite.add_argument("--list", dest="shows_list", action="store_true", default=False, help="show all that hold")
    invite.add_argument("--revoke", action="store_true", default=False, help="take all back")
    _data_dir(invite)

    guest = _command(commands, "help", "help a node as a guest, from any network, until Ctrl-C")
    guest.add_argument("url", metavar="URL", help="the invitation that `swarmstt invite` printed there")
    for each in option_fields(NODE, UP):
        if each.name in GUEST_OPTIONS:
            add_option(guest, each)

    door = _command(commands, "door", "open the door for ten minutes, so that a new PC can join")
    door.add_argument("--shut", action="store_true", help="shut it at once")
    _data_dir(door)

    models = _command(commands, "models", "the Whisper models that this PC has")
    models.add_argument("action", nargs="?", default=None, choices=("fetch",), help="fetch a further one")
    models.add_argument("name", nargs="?", default=None, metavar="NAME", help="which model to fetch")
    _data_dir(models)

    _command(commands, "doctor", "test audio, model, device and folders, and say how to mend what fails", NODE, UP)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was given on the command line."""
    return build_parser().parse_args(spell_out(arguments))


def spell_out(arguments: Sequence[str]) -> list[str]:
    """The arguments as argparse wants them: --output-dir becomes --output_dir, and a yes-or-no option that stands
    alone gets its True, since argparse would take a path that follows for its value."""
    switches = {f"--{each.name}" for each in option_fields(BOOK, NODE, UP) if kind_of(each.name) is bool}
    spelled: list[str] = []
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*spelled, *arguments[place:]]
        name, equals, value = argument.partition("=")
        if name.startswith("--"):
            name = "--" + name[2:].replace("-", "_")
        alone = name in switches and not equals and not _is_bool(arguments[place + 1 : place + 2])
        spelled.append(f"{name}=True" if alone else name + equals + value)
    return spelled


def _is_bool(following: Sequence[str]) -> bool:
    try:
        parse_bool(following[0])
    except (IndexError, ValueError):
        return False
    return True


def _command(commands: Any, name: str, text: str, *groups: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=EPILOG,
        argument_default=argparse.SUPPRESS,
    )
    for each in option_fields(*groups):
        add_option(parser, each)
    return parser


def _data_dir(parser: argparse.ArgumentParser) -> None:
    add_option(parser, next(each for each in option_fields(NODE) if each.name == "data_dir"))


def add_option(parser: argparse.ArgumentParser, each: Field[Any]) -> None:
    """One option; a yes-or-no one takes an optional True or False."""
    metadata = each.metadata
    help_text = metadata["help"].replace("%", "%%")
    if each.default not in (None, False, ()):
        default = f"{each.default:g}" if isinstance(each.default, float) else each.default
        help_text += f" (default {default})"
    if kind_of(each.name) is bool:
        parser.add_argument(f"--{each.name}", nargs="?", const="True", metavar="True|False", help=help_text)
    elif kind_of(each.name) is tuple:
        help_text += " (repeatable)"
        parser.add_argument(f"--{each.name}", action="append", metavar=metadata["metavar"], help=help_text)
    else:
        metavar = metadata["metavar"] or "|".join(metadata["choices"])
        parser.add_argument(f"--{each.name}", metavar=metavar, help=help_text)
