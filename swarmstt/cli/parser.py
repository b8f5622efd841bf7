"""The commands and their options, as argparse knows them. The options themselves are the fields of Config."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import Any

from swarmstt import __version__
from swarmstt.cli.outsiders.options import add_help_options, add_invite_options, add_programs_options
from swarmstt.cli.system.parsing import EPILOG, Listing, Parser
from swarmstt.config import OPTIONS, options_in
from swarmstt.option_values import parse_bool
from swarmstt.options import BOOK, BOTH, NODE, UP, Option
from swarmstt.phrases import did_you_mean

SHELLS = ("bash", "zsh", "fish", "powershell")
"""For which `completion` has scripts."""
GUEST_OPTIONS = ("device", "compute_type", "slots", "threads", "memory_gb", "name")
"""The options of `help`: the model is that of the book."""
EVERYWHERE = ("data_dir", "verbose", "log_format")
"""The options that every command has."""


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser; what it reads has the chosen command as `command`, and no options that were not given."""
    parser = Parser(
        prog="swarmstt",
        usage="swarmstt COMMAND ...",
        formatter_class=Listing,
        description="Turns audiobooks into text, on all the PCs of a home together.",
        epilog="`swarmstt COMMAND --help` says more about each.",
    )
    parser.add_argument(
        "-V", "--version", action="version", version=f"swarmstt {__version__}", help="print the version"
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, title="commands", prog="swarmstt"
    )

    transcribe = _command(
        commands, "transcribe", "transcribe files or folders, each as one book, and wait", " PATH ..."
    )
    _paths(transcribe, least="*")
    transcribe.add_argument(
        "--list",
        dest="list_of_books",
        default=None,
        metavar="FILE",
        help="many books instead: a file with a path on each line, or a folder with all below it",
    )
    transcribe.add_argument(
        "--summary", default=None, metavar="FILE", help="with --list: file for what became of each book, as JSON lines"
    )
    _options(transcribe, BOOK, NODE)

    up = _command(commands, "up", "run a node on this PC until Ctrl-C, with a page to drop books on")
    _options(up, NODE, UP)

    add = _command(commands, "add", "give books to the node that runs on this PC, and return", " PATH ...")
    _paths(add)
    _options(add, BOOK)

    for name, text in (
        ("status", "show what this PC, its books and its helpers are doing"),
        ("peers", "list the other PCs of the swarm, remove one, or leave the swarm"),
    ):
        shown = _command(commands, name, text)
        shown.add_argument("--json", action="store_true", default=False, help="as JSON, for programs")
        if name == "peers":
            _membership(shown)
        _options(shown)

    _options(_command(commands, "pause", "stop transcribing on this PC, at once"))
    _options(_command(commands, "resume", "resume transcribing on this PC after a pause"))

    door = _command(commands, "door", "let new PCs of this network in, for ten minutes")
    door.add_argument("--shut", action="store_true", default=False, help="close the door now")
    _options(door)

    invite = _command(commands, "invite", "print an invitation URL for a friend, who helps from any network")
    add_invite_options(invite)
    _options(invite)

    programs = _command(commands, "programs", "print an address at which other programs have recordings transcribed")
    add_programs_options(programs)
    _options(programs)

    guest = _command(commands, "help", "help somebody as a guest, from any network, until Ctrl-C", " URL")
    add_help_options(guest)
    _options(guest, NODE, UP, names=GUEST_OPTIONS)

    models = _command(
        commands, "models", "list the Whisper models of this PC, fetch or remove one", " [fetch|remove NAME]"
    )
    models.add_argument(
        "action",
        nargs="?",
        default=None,
        choices=("fetch", "remove"),
        metavar="fetch|remove",
        help="fetch a model, or remove one that was fetched",
    )
    models.add_argument("wanted", nargs="?", default=None, metavar="NAME", help="which one: tiny, base, small, …")
    _options(models)

    doctor = _command(commands, "doctor", "test what a book needs, and say how to fix what fails")
    doctor.add_argument(
        "--fix", action="store_true", default=False, help="fix what can be fixed: rights, a damaged or copied identity"
    )
    _options(doctor, NODE, UP)

    service = _command(
        commands, "service", "run swarmstt in the background whenever you are logged in", " install|remove|status"
    )
    service.add_argument(
        "action",
        choices=("install", "remove", "status"),
        metavar="install|remove|status",
        help="with install: the options of `up`",
    )
    service.add_argument(
        "--own", action="store_true", default=False, help="with remove: only a service that runs this very program"
    )
    _options(service, NODE, UP)

    completion = _command(commands, "completion", "print a completion script for your shell", " SHELL")
    completion.add_argument(
        "shell",
        choices=SHELLS,
        metavar="|".join(SHELLS),
        help="source what is printed, or put it where your shell looks",
    )
    _options(completion)

    licences = _command(commands, "licences", "list the packages that swarmstt uses, and their licences")
    licences.add_argument("--to", dest="folder", default=None, metavar="FOLDER", help="write their texts there")
    _options(licences)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Reads what was given on the command line."""
    parser = build_parser()
    given, rest = parser.parse_known_args(spell_out(arguments))
    # argparse takes paths from one place only; they may stand before and after options.
    later = _paths_in(rest) if hasattr(given, "paths") else None
    parser.prog = f"swarmstt {given.command}"  # where its error says that there is more to read
    if rest and later is None:
        parser.error(f"unrecognized arguments: {' '.join(rest)}{_meant(rest, _options_of(parser, given.command))}")
    if later is not None:
        given.paths += later
        if "" in given.paths:
            parser.error("a PATH is empty")
    return given


def _options_of(parser: argparse.ArgumentParser, command: str) -> list[str]:
    """Returns the options that a command has, as they are spelled."""
    [commands] = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    return [*commands.choices[command]._option_string_actions]


def _meant(unknown: Sequence[str], known: Sequence[str]) -> str:
    """Returns which option was meant by the first that is unknown, if any is like it."""
    name = next((each.partition("=")[0] for each in unknown if each.startswith("--")), "")
    meant = did_you_mean(name, known)
    return meant and f".{meant}"


def options_given(given: argparse.Namespace) -> dict[str, Any]:
    """Returns the options among what was given on the command line, as text."""
    return {name: value for name, value in vars(given).items() if name in OPTIONS}


def _paths_in(rest: Sequence[str]) -> list[str] | None:
    """Returns what argparse left over, as paths; None if there is an option among it."""
    marked = rest.index("--") if "--" in rest else len(rest)
    if any(each.startswith("-") for each in rest[:marked]):
        return None
    return [*rest[:marked], *rest[marked + 1 :]]


def spell_out(arguments: Sequence[str]) -> list[str]:
    """Spells arguments as argparse wants them: --output-dir becomes --output_dir, and a yes-or-no option that stands
    alone gets its True, since argparse would take a path that follows for its value."""
    switches = {f"--{each.name}" for each in options_in(BOOK, NODE, UP) if each.kind is bool}
    spelled: list[str] = []
    for place, argument in enumerate(arguments):
        if argument == "--":
            return [*spelled, *arguments[place:]]
        name, equals, value = argument.partition("=")
        if name.startswith("--"):
            name = "--" + name[2:].replace("-", "_")
        stands_alone = name in switches and not equals and not _is_bool(arguments[place + 1 : place + 2])
        spelled.append(f"{name}=True" if stands_alone else name + equals + value)
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


def _membership(peers: argparse.ArgumentParser) -> None:
    """Adds what `peers` does besides to list them."""
    instead = peers.add_mutually_exclusive_group()
    instead.add_argument(
        "--remove",
        dest="removed",
        default=None,
        metavar="PC",
        help="remove that PC from the swarm for good (name or id)",
    )
    instead.add_argument(
        "--join_again", action="store_true", default=False, help="remove all others: each has to join again"
    )
    instead.add_argument(
        "--leave", action="store_true", default=False, help="leave the swarm: this PC gets a new identity, and is alone"
    )
    peers.add_argument(
        "--with_let_in",
        action="store_true",
        default=False,
        help="with --remove: remove all PCs too that this PC let in, not only those that never came",
    )


def _paths(parser: argparse.ArgumentParser, least: str = "+") -> None:
    parser.add_argument("paths", nargs=least, default=[], metavar="PATH", help="an audio file, or a folder of them")
    parser.add_argument(
        "--one_book",
        "--one-book",
        action="store_true",
        default=False,
        help="all PATHs together are one book, in the order in which they are named",
    )


def _options(parser: argparse.ArgumentParser, *groups: str, names: Collection[str] | None = None) -> None:
    """Adds the options of these groups under headings, and those that every command has; `names`: only these."""
    book, pc = parser.add_argument_group("the book"), parser.add_argument_group("this PC")
    of_book = {BOOK, BOTH} if BOOK in groups else {BOOK}
    for each in options_in(NODE):
        if each.name in EVERYWHERE:
            _option(parser, each)
    for each in options_in(*groups):
        if each.name not in EVERYWHERE and (names is None or each.name in names):
            _option(book if each.group in of_book else pc, each)
    if groups:
        parser.epilog = EPILOG
    if isinstance(parser, Parser):
        parser.lists_languages = BOOK in groups


def _option(parser: argparse._ActionsContainer, each: Option) -> None:
    """Adds one option; a yes-or-no one takes an optional True or False."""
    help_text = each.help.replace("%", "%%")
    facts = []
    if each.least is not None:
        facts.append(f"{each.least:g} to {each.most:g}" if each.most is not None else f"at least {each.least:g}")
    if each.default not in (None, False, ()):
        facts.append(f"default {each.default:g}" if isinstance(each.default, float) else f"default {each.default}")
    if each.kind is tuple:
        facts.append("repeatable")
    if facts:
        help_text += f" ({', '.join(facts)})"
    if each.kind is bool:
        parser.add_argument(f"--{each.name}", nargs="?", const="True", metavar="True|False", help=help_text)
    elif each.kind is tuple:
        parser.add_argument(f"--{each.name}", action="append", metavar=each.metavar, help=help_text)
    else:
        parser.add_argument(f"--{each.name}", metavar=each.metavar or "|".join(each.choices), help=help_text)
