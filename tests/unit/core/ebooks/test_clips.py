"""When each sentence and word of an ebook is spoken."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.core.ebooks.alignment import aligned
from swarmstt.core.ebooks.clips import Clip, Marks, Timing
from swarmstt.core.ebooks.texts import EbookDocument, EbookText, HeardText
from swarmstt.core.transcript import Word

ONE = "It was a cold bright day in April, and the clocks were striking thirteen."
TWO = "Winston Smith slipped quickly through the glass doors of Victory Mansions."
THREE = "The hallway smelt of boiled cabbage and old rag mats, as it always did."


def spoken(text: str, start: float = 0.0) -> list[Word]:
    """Each word takes half a second."""
    return [
        Word(start=start + place / 2, end=start + place / 2 + 0.4, text=f" {word}", probability=1.0)
        for place, word in enumerate(text.split())
    ]


def clips_of(printed: list[list[str]], words: list[Word], marks: Marks = "sentence") -> list[Clip]:
    ebook = EbookText.of([EbookDocument(title="", blocks=tuple(blocks)) for blocks in printed], "en")
    heard = HeardText.of(words, "en")
    return Timing(ebook, heard, aligned(heard.keys, ebook.keys, ebook.begins)).clips(marks)


def test_a_sentence_lasts_until_the_next_one() -> None:
    clips = clips_of([[f"{ONE} {TWO}", THREE]], spoken(f"{ONE} {TWO} {THREE}"))
    assert [(clip.block, clip.begin_seconds) for clip in clips] == [(0, 0.0), (0, 6.94), (1, 12.44)]
    assert [clip.end_seconds for clip in clips] == pytest.approx([6.94, 12.44, 19.4])
    assert [f"{ONE} {TWO}"[clip.start : clip.end] for clip in clips[:2]] == [ONE, TWO]


def test_it_does_not_last_through_what_is_not_in_the_book() -> None:
    aside = "this is a recording of somebody who says much that nobody ever printed anywhere at all"
    words = [*spoken(ONE), *spoken(aside, 10), *spoken(TWO, 30), *spoken(THREE, 50)]
    clips = clips_of([[ONE, TWO, THREE]], words)
    assert [(clip.begin_seconds, round(clip.end_seconds, 3)) for clip in clips] == [
        (0.0, 6.9),
        (29.94, 35.4),  # the pause after it is long
        (49.94, 56.9),
    ]


def test_what_was_not_read_has_no_time() -> None:
    footnote = "Nobody reads footnotes aloud, least of all this one, which has many words of its own."
    clips = clips_of([[ONE, footnote, TWO], [footnote], [THREE]], spoken(f"{ONE} {TWO} {THREE}"))
    assert [(clip.document, clip.block) for clip in clips] == [(0, 0), (0, 2), (2, 0)]


def test_a_short_note_that_was_not_read_has_no_time_either() -> None:
    clips = clips_of([[ONE, "Nobody reads this short note."], [TWO]], spoken(f"{ONE} {TWO}"))
    assert [(clip.document, clip.block) for clip in clips] == [(0, 0), (1, 0)]


def test_a_heading_is_found_by_its_words_before_a_line_that_was_not_read() -> None:
    unread = "Here is what somebody says of a tale that follows, at some length, and nobody reads it."
    printed = [
        [ONE],
        [unread, "The Raven", "by Edgar Allan Poe", TWO],
        [unread, "The Emperor's New Clothes", "by a friend", THREE],
    ]
    words = [*spoken(ONE), *spoken("The raven.", 8), *spoken(TWO, 11), *spoken("The emperor knew clothes.", 18)]
    clips = clips_of(printed, [*words, *spoken(THREE, 22)])
    assert [(clip.document, clip.block) for clip in clips] == [(0, 0), (1, 1), (1, 3), (2, 1), (2, 3)]
    assert [clip.begin_seconds for clip in clips[1:4]] == pytest.approx([7.94, 10.94, 17.94])


def test_a_heading_that_was_not_read_has_no_time_in_the_pause() -> None:
    words = [*spoken(ONE), *spoken(TWO, 15)]
    clips = clips_of([[ONE], ["Chapter Two", TWO]], words)
    assert [(clip.document, clip.block) for clip in clips] == [(0, 0), (1, 1)]


def test_a_word_that_was_not_heard_is_between_its_neighbours() -> None:
    words = [word for word in spoken(ONE) if word.text != " bright"]
    clips = clips_of([[ONE]], words, "word")
    assert [ONE[clip.start : clip.end] for clip in clips][3:6] == ["cold", "bright", "day"]
    assert [round(clip.begin_seconds, 2) for clip in clips][3:6] == [1.44, 1.9, 2.5]


def test_chapters_in_another_order_keep_their_times() -> None:
    chance = random.Random(1)
    first, second = (
        [" ".join(f"word{chance.randrange(5000)}" for _ in range(9)).capitalize() + "." for _ in range(20)]
        for _ in range(2)
    )
    words = spoken(" ".join([*second, *first]))
    clips = clips_of([first, second], words)
    begins = {(clip.document, clip.block): clip.begin_seconds for clip in clips}
    assert begins[1, 0] == 0.0
    assert begins[0, 0] > begins[1, 19]
    check_times(clips, words)


def check_times(clips: list[Clip], words: list[Word]) -> None:
    for clip in clips:
        assert clip.begin_seconds < clip.end_seconds
    for before, after in pairwise(clips):
        assert before.end_seconds <= after.begin_seconds + 1e-9
    if clips:
        assert clips[0].begin_seconds >= 0
        assert clips[-1].end_seconds <= words[-1].end + 0.01 * len(clips)


WORDS = [f"{first}{second}" for first in "bdfgk" for second in ("an", "e", "il", "olt", "ump")]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(lambda words: " ".join(words).title() + ".")
CHAPTERS = st.lists(st.lists(SENTENCES, max_size=12), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(chapters=CHAPTERS, data=st.data())
def test_any_cut_doubling_or_swap_of_chapters_keeps_times_in_order(
    chapters: list[list[str]], data: st.DataObject
) -> None:
    chosen = st.lists(st.sampled_from(range(len(chapters))), max_size=7)
    printed = [chapters[number][data.draw(st.integers(0, 3)) :] for number in data.draw(chosen)]
    read = " ".join(
        sentence for number in data.draw(chosen) for sentence in chapters[number][data.draw(st.integers(0, 3)) :]
    )
    words = [
        Word(start=word.start, end=word.start if data.draw(st.booleans()) else word.end, text=word.text, probability=1)
        for word in spoken(read)
    ]
    marks: Marks
    for marks in ("sentence", "word"):
        clips = clips_of(printed, words, marks)
        check_times(clips, words)
        places = [(clip.document, clip.block, clip.start) for clip in clips]
        assert len(set(places)) == len(places)
