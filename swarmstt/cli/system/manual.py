"""The manual page, made from the parser. Its form is man(7)'s."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from swarmstt import __version__

_CLOSING = """
.SH ENVIRONMENT
Most options are also environment variables, such as SWARMSTT_DATA_DIR.
WHISPER_MODEL names the model, too.
.SH FILES
Options may stand in config.toml, and what the node keeps is in its data folder:
.B swarmstt doctor
names both places.
.SH EXIT STATUS
0 if all is done, 1 if something failed, 2 if the command was not understood.
"""


def manual_of(parser: argparse.ArgumentParser, *, closing: str = _CLOSING) -> str:
    """Returns the page: one section for the program, and one for each command."""
    name = parser.prog
    description = parser.description or ""
    commands = list(_commands(parser))
    lines = [
        f'.TH {name.upper()} 1 "" "swarmstt {__version__}"',
        ".SH NAME",
        f"{_text(name)} \\- {_text(_lower_first(description).rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_text(name)}",
        _text("COMMAND [OPTIONS] ..." if commands else "[OPTIONS]"),
        ".SH DESCRIPTION",
        _text(description),
        *(_options(parser) if not commands else ()),
    ]
    if commands:
        lines.append(".SH COMMANDS")
    for command in commands:
        usage = (command.usage or "").replace("swarmstt ", "", 1)
        lines += [f".SS {_text(usage)}", _text(command.description or ""), *_options(command)]
    return "\n".join(lines) + closing


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    formatter = argparse.HelpFormatter(parser.prog)
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        values = "" if action.nargs == 0 else formatter._format_args(action, action.dest.upper())
        names = " ".join([", ".join(action.option_strings), values]).strip()
        help_text = formatter._expand_help(action) if action.help else ""
        yield from (".TP", f".B {_text(names)}", _text(help_text or names))


def _text(text: str) -> str:
    """Returns text as roff shows it: its own signs escaped, no line that begins with a request."""
    escaped = text.replace("\\", "\\(rs").replace("-", "\\-")
    escaped = re.sub(r"(?m)^([.'])", r"\\&\1", escaped)
    return escaped.encode("ascii", "xmlcharrefreplace").decode().replace("&#8230;", "...")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
