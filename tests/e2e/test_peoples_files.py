"""Thirty kinds of what people's files and habits broke, and which test holds each."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.e2e.peoples_files.test_containers import ROWS

CONTAINERS = "e2e.peoples_files.test_containers"
NAMES = "e2e.peoples_files.test_names"
ORDER = "e2e.peoples_files.test_order"

KINDS: dict[str, tuple[str, str]] = {
    "F01 links of a chained Ogg file": (CONTAINERS, "chained.ogg"),
    "F02 the track of a video that is the default": (CONTAINERS, "tracks.mkv"),
    "F03 a WAV from a pipe": (CONTAINERS, "piped.wav"),
    "F04 a header that counts less than is there": (CONTAINERS, "recorder.wav"),
    "F05 many channels": (CONTAINERS, "room.wav"),
    "F06 sound that begins late": (CONTAINERS, "late.mkv"),
    "F07 times that jump": (CONTAINERS, "jump.webm"),
    "F08 the order of a folder": (ORDER, "test_a_folder_is_read_as_its_book_goes"),
    "F09 a chapter twice": (ORDER, "test_each_chapter_is_read_once_and_what_is_left_out_is_said"),
    "F10 one list of formats": ("unit.speech.containers.test_formats", "test_the_page_offers_what_folders_take"),
    "F11 good files of rare kinds": (CONTAINERS, "film.avi"),
    "F12 real repetition": ("e2e.books.test_repetition", "test_no_turn_of_what_is_really_said_is_lost"),
    "F13 Chinese without spaces": (
        "unit.core.speech.test_merge",
        "test_segments_without_words_stay_and_chinese_ones_are_joined_without_spaces",
    ),
    "F14 German ordinals": ("e2e.peoples_files.test_languages", "test_german_sentences_are_whole"),
    "F15 joiners in names": (NAMES, "test_names_keep_their_numbers_and_joiners"),
    "F16 numbers in titles": (NAMES, "test_names_keep_their_numbers_and_joiners"),
    "F17 tags in old encodings": (NAMES, "test_tags_in_old_encodings"),
    "F18 chapters of cue sheets and markers": (NAMES, "test_chapters_of_a_cue_sheet_of_its_tag_and_of_overdrive"),
    "F19 no stdout, no folder": ("e2e.program.test_odd_starts", "test_a_closed_stream_changes_nothing"),
    "F20 a lie about Content-Encoding": (
        "unit.web.test_content_encoding",
        "test_a_packed_body_is_refused_with_a_sentence",
    ),
    "F21 two PCs with one identity": ("e2e.membership.test_twins", "test_two_pcs_with_one_identity_say_so"),
    "F22 a header's word in a tag": (CONTAINERS, "tags.mp3"),
    "F23 damage where there is none": (CONTAINERS, "joined.flac"),
    "F24 quiet speech": (CONTAINERS, "quiet.wav"),
    "F25 a narrator is no author": (NAMES, "test_the_narrator_is_not_the_author"),
    "F26 what cannot be a book": ("e2e.peoples_files.test_drop_kinds", "test_what_cannot_be_a_book_gets_a_note"),
    "F27 nested chapters": (NAMES, "test_titles_of_nested_chapters_and_of_those_without_length_stay"),
    "F28 replaced, then put back": (
        "e2e.drop_folder.test_dropping",
        "test_what_was_replaced_before_it_was_done_and_comes_back_is_done",
    ),
    "F29 other tags": (
        "e2e.peoples_files.test_known_sound",
        "test_with_other_tags_it_is_the_same_book_by_its_new_name",
    ),
    "F30 languages within a window": (
        "e2e.peoples_files.test_languages",
        "test_sentences_in_other_languages_are_written_as_they_are_said",
    ),
}
"""The module, and the test or the row of its table."""


def test_the_kinds_are_all_there() -> None:
    assert [kind.split()[0] for kind in KINDS] == [f"F{number:02}" for number in range(1, 31)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_holds_each_kind(kind: str) -> None:
    module, name = KINDS[kind]
    if name in ROWS:
        return
    assert callable(getattr(import_module(f"tests.{module}"), name))
