"""Finds what is in a folder twice: copies of a file, and one chapter in several codings."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence

from swarmstt.core.ordering.facts import Facts, FileFacts, LeftOut, TwinKind
from swarmstt.core.ordering.names import Path

SAME_SECONDS = 0.1
"""Files of one codec whose lengths differ by no more may have the same sound."""
_LIKE_SECONDS, _LIKE_PART = 3.0, 0.02
"""Codings of one chapter differ by their padding, and in what their headers guess."""
_LOSSLESS = ("flac", "alac", "ape", "wavpack", "tta", "pcm_")

_COPY = re.compile(
    r"""
    (?: \s*\(\d{1,2}\)
      | \s*-\s*(?:copy|kopie|copie|copia|cópia|kopia|kopi|копия)(?:\s*\(\d{1,2}\))?
      | \s*\((?:copy|kopie|copie|copia)(?:\s*\d{1,2})?\)
      | \.sync-conflict-[\w-]+
      | \s*\([^()]*(?:conflicted\ copy|conflit|in\ konflikt)[^()]*\)
    )$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BEHIND = re.compile(r"(?!\s+\d+$)[\s_.~(\[-].*")
_CODING = re.compile(
    r"(?:[\s_.\-]*[(\[]?(?:\d{2,3}\s?k(?:b(?:ps|it)?)?|vbr|mp3|ogg|vorbis|opus|flac|m4[ab]|aac|wav|lossless)[)\]]?)+$",
    re.IGNORECASE,
)


def may_be_same(first: FileFacts, second: FileFacts) -> bool:
    """Says if it is worth comparing the sound of two files: if one may be a copy of the other, with other tags."""
    if first.codec != second.codec:
        return False
    if first.seconds is None or second.seconds is None:
        return first.size == second.size
    return first.size == second.size or abs(first.seconds - second.seconds) <= SAME_SECONDS


def candidates(facts: Facts) -> list[int]:
    """Returns the places of the files whose sound is to be compared."""
    known = sorted(
        ((each.codec, each.seconds or 0.0, each.size, place) for place, each in enumerate(facts) if each),
    )
    found: set[int] = set()
    for index, (*_, place) in enumerate(known):
        for *_, other in known[index + 1 : index + 4]:
            first, second = facts[place], facts[other]
            if first and second and may_be_same(first, second):
                found |= {place, other}
    return sorted(found)


def find_twins(paths: Sequence[Path], facts: Facts) -> list[LeftOut]:
    """Returns what is to be left out of a book so that each chapter is in it once, in its best coding."""
    left_out: dict[int, tuple[int, TwinKind]] = {}
    for group in _grouped(facts, lambda place, each: each.digest):
        left_out |= {place: (kept, "copy") for place, kept in _copies(group, paths)}
    rest = [None if place in left_out else each for place, each in enumerate(facts)]
    for group in _grouped(rest, lambda place, each: _chapter_of(paths[place])):
        left_out |= {place: (kept, "coding") for place, kept in _codings(group, rest)}
    left_out |= _whole_book(paths, [None if place in left_out else each for place, each in enumerate(facts)])
    return [LeftOut(path=paths[place], twin=paths[kept], kind=kind) for place, (kept, kind) in sorted(left_out.items())]


def _grouped(facts: Facts, key_of: Callable[[int, FileFacts], Hashable]) -> Iterable[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for place, each in enumerate(facts):
        key = key_of(place, each) if each is not None else None
        if key is not None:
            groups.setdefault(key, []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _copies(group: Sequence[int], paths: Sequence[Path]) -> Iterable[tuple[int, int]]:
    """Of files with the same sound: which are left out, and for which one. Who gave two of them numbers of their own
    means both, as a tune between the chapters."""
    numbers = {place: _numbers(paths[place]) for place in group}
    by_name = sorted(group, key=lambda place: (len(paths[place][-1]), paths[place]))
    kept: dict[tuple[str, ...], int] = {}
    for place in sorted(by_name, key=lambda place: (_is_copy(paths[place]), not numbers[place])):
        mine = numbers[place]
        original = next((each for each in kept.values() if _is_named_after(paths[place], paths[each])), None)
        alike = kept.get(mine, kept.get(())) if mine else next(iter(kept.values()), None)
        twin = alike if original is None else original
        if twin is None:
            kept[mine] = place
        else:
            yield place, twin


def _numbers(path: Path) -> tuple[str, ...]:
    """Returns the numbers in a name, without that of a copy."""
    return tuple(number.lstrip("0") for number in re.findall(r"\d+", _COPY.sub("", path[-1].rpartition(".")[0])))


def _is_copy(path: Path) -> bool:
    return _COPY.search(path[-1].rpartition(".")[0]) is not None


def _is_named_after(path: Path, original: Path) -> bool:
    """Says if a name is another's with something behind it, as systems name copies: "One copy 2", "One_1",
    "One-OFFICE-PC". "Tune 2" beside "Tune" is the second time that it is played."""
    stem, first = (each[-1].rpartition(".")[0] for each in (path, original))
    return path[:-1] == original[:-1] and stem.startswith(first) and _BEHIND.fullmatch(stem[len(first) :]) is not None


def _chapter_of(path: Path) -> tuple[str, ...]:
    """Returns what a path says of the chapter and not of its coding."""
    folders = tuple(part.casefold() for part in path[:-1] if _CODING.fullmatch(part) is None)
    stem = path[-1].rpartition(".")[0] or path[-1]
    return (*folders, (_CODING.sub("", stem) or stem).casefold())


def _codings(group: Sequence[int], facts: Facts) -> Iterable[tuple[int, int]]:
    """Of files by one name: which are left out, and for which one."""
    by_worth = sorted(group, key=lambda place: _worth(facts[place]), reverse=True)
    kept: list[int] = []
    for place in by_worth:
        twin = next((each for each in kept if _are_codings(facts[each], facts[place])), None)
        if twin is None:
            kept.append(place)
        else:
            yield place, twin


def _worth(facts: FileFacts | None) -> tuple[bool, int]:
    assert facts is not None
    return facts.codec.startswith(_LOSSLESS), facts.bit_rate


def _are_codings(first: FileFacts | None, second: FileFacts | None) -> bool:
    if first is None or second is None or first.seconds is None or second.seconds is None:
        return False
    allowed = max(_LIKE_SECONDS, _LIKE_PART * max(first.seconds, second.seconds))
    return abs(first.seconds - second.seconds) <= min(allowed, max(first.seconds, second.seconds) / 4)


def _whole_book(paths: Sequence[Path], facts: Facts) -> dict[int, tuple[int, TwinKind]]:
    """A file that is as long as all others together, in another coding, as LibriVox has it beside its chapters; or in
    theirs, if they are numbered and it is not."""
    lengths = {place: each.seconds for place, each in enumerate(facts) if each is not None and each.seconds}
    if len(lengths) < 4 or len(lengths) < sum(each is not None for each in facts):
        return {}
    longest = max(lengths, key=lambda place: lengths[place])
    others = [place for place in lengths if place != longest]
    total = sum(lengths[place] for place in others)
    codecs = {place: each.codec for place, each in enumerate(facts) if each is not None}
    is_other = len({codecs[place] for place in others}) == 1 and codecs[longest] != codecs[others[0]]
    is_unnumbered = not _numbers(paths[longest]) and all(_numbers(paths[place]) for place in others)
    if (is_other or is_unnumbered) and abs(total - lengths[longest]) <= max(_LIKE_SECONDS, _LIKE_PART * total):
        return {longest: (others[0], "whole")}
    return {}
