"""A transcript is written whatever happens to the process that writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from swarmstt.errors import EngineDiedError
from swarmstt.node import writing
from swarmstt.node.folders import Folders


@pytest.mark.parametrize("deaths", [1, 2])
async def test_a_writer_that_was_ended_is_started_once_more(
    deaths: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def write(*_: object) -> list[list[Path]]:
        nonlocal begun
        begun += 1
        if begun <= deaths:
            raise EngineDiedError("Writing was cut short.")
        return [[], [tmp_path / "book.txt"]]

    monkeypatch.setattr(writing, "write_book", write)
    nothing = cast("Any", None)
    opened = writing.Writing(nothing, nothing, nothing, Folders(tmp_path), nothing)
    facts = cast("Any", type("Facts", (), {"book_id": "book"}))
    if deaths == 1:
        assert await opened.written(facts, 0, ()) == [[], [tmp_path / "book.txt"]]
    else:
        with pytest.raises(EngineDiedError):
            await opened.written(facts, 0, ())
    assert begun == 2
