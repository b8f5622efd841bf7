"""The commands and their options, as argparse knows them. The options themselves are the fields of Config."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from dataclasses import Field
from typing import Any, NoReturn

from swarmstt import __version__
from swarmstt.config import BOOK, BOTH, NODE, UP, kind_of, option_fields, parse_bool

EPILOG = (
    "Each option is also an environment variable (SWARMSTT_DATA_DIR) and a key of config.toml, whose place "
    "`swarmstt doctor` names."
)
GUEST_OPTIONS = ("device", "compute_type", "slots", "threads", "memory_gb", "name")
"""The options of `help`: the model is that of the book."""
EVERYWHERE = ("data_dir", "verbose", "log_format")
"""The options that every command has."""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and where to read more."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"swarmstt: {message}; see `{self.prog} --help`\n")


class _Listing(argparse.HelpFormatter):
    """Without a line for the placeholder of the commands, and with room for each beside its name."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=14)

    def _format_action(self, action: argparse.Action) -> str:
        if isinstance(action, argparse._SubParsersAction):
            return "".join(super(_Listing, self)._format_action(each) for each in action._get_subactions())
        return super()._format_action(action)


def build_parser() -> argparse.ArgumentParser:
    """The parser; the chosen command is `command` in what it returns, options that were not given are left out."""
    parser = Parser(
        prog="swarmstt",
        usage="swarmstt COMMAND ...",
        formatter_class=_Listing,
        description="Turns audiobooks into text, on all the PCs of a home together.",
        epilog="`swarmstt COMMAND --help` says more about each.",
    )
    parser.add_argument(
        "--version", action="version", version=f"swarmstt {__version__}", help="say which version it is"
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, title="commands", prog="swarmstt"
    )

    transcribe = _command(
        commands, "transcribe", "transcribe files or folders, each as one book, and wait", " PATH ..."
    )
    _paths(transcribe)
    _options(transcribe, BOOK, NODE)

    up = _command(commands, "up", "run a node on this PC until Ctrl-C, with a page to drop books on")
    _options(up, NODE, UP)

    add = _command(commands, "add", "give books to the node that runs on this PC, and return", " PATH ...")
    _paths(add)
    _options(add, BOOK)

    for name, text in (
        ("status", "show what this PC, its books and its helpers are doing"),
        ("peers", "list the other PCs that this one knows"),
    ):
        shown = _command(commands, name, text)
        shown.add_argument("--json", action="store_true", default=False, help="as JSON, for programs")
        _options(shown)

    _options(_command(commands, "pause", "stop decoding on this PC, at once"))
    _options(_command(commands, "resume", "go on decoding on this PC after a pause"))

    door = _command(commands, "door", "let new PCs of this network in, for ten minutes")
    door.add_argument("--shut", action="store_true", default=False, help="let nobody in any more, from now on")
    _options(door)

    invite = _command(commands, "invite", "print an invitation URL for a friend, who helps from any network")
    invite.add_argument("--name", dest="invitation_name", default=None, metavar="NAME", help="whom it is for")
    instead = invite.add_mutually_exclusive_group()
    instead.add_argument("--list", dest="shows_list", action="store_true", default=False, help="list those that hold")
    instead.add_argument("--revoke", action="store_true", default=False, help="take all back")
    _options(invite)

    guest = _command(commands, "help", "help somebody as a guest, from any network, until Ctrl-C", " URL")
    guest.add_argument("url", nargs="?", default=None, metavar="URL", help="what `swarmstt invite` printed there")
    _options(guest, NODE, UP, names=GUEST_OPTIONS)

    models = _command(commands, "models", "list the Whisper models of this PC, or fetch one", " [fetch NAME]")
    models.add_argument("action", nargs="?", default=None, choices=("fetch",), metavar="fetch", help="fetch a model")
    models.add_argument("wanted", nargs="?", default=None, metavar="NAME", help="which one: tiny, base, small, …")
    _options(models)

    doctor = _command(commands, "doctor", "test what a book needs, and say how to mend what fails")
    _options(doctor, NODE, UP)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was given on the command line."""
    parser = build_parser()
    given, rest = parser.parse_known_args(spell_out(arguments))
    # argparse takes paths from one place only; they may stand before and after options.
    later = _paths_in(rest) if hasattr(given, "paths") else None
    parser.prog = f"swarmstt {given.command}"  # where its error says that there is more to read
    if rest and later is None:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if later is not None:
        given.paths += later
        if "" in given.paths:
            parser.error("a PATH is empty")
    return given


def _paths_in(rest: Sequence[str]) -> list[str] | None:
    """What argparse left over, as paths; None where there is an option among it."""
    marked = rest.index("--") if "--" in rest else len(rest)
    if any(each.startswith("-") for each in rest[:marked]):
        return None
    return [*rest[:marked], *rest[marked + 1 :]]


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


def _command(commands: Any, name: str, text: str, operands: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        usage=f"swarmstt {name} [OPTIONS]{operands}",
        description=f"{text[0].upper()}{text[1:]}.",
        argument_default=argparse.SUPPRESS,
    )
    return parser


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="an audio file, or a folder of them")


def _options(parser: argparse.ArgumentParser, *groups: str, names: Collection[str] | None = None) -> None:
    """Adds the options of these groups under headings, and those that every command has; `names`: only these."""
    book, pc = parser.add_argument_group("the book"), parser.add_argument_group("this PC")
    of_book = {BOOK, BOTH} if BOOK in groups else {BOOK}
    for each in option_fields(NODE):
        if each.name in EVERYWHERE:
            _option(parser, each)
    for each in option_fields(*groups):
        if each.name not in EVERYWHERE and (names is None or each.name in names):
            _option(book if each.metadata["group"] in of_book else pc, each)
    if groups:
        parser.epilog = EPILOG


def _option(parser: argparse._ActionsContainer, each: Field[Any]) -> None:
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
