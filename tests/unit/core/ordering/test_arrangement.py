"""Which files a book is read from, and in which order: by their tags if these are whole and agree, and each once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmstt.core.ordering.arrangement import Arrangement, arrange
from swarmstt.core.ordering.facts import FileFacts

Given = dict[str, FileFacts | None]


def facts(track: int | None = None, disc: int | None = None, **more: object) -> FileFacts:
    return replace(FileFacts(size=1000, track=track, disc=disc, album="Book", codec="mp3"), **more)  # type: ignore[arg-type]


def arranged(given: Given) -> tuple[list[str], Arrangement]:
    found = arrange([tuple(path.split("/")) for path in given], list(given.values()))
    return [list(given)[place] for place in found.places], found


def order(given: Given) -> tuple[list[str], str]:
    paths, found = arranged(given)
    return paths, found.by


def test_track_tags_that_are_whole_decide() -> None:
    given: Given = {"The Boy.mp3": facts(1), "The Letters.mp3": facts(3), "The Glass.mp3": facts(2)}
    assert order(given) == (["The Boy.mp3", "The Glass.mp3", "The Letters.mp3"], "tags")


def test_disc_tags_come_before_track_tags() -> None:
    given: Given = {"a.mp3": facts(1, 2), "b.mp3": facts(2, 1), "c.mp3": facts(1, 1)}
    assert order(given) == (["c.mp3", "b.mp3", "a.mp3"], "tags")


def test_tags_that_one_file_lacks_or_that_are_there_twice_decide_nothing() -> None:
    for other in (facts(None), facts(2), None):
        given: Given = {"2.mp3": facts(2), "10.mp3": other, "1.mp3": facts(3)}
        assert order(given) == (["1.mp3", "2.mp3", "10.mp3"], "names")


def test_disc_tags_that_some_lack_decide_nothing() -> None:
    assert order({"1.mp3": facts(2, 1), "2.mp3": facts(1)})[1] == "names"


def test_tracks_of_several_albums_count_other_things() -> None:
    given: Given = {"1.mp3": facts(2, album="One"), "2.mp3": facts(1, album="Two")}
    assert order(given) == (["1.mp3", "2.mp3"], "names")


def test_tracks_that_begin_again_in_each_folder_decide_in_it() -> None:
    given: Given = {
        "CD 10/a.mp3": facts(1),
        "CD2/z.mp3": facts(1),
        "CD2/y.mp3": facts(2),
        "cd1/b.mp3": facts(2),
        "cd1/c.mp3": facts(1),
    }
    assert order(given) == (["cd1/c.mp3", "cd1/b.mp3", "CD2/z.mp3", "CD2/y.mp3", "CD 10/a.mp3"], "tags")


def test_disc_tags_that_contradict_the_numbers_of_the_folders_do_not_decide() -> None:
    given: Given = {"CD1/a.mp3": facts(1, 2), "CD2/a.mp3": facts(1, 1)}
    assert order(given) == (["CD1/a.mp3", "CD2/a.mp3"], "names")
    without_numbers: Given = {"Alpha/a.mp3": facts(1, 2), "Beta/a.mp3": facts(1, 1)}
    assert order(without_numbers) == (["Beta/a.mp3", "Alpha/a.mp3"], "tags")


def test_copies_are_read_once_and_the_one_with_the_plain_name_is() -> None:
    names = ["01 One (1).mp3", "01 One.mp3", "01 One - Copy.mp3", "01 One.sync-conflict-20240101-120000-ABCDEFG.mp3"]
    given: Given = {**dict.fromkeys(names, facts(digest="same")), "02 Two.mp3": facts(digest="other")}
    paths, found = arranged(given)
    assert paths == ["01 One.mp3", "02 Two.mp3"]
    assert {(each.path, each.twin, each.kind) for each in found.left_out} == {
        ((name,), ("01 One.mp3",), "copy") for name in names if name != "01 One.mp3"
    }


@pytest.mark.parametrize(
    "name",
    [
        "01 One copy.mp3",
        "01 One copy 2.mp3",
        "Copy of 01 One.mp3",
        "01 One (another copy).mp3",
        "01 One (3rd copy).mp3",
        "01 One_1.mp3",
        "01 One-1.mp3",
        "01 One (Konfliktkopie 2024-01-02).mp3",
        "01 One-DESKTOP-AB12.mp3",
    ],
)
def test_a_copy_is_known_by_its_sound_whatever_a_system_calls_it(name: str) -> None:
    given: Given = {name: facts(digest="a"), "01 One.mp3": facts(digest="a"), "02 Two.mp3": facts(digest="b")}
    assert order(given)[0] == ["01 One.mp3", "02 Two.mp3"]


def test_the_same_tune_between_chapters_is_read_each_time() -> None:
    given: Given = {
        "01 Tune.mp3": facts(digest="a"),
        "02 One.mp3": facts(digest="b"),
        "03 Tune.mp3": facts(digest="a"),
        "03 Tune (1).mp3": facts(digest="a"),
        "04 Two.mp3": facts(digest="c"),
        "tune.mp3": facts(digest="a"),
    }
    assert arranged(given)[0] == ["01 Tune.mp3", "02 One.mp3", "03 Tune.mp3", "04 Two.mp3"]


def test_of_a_chapter_in_several_codings_the_best_is_read() -> None:
    given: Given = {
        "book_01_64kb.mp3": facts(1, seconds=100.0, bit_rate=64_000),
        "book_01.mp3": facts(1, seconds=100.1, bit_rate=128_000),
        "book_01.ogg": facts(1, seconds=99.9, bit_rate=80_000, codec="vorbis"),
        "book_02.flac": facts(2, seconds=50.0, bit_rate=700_000, codec="flac"),
        "book_02.mp3": facts(2, seconds=50.1, bit_rate=128_000),
    }
    paths, found = arranged(given)
    assert paths == ["book_01.mp3", "book_02.flac"]
    assert {each.kind for each in found.left_out} == {"coding"}


def test_also_if_the_codings_have_folders_of_their_own() -> None:
    given: Given = {
        "MP3/01.mp3": facts(seconds=100.0, bit_rate=128_000),
        "MP3/02.mp3": facts(seconds=60.0, bit_rate=128_000),
        "FLAC/01.flac": facts(seconds=100.0, bit_rate=700_000, codec="flac"),
        "FLAC/02.flac": facts(seconds=60.0, bit_rate=700_000, codec="flac"),
    }
    assert arranged(given)[0] == ["FLAC/01.flac", "FLAC/02.flac"]


def test_files_of_one_name_and_other_lengths_are_chapters_of_their_own() -> None:
    given: Given = {
        "Chapter (1).mp3": facts(seconds=100.0),
        "Chapter (2).mp3": facts(seconds=100.05),
        "intro.mp3": facts(seconds=10.0),
        "intro.wav": facts(seconds=300.0, codec="pcm_s16le"),
    }
    assert len(arranged(given)[0]) == 4


@pytest.mark.parametrize(("whole", "codec"), [("book.m4b", "aac"), ("complete book.mp3", "mp3")])
def test_the_whole_book_in_one_file_beside_its_chapters_is_left_out(whole: str, codec: str) -> None:
    given: Given = {
        **{f"book_{number:02}.mp3": facts(seconds=100.0 + number) for number in range(1, 6)},
        whole: facts(seconds=515.5, codec=codec),
    }
    paths, found = arranged(given)
    assert paths == [f"book_{number:02}.mp3" for number in range(1, 6)]
    assert found.left_out[0].kind == "whole"
