"""What is wrong with what comes, made by Hypothesis from what is right."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from swarmstt.errors import SwarmError

few = settings(max_examples=30, deadline=None)
more = settings(max_examples=50, deadline=None)
_numbers = (
    st.integers(-(2**63), 2**64 - 1) | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, math.nan, math.inf, 1e308])
)
_leaves = st.none() | st.booleans() | _numbers | st.text(max_size=20) | st.binary(max_size=20)
things = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.binary(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
"""What msgpack can carry."""
json_things = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 1e308])
    | st.floats()
    | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
"""What JSON can carry: numbers of any size, and halves of characters."""


@st.composite
def altered(draw: st.DrawFn, valid: st.SearchStrategy[bytes]) -> bytes:
    """Bytes that once were right: some changed, some lost, some added, or cut short."""
    content = bytearray(draw(valid))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content[: draw(st.integers(0, len(content)))]) if draw(st.booleans()) else bytes(content)


def replaced(draw: st.DrawFn, tree: Any, others: st.SearchStrategy[Any]) -> Any:
    """The same lists and maps with something else in one place, or with something missing."""
    if isinstance(tree, dict) and tree and draw(st.integers(0, 4)):
        chosen = draw(st.sampled_from(list(tree)))
        if not draw(st.integers(0, 5)):
            return {key: value for key, value in tree.items() if key != chosen}
        return {**tree, chosen: replaced(draw, tree[chosen], others)}
    if isinstance(tree, list) and tree and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(tree) - 1))
        return [*tree[:place], replaced(draw, tree[place], others), *tree[place + 1 :]]
    return draw(others)


@st.composite
def wrong_values(draw: st.DrawFn, valid: st.SearchStrategy[Any], others: st.SearchStrategy[Any] = things) -> Any:
    return replaced(draw, draw(valid), others)


DEEP = [b"\x91" * depth + b"\xc0" for depth in (400, 1000, 5000)]
"""Lists in lists."""


def check_sentence(error: SwarmError) -> None:
    assert 0 < len(error.message) < 500


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Overwritten by each example."""
    return tmp_path_factory.mktemp("files") / "file"


def written(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file
