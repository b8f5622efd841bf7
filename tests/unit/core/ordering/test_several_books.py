"""Files that came together are several books only if their tags or names say so."""

from __future__ import annotations

from collections.abc import Mapping

from swarmstt.core.ordering.facts import FileFacts
from swarmstt.core.ordering.several_books import books_among

Given = Mapping[str, FileFacts | None]


def tagged(album: str = "", track: int | None = None) -> FileFacts:
    return FileFacts(size=1000, album=album, track=track)


def found(given: Given, *, in_folder: bool = False) -> list[tuple[str, list[str]]]:
    names = list(given)
    books = books_among([tuple(name.split("/")) for name in names], list(given.values()), in_folder=in_folder)
    return [(book.title, [names[place] for place in book.places]) for book in books]


def untagged(*names: str) -> Given:
    return dict.fromkeys(names, tagged())


def test_other_albums_are_other_books() -> None:
    given = {"1.mp3": tagged("Emma"), "2.mp3": tagged("Dracula"), "3.mp3": tagged("Emma")}
    books = [("Emma", ["1.mp3", "3.mp3"]), ("Dracula", ["2.mp3"])]
    assert found(given) == found(given, in_folder=True) == books


def test_one_album_is_one_book_whatever_its_files_are_called() -> None:
    assert found({"Emma.mp3": tagged("Novels"), "Dracula.mp3": tagged("novels")}) == []


def test_what_only_counts_the_discs_makes_no_other_album() -> None:
    for one, two in [("Dune (CD 1)", "Dune (CD 2)"), ("Dune, Disc 1 of 2", "Dune, Disc 2 of 2"), ("Dune 1", "Dune II")]:
        assert found({"a.mp3": tagged(one), "b.mp3": tagged(two)}) == []


def test_chapters_with_their_own_titles_as_albums_are_one_book() -> None:
    assert found({f"{n}.mp3": tagged(title, n) for n, title in [(1, "The Sea"), (2, "A Storm"), (3, "Home")]}) == []


def test_tracks_that_count_all_files_are_one_book() -> None:
    names = [(1, "Loomings"), (2, "The Carpet-Bag"), (3, "Breakfast")]
    assert found({f"{name}.mp3": tagged(track=n) for n, name in names}) == []
    assert found({f"{n}.mp3": tagged(album, n) for n, album in [(1, "Storm"), (2, "Sea"), (3, "Sea")]}) == []
    assert len(found({f"{name}.mp3": tagged(track=1) for _, name in names})) == 3
    assert len(found({f"{n}.mp3": tagged(album, n) for n, album in [(1, "Emma"), (2, "Dracula")]})) == 2


def test_what_only_says_that_nothing_is_left_out_makes_no_other_album() -> None:
    for one, two in [
        ("Dune (Unabridged)", "Dune "),
        ("Dune: Unabridged, CD 1", "Dune CD 2"),
        ("Emma", "Emma [Ungekürzt]"),
    ]:
        assert found({"a.mp3": tagged(one), "b.mp3": tagged(two)}) == []
    assert len(found({"a.mp3": tagged("Dune (Abridged)"), "b.mp3": tagged("Dune (Unabridged)")})) == 2


def test_names_with_nothing_in_common_are_several_books() -> None:
    given = untagged("Emma.mp3", "Dracula.mp3", "The War of the Worlds.mp3")
    titles = ["Emma", "Dracula", "The War of the Worlds"]
    assert [title for title, _ in found(given)] == titles
    assert found(given, in_folder=True) == []
    assert [title for title, _ in found(untagged("The Hobbit.mp3", "The Odyssey.mp3"))] == ["The Hobbit", "The Odyssey"]


def test_names_that_count_or_begin_alike_are_one_book() -> None:
    for names in (
        ("01 The Sea.mp3", "02 A Storm.mp3"),
        ("Prologue.mp3", "Storm.mp3"),
        ("Emma - first.mp3", "Emma - last.mp3"),
        ("Sea 1.mp3", "Storm 2.mp3", "Home.mp3"),
        ("Emma.mp3",),
    ):
        assert found(untagged(*names)) == [], names


def test_what_cannot_be_read_goes_with_the_file_before_it() -> None:
    given = {"0.mp3": None, "1.mp3": tagged("Emma"), "2.mp3": None, "3.mp3": tagged("Dracula")}
    assert found(given) == [("Emma", ["0.mp3", "1.mp3", "2.mp3"]), ("Dracula", ["3.mp3"])]


def test_some_with_albums_and_some_without_say_nothing() -> None:
    assert found({"Emma.mp3": tagged("Emma"), "Dracula.mp3": tagged()}) == []
    assert found({"Emma.mp3": None, "Storm.mp3": None}) == [("Emma", ["Emma.mp3"]), ("Storm", ["Storm.mp3"])]
