"""Which words of an ebook are which of those heard, on books with all that happens to books."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarmstt.core.ebooks.alignment import Stretch, aligned
from tests.unit.core.ebooks.books import MadeBook, made_book


def in_place(book: MadeBook, stretches: list[Stretch]) -> float:
    """The share of the printed words that are where they were heard, to a word, or nowhere if they were not read."""
    found: dict[int, tuple[int, int]] = {}
    for stretch in stretches:
        for (here, there), (here_after, there_after) in zip(stretch.pairs, stretch.pairs[1:], strict=False):
            found |= dict.fromkeys(range(there + 1, there_after), (here, here_after))
        found |= {there: (here, here) for here, there in stretch.pairs}
    right = 0
    for place in range(len(book.printed)):
        true, between = book.truth.get(place), found.get(place)
        if true is None or between is None:
            right += true is None and between is None
        else:
            right += between[0] - 1 <= true <= between[1] + 1
    return right / len(book.printed)


@pytest.mark.parametrize(
    ("seed", "wrong", "lost", "added"), [(1, 0.03, 0.01, 0.01), (2, 0.05, 0.02, 0.02), (3, 0.2, 0.05, 0.05)]
)
def test_a_whole_book_is_in_its_place(seed: int, wrong: float, lost: float, added: float) -> None:
    book = made_book(100_000, seed, wrong=wrong, lost=lost, added=added)
    assert in_place(book, aligned(book.heard, book.printed, book.begins)) >= 0.999


def test_another_book_is_found_nowhere() -> None:
    one, other = (made_book(20_000, seed, wrong=0, lost=0, added=0) for seed in (4, 5))
    found = sum(len(stretch.pairs) for stretch in aligned(one.heard, other.printed, other.begins))
    assert found < 0.005 * len(one.heard)


@pytest.mark.parametrize(("heard", "printed"), [([], []), (["a"], []), ([], ["a"]), (["a"], ["a"])])
def test_next_to_nothing_is_no_stretch(heard: list[str], printed: list[str]) -> None:
    assert aligned(heard, printed) == []


def test_the_same_few_words_over_and_over() -> None:
    stretches = aligned(["la"] * 3000, ["la"] * 2500)
    check_order(stretches, 3000, 2500)


def test_a_chapter_that_is_heard_twice_is_taken_once_and_whole() -> None:
    book = made_book(3000, 6, wrong=0, lost=0, added=0)
    chapter = [f"once{number}" for number in range(900)]
    stretches = aligned([*book.heard, *chapter, *chapter], [*book.printed, *chapter])
    check_order(stretches, len(book.heard) + 1800, len(book.printed) + 900)
    start = len(book.printed)
    whole = [each for each in stretches if each.printed_end > start]
    assert sum(each.printed_end - max(start, each.printed_start) for each in whole) > 890


def check_order(stretches: list[Stretch], heard: int, printed: int) -> None:
    """Each word is in one stretch at most; stretches ascend in what was heard, pairs in both."""
    at = 0
    for stretch in stretches:
        assert at <= stretch.heard_start < stretch.heard_end <= heard
        at = stretch.heard_end
        assert stretch.pairs[0] == (stretch.heard_start, stretch.printed_start)
        assert stretch.pairs[-1] == (stretch.heard_end - 1, stretch.printed_end - 1)
        for (here, there), (here_after, there_after) in zip(stretch.pairs, stretch.pairs[1:], strict=False):
            assert here < here_after
            assert there < there_after
    ends = sorted((stretch.printed_start, stretch.printed_end) for stretch in stretches)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
    assert all(end <= printed for _, end in ends)


WORDS = [f"w{number}" for number in range(40)]
CHAPTERS = st.lists(st.lists(st.sampled_from(WORDS), min_size=0, max_size=120), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(chapters=CHAPTERS, data=st.data())
def test_any_cut_doubling_or_swap_keeps_the_order(chapters: list[list[str]], data: st.DataObject) -> None:
    chosen = st.lists(st.sampled_from(range(len(chapters))), max_size=7)
    heard, printed = (
        [word for number in data.draw(chosen) for word in chapters[number][data.draw(st.integers(0, 30)) :]]
        for _ in range(2)
    )
    begins = sorted(data.draw(st.sets(st.integers(0, max(0, len(printed) - 1)), max_size=len(printed) // 3)))
    check_order(aligned(heard, printed, begins), len(heard), len(printed))


BOOK = [f"{chr(97 + place % 26) * 3}{chr(97 + place // 26) * 3}{place:03}" for place in range(120)]
PLACES = st.lists(st.integers(20, 100), min_size=1, max_size=4, unique=True).map(sorted)
BEGINS = st.sets(st.integers(0, len(BOOK) - 1), max_size=20).map(sorted)


@settings(max_examples=60, deadline=None)
@given(asides=PLACES, begins=BEGINS, data=st.data())
def test_words_that_are_repeated_and_misheard_around_an_aside_are_in_one_stretch(
    asides: list[int], begins: list[int], data: st.DataObject
) -> None:
    heard, read_to = [], 0
    for aside in asides:
        before, after = (data.draw(st.integers(0, 4)) for _ in range(2))
        heard += [*BOOK[read_to : aside - before], *(f"{word}x" for word in BOOK[aside - before : aside])]
        heard += ["-"] * data.draw(st.integers(0, 30))
        restart = aside - data.draw(st.integers(0, 4))
        heard += [f"{word}z" for word in BOOK[restart : restart + after]]
        read_to = restart + after
    check_order(aligned([*heard, *BOOK[read_to:]], BOOK, begins), len(heard) + len(BOOK) - read_to, len(BOOK))


def test_a_word_that_is_repeated_and_misheard_around_an_aside_is_taken_once() -> None:
    heard = [*BOOK[:60], f"{BOOK[60]}x", *["-"] * 20, f"{BOOK[60]}z", *BOOK[61:]]
    stretches = aligned(heard, BOOK, [0])
    assert [(each.printed_start, each.printed_end) for each in stretches] == [(0, 61), (61, 120)]
    check_order(stretches, len(heard), len(BOOK))
