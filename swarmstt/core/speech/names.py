"""Names that Whisper spells in several ways: found by their letters, and set right if a person says how."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import JaroWinkler

_ALIKE = 0.85
"""How much alike two spellings of a name are, with the same first letter; 1 is the same."""
_LEAST_LETTERS = 4
_LEAST_COUNT = 3
"""A name that is said less often is no measure for others."""
_TIMES_RARER = 3
"""Two names that are said about as often are two people."""
_MOST_PLACES = 5
_MOST_GROUPS = 20
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"[’']s$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """A spelling of a name: how often it is there, and where first, in seconds of the book."""

    name: str
    count: int
    places: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSpellings:
    """A name, and rarer spellings that may be the same name."""

    name: str
    count: int
    others: tuple[Spelling, ...]


def name_spellings(segments: Sequence[dict[str, Any]]) -> list[NameSpellings]:
    """Finds names that are spelled in several ways, those that are said most often first. A word is a name if it has a
    capital inside a sentence, and is nowhere written without."""
    counts, places = _names(segments)
    by_initial: dict[str, list[str]] = defaultdict(list)
    for name in sorted(counts, key=lambda each: (-counts[each], each)):
        by_initial[name[0]].append(name)
    groups = []
    for names in by_initial.values():
        taken: set[str] = set()
        for place, name in enumerate(names):
            if counts[name] < _LEAST_COUNT or name in taken:
                continue
            rarer = [
                other
                for other in names[place + 1 :]
                if other not in taken and counts[other] * _TIMES_RARER <= counts[name] and is_alike(name, other)
            ]
            taken.update(rarer)
            if rarer:
                others = (Spelling(name=each, count=counts[each], places=tuple(places[each])) for each in rarer)
                groups.append(NameSpellings(name=name, count=counts[name], others=tuple(others)))
    return sorted(groups, key=lambda group: -group.count)[:_MOST_GROUPS]


def is_alike(one: str, other: str) -> bool:
    """Says if two words may be spellings of one name. A plural or an ending alone makes another word of it."""
    first, second = one.casefold(), other.casefold()
    if first.startswith(second) or second.startswith(first) or first[0] != second[0]:
        return False
    return bool(JaroWinkler.similarity(first, second) >= _ALIKE)


def _names(segments: Sequence[dict[str, Any]]) -> tuple[Counter[str], dict[str, list[float]]]:
    """Counts the names, with the first places of each."""
    counts: Counter[str] = Counter()
    places: dict[str, list[float]] = defaultdict(list)
    small: set[str] = set()
    inside: set[str] = set()
    for segment in segments:
        for number, found in enumerate(_WORD.finditer(segment["text"])):
            word = _POSSESSIVE.sub("", found[0])
            if not word[0].isupper() or word.isupper():
                small.add(word.casefold())
            elif len(word) >= _LEAST_LETTERS:
                counts[word] += 1
                if number:
                    inside.add(word)
                if len(places[word]) < _MOST_PLACES:
                    places[word].append(round(segment["start"], 3))
    for word in list(counts):
        if word.casefold() in small or word not in inside:
            del counts[word]
    return counts, places


def asked_spellings(names: str, segments: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Returns which spellings are to be which, given names as a person writes them: "Armstrong, Armstein=Armstrong". A
    name alone takes the place of rarer spellings that are like it. A name that is itself spelled otherwise is followed
    to its end."""
    counts, _ = _names(segments)
    wanted: dict[str, str] = {}
    right = []
    for each in filter(None, (part.strip() for part in names.split(","))):
        wrong, sign, name = (part.strip() for part in each.partition("="))
        if sign and wrong and name:
            wanted[wrong] = name
        elif not sign:
            right.append(wrong)
    for name in right:
        for spelling, count in counts.items():
            is_rarer = not counts[name] or count * _TIMES_RARER <= counts[name]
            leads_back = _end_of(name, wanted) == spelling
            if spelling in right or spelling in wanted or not is_rarer or leads_back:
                continue
            if is_alike(name, spelling):
                wanted[spelling] = name
    return {spelling: _end_of(name, wanted) for spelling, name in wanted.items()}


def names_with(names: str | None, later: Mapping[str, str]) -> str | None:
    """Returns names as a person writes them, with spellings that were set right later: these count more, so of the
    names before those are left out that would lead such a spelling back to itself. None: there are none."""
    parts = list(filter(None, (names or "").split(",")))
    pairs = [tuple(half.strip() for half in part.partition("=")[::2]) for part in parts]
    wanted = {**{wrong: name for wrong, name in pairs if name}, **later}
    kept = [part for part, (wrong, _) in zip(parts, pairs, strict=True) if not _circle_of(wrong, wanted) & later.keys()]
    return ",".join([*kept, *(f"{heard}={name}" for heard, name in later.items())]) or None


def _circle_of(spelling: str, wanted: Mapping[str, str]) -> set[str]:
    """Returns the spellings that become one another, this one among them; none if it comes to an end."""
    passed, name = {spelling}, wanted.get(spelling)
    while name is not None and name not in passed:
        passed.add(name)
        name = wanted.get(name)
    return passed if name == spelling else set()


def _end_of(name: str, wanted: dict[str, str]) -> str:
    passed = set()
    while name in wanted and name not in passed:
        passed.add(name)
        name = wanted[name]
    return name


def respelled(segments: Sequence[dict[str, Any]], spellings: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yields the segments with these words spelled otherwise, in text and words alike; all else is as it was. Segments
    that changed say that their text was edited."""
    if not spellings:
        yield from segments
        return
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(spellings, key=len, reverse=True)))})(?!\w)")

    def right(text: str) -> str:
        return pattern.sub(lambda found: spellings[found[0]], text)

    for segment in segments:
        changed = {**segment, "text": right(segment["text"])}
        if "words" in segment:
            changed["words"] = [{**word, "word": right(word["word"])} for word in segment["words"]]
        yield changed if changed == segment else {**changed, "text_from": "edited"}
