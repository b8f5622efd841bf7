"""Another user of the same PC."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from typing import TypeVar

import pytest

Result = TypeVar("Result")

NOBODY = 65534
needs_another_user = [
    pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may become another user"),
    pytest.mark.filterwarnings("ignore:This process"),  # Python 3.12 warns of a fork beside threads: this one uses none
]


def as_another_user(do: Callable[[], Result]) -> Result:
    """What a function returns that is run as the user nobody, in a process of its own. It can import nothing new."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, pickle.dumps(do()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    assert said, "the function failed"
    result: Result = pickle.loads(said)
    return result
