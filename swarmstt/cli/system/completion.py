"""What makes shells complete commands and options; shtab writes it from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import shtab

from swarmstt.config import OPTIONS
from swarmstt.options import Option

_FOLDERS = ("DIR", "NAME|DIR", "FOLDER")
_FILES = ("FILE", "PATH")


def completion_of(parser: argparse.ArgumentParser, shell: str) -> str:
    """Returns the script for a shell. The parser is not fit to parse anything afterwards."""
    for action in _actions(parser):
        option = OPTIONS.get(action.dest)
        if option is not None:
            action.choices = _choices(option) or action.choices
        if action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    script: str = shtab.complete(parser, shell)
    return script


def _choices(option: Option) -> list[str]:
    return ["True", "False"] if option.kind is bool else [str(each) for each in option.choices]


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _actions(each)
