"""The order in which a person counts files: numbers as numbers, in digits, words, Roman or Chinese signs; a prologue
first and an epilogue last.

What a number is depends on the names beside it: "I" is a number among "II" and "III", "six" is one in English or in
French. So the names of one folder are read together, in the reading in which all of them have a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from swarmstt.core.ordering.calendar import Date, dates_of
from swarmstt.core.ordering.matter import BETWEEN, CONTAINERS, COUNTERS, LETTERS, Matter, matter_at
from swarmstt.core.ordering.tokens import LONGEST_PHRASE, READINGS, Token, number_at, tokens_of

Path = tuple[str, ...]
"""A path in its parts, from the folder that is put in order."""
Key = tuple[tuple[int, tuple[int, ...], str], ...]

_BEGINNING, _END, _NUMBER, _TEXT, _BACK = range(5)
_MOST_WITHOUT = 0.34
"""Of the names that are not front or back, so many may have no number."""

Candidates = dict[str, list["Key | None"]]
"""By reading: what each name is ordered by in it."""
Matters = dict[int, tuple[Matter, int]]
"""By place in a name: what stands there, and in how many words."""


def in_name_order(paths: Sequence[Path]) -> list[int]:
    """Returns the places of these paths in the order in which they are to be read; ties by the exact names."""
    return _ordered(paths, list(range(len(paths))), 0)


def _ordered(paths: Sequence[Path], places: list[int], depth: int) -> list[int]:
    by_name = sorted(places, key=lambda place: (paths[place][depth], len(paths[place]) > depth + 1))
    groups = [
        (name, is_folder, list(group))
        for (name, is_folder), group in groupby(
            by_name, key=lambda place: (paths[place][depth], len(paths[place]) > depth + 1)
        )
    ]
    names = [name if is_folder else _stem(name) for name, is_folder, _ in groups]
    keys = keys_of(names) if len(names) > 1 else [()]
    order = sorted(range(len(groups)), key=lambda index: (keys[index], groups[index][0]))
    result: list[int] = []
    for index in order:
        _, is_folder, inside = groups[index]
        result += _ordered(paths, inside, depth + 1) if is_folder else inside
    return result


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def keys_of(names: Sequence[str]) -> list[Key]:
    """Returns what orders names that stand beside one another, without their suffixes."""
    tokens = [tokens_of(name) for name in names]
    start = _common_start(tokens)
    matters = [_matter_places(each, start) for each in tokens]
    counted = [each for each, places in zip(tokens, matters, strict=True) if not places]
    plain = [_plain_key(each, places) for each, places in zip(tokens, matters, strict=True)]
    counters = _by_counters(tokens, matters)
    if not _best(counters, matters) and (dates := dates_of(counted)) is not None:
        return _dated(plain, matters, dates)
    start = _common_start(counted)
    if not counted or all(start < len(each) and each[start].number is not None for each in counted):
        return plain
    starts, ends = _by_start(tokens, matters, start), _by_end(tokens, matters)
    whole = next((found for each in (counters, starts, ends) if (found := _best(each, matters))), None)
    sure_starts = {reading: keys for reading, keys in starts.items() if _counts_up(keys) and _number_count(keys) > 2}
    numbers = whole or _best_of_most(tokens, counters, matters) or _best_of_most(tokens, sure_starts, matters)
    if numbers is None:
        return plain
    return [(*first, (_END, (), ""), *rest) for first, rest in zip(numbers, plain, strict=True)]


def _common_start(names: Sequence[Sequence[Token]]) -> int:
    """Counts the tokens with which all of them begin."""
    if len(names) < 2:
        return 0
    shortest = min(map(len, names))
    return next((at for at in range(shortest) if len({each[at].text for each in names}) > 1), shortest)


def _matter_places(tokens: Sequence[Token], start: int) -> Matters:
    """Where a name says that it is the front or the back of its book: at its beginning, or behind what it has in
    common with the others or a number."""
    words = [token.word for token in tokens]
    numbered = {at + 1 for at, token in enumerate(tokens) if token.number is not None}
    for place in sorted({0, start} | numbered):
        if place >= len(words) or (found := matter_at(words, place)) is None:
            continue
        if place in numbered and not (place > 1 and words[place - 2] in CONTAINERS):
            continue  # "12 Epilogue": its number says where; that of "Part 1 Prologue" says in what
        return {place: found}
    return {}


def _plain_key(tokens: Sequence[Token], matters: Matters) -> Key:
    key = []
    for place, token in enumerate(tokens):
        if place in matters:
            key.append(_matter_key(matters[place][0]))
        key.append((_TEXT, (), token.text) if token.number is None else (_NUMBER, token.number, ""))
    return (*key, (_END, (), ""))


def _dated(plain: Sequence[Key], matters: Sequence[Matters], dates: Sequence[Date]) -> list[Key]:
    """What ends a book or begins it stays there, the others go by their dates."""
    left = iter(dates)
    return [key if places else ((_NUMBER, next(left), ""), *key) for key, places in zip(plain, matters, strict=True)]


def _matter_key(matter: Matter) -> tuple[int, tuple[int, ...], str]:
    is_back, rank = matter
    return (_BACK if is_back else _BEGINNING, (rank,), "")


def _number_key(number: tuple[int, ...], counter: str = "") -> tuple[int, tuple[int, ...], str]:
    return (_NUMBER, (0 if counter in LETTERS else 1, *number), "")


def _best(candidates: Candidates, matters: Sequence[Matters]) -> list[Key] | None:
    """Chooses the reading in which every name has a number, or is front or back; of several the one that tells the
    most names apart."""
    whole = [
        [key or () for key in keys]
        for keys in candidates.values()
        if all(key or places for key, places in zip(keys, matters, strict=True)) and any(keys)
    ]
    return max(whole, key=lambda keys: len(set(keys)), default=None)


def _best_of_most(
    tokens: Sequence[Sequence[Token]], candidates: Candidates, matters: Sequence[Matters]
) -> list[Key] | None:
    """Chooses a reading in which most names have a number: an interlude without any comes behind them, "Book" before
    "Book Two"."""
    best: list[Key] | None = None
    fewest = sum(not places for places in matters) * _MOST_WITHOUT
    for keys in candidates.values():
        without = {place for place, key in enumerate(keys) if key is None and not matters[place]}
        has_digits = any(token.number is not None for place in without for token in tokens[place])
        if not has_digits and len(without) <= fewest:
            starts = _starts_of_others(tokens)
            best = [
                (((_NUMBER, (0,), "") if tuple(tokens[place]) in starts else (_TEXT, (), "")),)
                if place in without
                else key or ()
                for place, key in enumerate(keys)
            ]
            fewest = len(without)
    return best


def _starts_of_others(tokens: Sequence[Sequence[Token]]) -> frozenset[tuple[Token, ...]]:
    """Returns whole names that others begin with."""
    names = {tuple(each) for each in tokens}
    lengths = {len(each) for each in names}
    return frozenset(each[:length] for each in names for length in lengths if length < len(each)) & names


def _by_counters(tokens: Sequence[Sequence[Token]], matters: Sequence[Matters]) -> Candidates:
    """By the numbers beside what is counted: "The Storm, Part Two, Chapter One"."""
    return {
        reading: [_counted(each, places, reading) for each, places in zip(tokens, matters, strict=True)]
        for reading in READINGS
    }


def _counted(tokens: Sequence[Token], matters: Matters, reading: str) -> Key | None:
    key: list[tuple[int, tuple[int, ...], str]] = []
    place = 0
    while place < len(tokens):
        if place in matters:
            key.append(_matter_key(matters[place][0]))
            place += matters[place][1]
            continue
        if tokens[place].number is None and tokens[place].word in COUNTERS:
            after = place + 1
            if after < len(tokens) and tokens[after].word in BETWEEN:
                after += 1
            found = number_at(tokens, after, reading)
            if found is not None:
                key.append(_number_key(found[0], tokens[place].word))
                place = after + found[1]
                continue
        found = number_at(tokens, place, reading)
        if found is not None and place + found[1] < len(tokens) and tokens[place + found[1]].word in COUNTERS:
            key.append(_number_key(found[0], tokens[place + found[1]].word))
            place += found[1]
        place += 1
    return tuple(key) or None


def _by_start(tokens: Sequence[Sequence[Token]], matters: Sequence[Matters], start: int) -> Candidates:
    """By the number behind what the names have in common: "Tale One", "Tale Two"."""
    found = {
        reading: [_first_key(each, places, start, reading) for each, places in zip(tokens, matters, strict=True)]
        for reading in READINGS
    }
    return {reading: keys for reading, keys in found.items() if _is_sound(keys)}


def _first_key(tokens: Sequence[Token], matters: Matters, start: int, reading: str) -> Key | None:
    if matters:
        return (_matter_key(next(iter(matters.values()))[0]),)
    found = number_at(tokens, start, reading)
    return None if found is None else (_number_key(found[0]),)


def _by_end(tokens: Sequence[Sequence[Token]], matters: Sequence[Matters]) -> Candidates:
    """By the numbers at the ends of the names, if they count up: "Alpha 1", "Beta 2"."""
    turned = [list(reversed(each)) for each in tokens]
    start = _common_start([each for each, places in zip(turned, matters, strict=True) if not places])
    candidates = {}
    for reading in READINGS:
        keys = [
            (_matter_key(next(iter(places.values()))[0]),) if places else _last_key(each, len(each) - start, reading)
            for each, places in zip(tokens, matters, strict=True)
        ]
        if _counts_up(keys):
            candidates[reading] = keys
    return candidates


def _number_count(keys: Sequence[Key | None]) -> int:
    return sum(bool(key) and key[0][0] == _NUMBER for key in keys if key)


def _counts_up(keys: Sequence[Key | None]) -> bool:
    values = sorted(key[0][1] for key in keys if key and key[0][0] == _NUMBER)
    return bool(values) and [value[1] - values[0][1] for value in values] == list(range(len(values)))


def _last_key(tokens: Sequence[Token], end: int, reading: str) -> Key | None:
    for length in range(min(LONGEST_PHRASE, end), 0, -1):
        found = number_at(tokens, end - length, reading)
        if found is not None and found[1] == length:
            return (_number_key(found[0]),)
    return None


def _is_sound(keys: Sequence[Key | None]) -> bool:
    """Says if these may be numbers of files: a few words, such as "mix", are Roman numbers by chance."""
    values = [key[0][1][1] for key in keys if key and key[0][0] == _NUMBER]
    return len(values) < 2 or max(values) <= 4 * len(values) + 20
