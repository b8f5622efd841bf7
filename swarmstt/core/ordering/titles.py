"""What files are called as chapters: by their names, without the numbers that only count them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise

from swarmstt.core.ordering.names import Path

_COUNTED = re.compile(
    r"(?P<number>\d{1,4})(?!\d)(?:(?P<between>\s*-\s*|\.)(?P<second>\d{1,3})(?!\d))?"
    r"(?=[\W_A-Z]|[^\x00-\x7f]|$)"  # not "1st" and "2nd", whose letters belong to the number
)
_BEHIND = " ._)]-–—:：、,，）］．。·|~+&;\t"
"""Signs between a number and a title."""
_MOST_MISSING = 8
"""So many numbers may be left out besides every second one."""
_LEAST_PART = 0.7
"""Of the files in a folder, that begin with a number that counts them up; a prologue may have none."""


def track_titles(paths: Sequence[Path]) -> tuple[str, ...]:
    """Returns the names of a book's files, in their order, without suffixes. A number at the beginning goes only if the
    files of the folder count up by it: "1984" and "007" are titles."""
    folders = [
        [path[-1].rpartition(".")[0] or path[-1] for path in group]
        for _, group in groupby(paths, key=lambda path: path[:-1])
    ]
    without = [_without_counts(stems) for stems in folders]
    others_count = any(titles != stems for titles, stems in zip(without, folders, strict=True))
    return tuple(
        title
        for titles, stems in zip(without, folders, strict=True)
        for title in (_single_without(stems) if others_count and len(stems) == 1 else titles)
    )


def _single_without(stems: list[str]) -> list[str]:
    """The only file of a disc, beside discs with several: it is number one."""
    found = [_COUNTED.match(stem) for stem in stems]
    return [
        _rest(stem, each, False) if _numbers(each, False) == (1,) else stem
        for stem, each in zip(stems, found, strict=True)
    ]


def _without_counts(stems: list[str]) -> list[str]:
    found = [_COUNTED.match(stem) for stem in stems]
    for with_second in (False, True):
        numbers = [_numbers(each, with_second) for each in found]
        if _count_up([each for each in numbers if each is not None], len(stems)):
            titles = [_rest(stem, each, with_second) for stem, each in zip(stems, found, strict=True)]
            return titles if len({title.casefold() for title in titles}) > 1 else stems
    return stems


def _numbers(found: re.Match[str] | None, with_second: bool) -> tuple[int, ...] | None:
    if found is None or (with_second and found["second"] is None):
        return None
    if found["between"] == "." and (not with_second or len(found["second"]) < 2):
        return None  # "2.5 Miles"
    return (int(found["number"]), int(found["second"])) if with_second else (int(found["number"]),)


def _count_up(numbers: list[tuple[int, ...]], file_count: int) -> bool:
    """Says if these are numbers of tracks: most files have one, they ascend, and by not much more than one each."""
    if len(numbers) < 2 or len(numbers) < _LEAST_PART * file_count:
        return False
    if not all(first < second for first, second in pairwise(numbers)):
        return False
    return numbers[-1][0] - numbers[0][0] <= 2 * len(numbers) + _MOST_MISSING


def _rest(stem: str, found: re.Match[str] | None, with_second: bool) -> str:
    if found is None or _numbers(found, with_second) is None:
        return stem
    end = found.end() if with_second or found["second"] is None else found.end("number")
    rest = stem[end:].lstrip(_BEHIND)
    return rest if any(letter.isalnum() for letter in rest) and (end < len(stem)) else stem
