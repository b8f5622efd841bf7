"""How a chunk is to be decoded, in the fields of the task that a guest gets: between these and the values here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmstt.codec import PlainError, from_plain, to_plain
from swarmstt.options import DecodeOptions

_IN_A_TASK = {"initial_prompt": "prompt"}
"""What a task calls otherwise than the options do."""


def task_options(options: DecodeOptions) -> dict[str, Any]:
    """Returns the fields of a task that say how to decode it."""
    return {_IN_A_TASK.get(name, name): value for name, value in to_plain(options).items()}


def options_of_task(task: Mapping[str, Any]) -> DecodeOptions:
    """Reads these fields among all those of a task; PlainError if they have another shape, or name no language."""
    names = {field: name for name, field in _IN_A_TASK.items()}
    options = from_plain(DecodeOptions, {names.get(field, field): value for field, value in task.items()})
    if options.language is None:
        raise PlainError("A task lacks language.")
    return options
