"""A parser of arguments that speaks as the rest of the program does."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from swarmstt.phrases import did_you_mean

EPILOG = (
    "Options can also be set as environment variables (SWARMSTT_DATA_DIR) and in config.toml (`swarmstt doctor` shows "
    "where it is), except --one_book, --list, --summary, --fix and --for."
)


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and where to read more."""

    lists_languages = False

    def format_help(self) -> str:
        """Names all languages where one can be chosen; they are looked up only if somebody reads this."""
        if self.lists_languages:
            from swarmstt.speech.decoding.languages import language_names

            self.epilog = f"{EPILOG} Languages: {', '.join(language_names())}."
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        message = _plainly(message)
        more = f"`{self.prog} --help`"
        self.exit(
            2, f"swarmstt: {message} See {more}.\n" if message.endswith("?") else f"swarmstt: {message}; see {more}\n"
        )

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Says which command was meant by one that is misspelt. (argparse can from Python 3.14 on.)"""
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            meant = did_you_mean(str(value), action.choices)
            self.error(f"there is no command {str(value)!r}{meant and '.'}{meant}")
        super()._check_value(action, value)


def _plainly(message: str) -> str:
    """Says argparse's most frequent errors as the others are said."""
    message = re.sub(r"the following arguments are required: (.+)", r"\1 is missing", message)
    return re.sub(r"argument (\S+): invalid choice: (.+) \(choose from (.+)\)", _not_among, message)


def _not_among(found: re.Match[str]) -> str:
    return f"{found[2]} is not one of {found[3].replace(chr(39), '')}"


class Listing(argparse.HelpFormatter):
    """Without a line for the placeholder of the commands, and with room for each beside its name."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=14)

    def _format_action(self, action: argparse.Action) -> str:
        if isinstance(action, argparse._SubParsersAction):
            return "".join(super(Listing, self)._format_action(each) for each in action._get_subactions())
        return super()._format_action(action)
