"""The order that a playlist gives."""

from __future__ import annotations

import pytest

from swarmstt.core.ordering.arrangement import arrange
from swarmstt.core.ordering.facts import FileFacts
from swarmstt.core.ordering.playlists import by_playlist, playlist_entries

M3U = "\ufeff#EXTM3U\n#EXTINF:12,The Boy\nThe Boy.mp3\n.\\The Glass.mp3\n\nTHE LETTERS.mp3\nhttp://radio.example/live.mp3\n"
PLS = "[playlist]\nNumberOfEntries=3\nFile1=The Boy.mp3\nTitle1=x\nFile2=The Glass.mp3\nFile3=The Letters.mp3\n"
Paths = list[tuple[str, ...]]
NAMES: Paths = [("The Glass.mp3",), ("The Letters.mp3",), ("The Boy.mp3",)]
WANTED = ["The Boy.mp3", "The Glass.mp3", "The Letters.mp3"]


def order(
    names: list[tuple[str, ...]], *playlists: list[tuple[str, ...]], tracks: tuple[int, ...] = ()
) -> tuple[list[str], str]:
    facts = [FileFacts(size=1, track=tracks[place] if tracks else None, album="A") for place in range(len(names))]
    found = arrange(names, facts, playlists)
    return ["/".join(names[place]) for place in found.places], found.by


def in_turn(*names: str) -> list[tuple[str, ...]]:
    return [tuple(name.split("/")) for name in names]


@pytest.mark.parametrize(
    "text", [M3U, PLS, M3U.replace("\n", "\r\n"), M3U.replace("The Boy.mp3\n", "D:\\Books\\The Boy.mp3\n")]
)
def test_a_playlist_that_names_all_files_gives_their_order(text: str) -> None:
    names: Paths = [("A Start.mp3",), *NAMES]
    entries = [*playlist_entries(text, ()), ("A Start.mp3",)]
    assert order(names, entries) == ([*WANTED, "A Start.mp3"], "playlist")


def test_playlists_that_contradict_each_other_decide_nothing() -> None:
    forwards = in_turn("The Letters.mp3", "The Boy.mp3", "The Glass.mp3")
    assert order(NAMES, forwards, forwards)[1] == "playlist"
    assert order(NAMES, forwards, [forwards[0]])[1] == "playlist"
    assert order(NAMES, forwards, forwards[::-1])[1] == "names"


def test_whole_tags_come_before_a_playlist() -> None:
    entries = in_turn("The Letters.mp3", "The Boy.mp3", "The Glass.mp3")
    assert order(NAMES, entries, tracks=(2, 3, 1)) == (WANTED, "tags")


def test_a_playlist_that_leaves_files_out_or_is_only_the_alphabet_gives_no_order() -> None:
    assert order(NAMES, in_turn("The Boy.mp3", "The Glass.mp3"))[1] == "names"
    names = in_turn("1.mp3", "2.mp3", "10.mp3")
    assert order(names, in_turn("1.mp3", "10.mp3", "2.mp3")) == (["1.mp3", "2.mp3", "10.mp3"], "names")


def test_playlists_of_folders_order_what_is_in_them() -> None:
    names = in_turn("CD1/a.mp3", "CD1/b.mp3", "CD2/c.mp3", "CD2/d.mp3")
    first = playlist_entries("b.mp3\na.mp3\n", ("CD1",))
    second = playlist_entries("file:///music/CD2/d.mp3\nfile:///music/CD2/c.mp3\n", ("CD2",))
    assert order(names, first, second) == (["CD1/b.mp3", "CD1/a.mp3", "CD2/d.mp3", "CD2/c.mp3"], "playlist")
    whole = playlist_entries("CD2/d.mp3\nCD2/c.mp3\nCD1/b.mp3\nCD1/a.mp3\n", ())
    assert order(names, first, whole)[0] == ["CD2/d.mp3", "CD2/c.mp3", "CD1/b.mp3", "CD1/a.mp3"]


@pytest.mark.parametrize("text", ["", "\0\0", "[playlist]", "#EXTM3U\n" * 9, "..\n../..\n", "\udcff\n"])
def test_nonsense_gives_no_order(text: str) -> None:
    assert order(NAMES, playlist_entries(text, ()))[1] == "names"


def test_an_entry_of_very_many_folders_fills_no_memory() -> None:
    """All ends of this one together would have 250 GB."""
    entries = [*playlist_entries("a/" * 500_000 + "b.mp3\n", ()), ("a.mp3",)]
    assert by_playlist([0, 1], [("a.mp3",), ("b.mp3",)], entries) == [1, 0]
