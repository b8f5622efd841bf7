"""Decides which files a book is read from, and in which order: a pure function of their paths and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from swarmstt.core.ordering.facts import Facts, FileFacts, LeftOut, OrderSource
from swarmstt.core.ordering.names import Path, in_name_order
from swarmstt.core.ordering.playlists import by_playlist
from swarmstt.core.ordering.twins import find_twins


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """`places`: of the files to read, in their order."""

    places: tuple[int, ...]
    by: OrderSource
    left_out: tuple[LeftOut, ...] = ()


def arrange(paths: Sequence[Path], facts: Facts, playlists: Sequence[Sequence[Path]] = ()) -> Arrangement:
    """Orders the files of a folder by their disc and track tags, if all have them and they agree, else by a playlist
    that names them all, else by their names. Leaves out what is there twice."""
    left_out = find_twins(paths, facts)
    without = {each.path for each in left_out}
    kept = [place for place, path in enumerate(paths) if path not in without]
    order, by = _order([paths[place] for place in kept], [facts[place] for place in kept], playlists)
    return Arrangement(places=tuple(kept[index] for index in order), by=by, left_out=tuple(left_out))


def _order(paths: Sequence[Path], facts: Facts, playlists: Sequence[Sequence[Path]]) -> tuple[list[int], OrderSource]:
    by_name = in_name_order(paths)
    whole = _by_tags(by_name, facts)
    if whole is not None and _keeps_folders(whole, by_name, paths):
        return whole, "tags"
    if (listed := _by_playlists(by_name, paths, playlists)) is not None:
        return listed, "playlist"
    result: list[int] = []
    by: OrderSource = "names"
    for _, group in groupby(by_name, key=lambda place: paths[place][:-1]):  # folders by name, tags in each of them
        inside = list(group)
        tagged = _by_tags(inside, facts) if len(inside) > 1 else None
        listed = _by_playlists(inside, paths, playlists) if tagged is None else None
        by = "tags" if tagged is not None else "playlist" if listed is not None and by == "names" else by
        result += tagged or listed or inside
    return result, by


def _by_playlists(
    places: Sequence[int], paths: Sequence[Path], playlists: Sequence[Sequence[Path]]
) -> list[int] | None:
    """Returns the order that playlists give; None if none does, or if two contradict each other."""
    given = [by_playlist(places, paths, entries) for entries in playlists]
    orders = [order for order in given if order is not None]
    return orders[0] if orders and all(order == orders[0] for order in orders) else None


def _by_tags(places: Sequence[int], facts: Facts) -> list[int] | None:
    """Returns these places in the order of their tags; None unless all have tags that tell them apart."""
    known = {place: facts[place] for place in places}
    numbers = {place: _number(each) for place, each in known.items() if each is not None}
    discs = {number[0] for number in numbers.values() if number is not None}
    whole = len(numbers) == len(places) and None not in numbers.values() and len(set(numbers.values())) == len(places)
    if not whole or (None in discs and len(discs) > 1):
        return None
    albums = {each.album.casefold() for each in known.values() if each is not None}
    if discs == {None} and len(albums) > 1:
        return None  # their tracks count other things
    return sorted(places, key=lambda place: numbers[place] or ())


def _number(facts: FileFacts) -> tuple[int | None, int] | None:
    return None if facts.track is None else (facts.disc, facts.track)


def _keeps_folders(order: Sequence[int], by_name: Sequence[int], paths: Sequence[Path]) -> bool:
    """Says if the files of each folder stay together, and folders that are numbered in the order of their numbers."""
    tagged, named = (
        [folder for folder, _ in groupby(paths[place][:-1] for place in places)] for places in (order, by_name)
    )
    is_numbered = any(letter.isdigit() for folder in named for part in folder for letter in part)
    return len(set(tagged)) == len(tagged) and (tagged == named or not is_numbered)
