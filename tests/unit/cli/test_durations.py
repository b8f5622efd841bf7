"""Lengths of time on the command line."""

from __future__ import annotations

import argparse

import pytest

from swarmstt.cli.outsiders.options import duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("55m", 3300), ("90s", 90), ("90", 90), ("1h30m", 5400), ("2h", 7200), ("1h1m1s", 3661)]
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "m", "-5m", "5 m", "1.5h", "30m1h", "9" * 50, "\u0665m"])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a length of time such as 55m"):
        duration(text)
