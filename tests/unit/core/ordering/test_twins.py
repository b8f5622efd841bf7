"""Which files of a folder are compared with one another, and which of them are left out."""

from __future__ import annotations

import pytest

from swarmstt.core.ordering.facts import FileFacts
from swarmstt.core.ordering.twins import candidates, find_twins, may_be_same


def mp3(seconds: float | None, size: int = 1000) -> FileFacts:
    return FileFacts(size=size, seconds=seconds, codec="mp3")


@pytest.mark.parametrize(
    ("other", "may_be"),
    [
        (mp3(60.05, 2000), True),
        (mp3(61.0, 2000), False),
        (mp3(61.0, 1000), True),  # a header may guess a length; the bytes are as many
        (mp3(None, 1000), True),
        (mp3(None, 2000), False),
        (FileFacts(size=1000, seconds=60.0, codec="opus"), False),
    ],
)
def test_only_what_may_be_a_copy_is_compared(other: FileFacts, may_be: bool) -> None:
    assert may_be_same(mp3(60.0), other) is may_be
    assert may_be_same(other, mp3(60.0)) is may_be
    assert candidates([mp3(60.0), other]) == ([0, 1] if may_be else [])


def test_of_many_files_those_of_one_length_are_compared() -> None:
    facts = [mp3(100.0, 1), None, mp3(200.0, 2), mp3(100.04, 3), mp3(300.0, 4), mp3(199.95, 5)]
    assert candidates(facts) == [0, 2, 3, 5]
    assert candidates([]) == candidates([None, mp3(1.0)]) == []


def test_chapters_of_one_name_and_of_unknown_length_are_both_read() -> None:
    """Nothing but their lengths would tell that they are one chapter in two codings."""
    paths = [("book 01.mp3",), ("book 01.ogg",)]
    known = FileFacts(size=1, seconds=60.0, codec="mp3"), FileFacts(size=2, seconds=60.5, codec="vorbis")
    assert [each.kind for each in find_twins(paths, known)] == ["coding"]
    unknown = FileFacts(size=1, codec="mp3"), FileFacts(size=2, seconds=60.5, codec="vorbis")
    assert find_twins(paths, unknown) == []
